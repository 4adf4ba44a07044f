"""A data set of generated identities: its files, rejections and resuming."""

import io
import json
import pathlib
import tarfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.build import driver
from data_pipeline.build.options import BuildOptions
from data_pipeline.records import SPLITS, DataSet
from sdgan_tf.codes import read_codes
from sdgan_tf.datasets import candidates, generated_dataset, progress_file
from sdgan_tf.datasets.generated_dataset import write_dataset
from sdgan_tf.evaluation.gallery import Gallery
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.uniqueness_and_novelty import templates
from sdgan_tf.runs import Run

SMALL = {"dataset_identities": 5, "dataset_pictures": 3}


@pytest.fixture
def generator(random_run):
    return random_run.generator()


@pytest.fixture
def blocks_of_two(monkeypatch):
    """5 identities of 3 pictures take three blocks."""
    monkeypatch.setattr(candidates, "PICTURES", 6)


def contents(folder) -> dict[str, bytes]:
    folder = pathlib.Path(folder)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_folders_hold_the_pictures_of_their_codes(
    generator, blocks_of_two, tmp_path
):
    card = write_dataset(
        generator, str(tmp_path), **SMALL, about={"terms": "free"}
    )
    files = contents(tmp_path)
    names = [f"{n:06d}/{m:03d}" for n in range(5) for m in range(3)]
    assert set(files) == {
        *(f"identities/{name}.png" for name in names),
        "codes.npz",
        "card.json",
    }
    assert json.loads(files["card.json"]) == card
    assert card["terms"] == "free" and card["identities"] == 5
    assert card["candidates"] == 6 and not any(card["rejected"].values())
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as arrays:
        assert arrays["names"].tolist() == names
    # They are codes as sampling takes them, and those of the pictures.
    z_i, z_o = read_codes(str(tmp_path / "codes.npz"), generator.latents)
    images = generator.pixels.to_uint8(
        generator(np.concatenate([z_i, z_o], axis=1))
    )
    for name, image in zip(names, images, strict=True):
        shown = picture(files[f"identities/{name}.png"]).astype(int)
        assert np.abs(shown - image).max() <= 1
    z_i, z_o = z_i.reshape(5, 3, -1), z_o.reshape(15, -1)
    assert (z_i == z_i[:, :1]).all() and len(np.unique(z_i[:, 0], axis=0)) == 5
    assert len(np.unique(z_o, axis=0)) == 15


def test_the_builder_reads_the_folders_back(generator, tmp_path):
    made, built = tmp_path / "made", tmp_path / "built"
    write_dataset(generator, str(made), **SMALL)
    driver.build(
        BuildOptions(
            layout="folders",
            input=str(made / "identities"),
            output_dir=str(built),
            image_size=32,
            num_shards=1,
        ),
        ["--direct_running_mode=in_memory", "--direct_num_workers=1"],
    )
    data = DataSet.open(str(built))
    counts = [Photographs.open(data, split).counts for split in SPLITS]
    assert np.concatenate(counts).tolist() == [3] * 5


def test_records_are_a_data_set(generator, blocks_of_two, tmp_path):
    folders, made = tmp_path / "folders", tmp_path / "made"
    write_dataset(generator, str(folders), **SMALL)
    write_dataset(generator, str(made), **SMALL, dataset_format="records")
    data = DataSet.open(str(made / "records"))
    assert data.num_shards == 3 and data.damage() == []
    found = []
    for split in SPLITS:
        photographs = Photographs.open(data, split)
        total = int(photographs.counts.sum())
        if total:
            found.append(photographs.read(np.arange(total)))
    found = {image.tobytes() for image in np.concatenate(found)}
    assert found == {
        picture(data).tobytes()
        for name, data in contents(folders).items()
        if name.endswith(".png")
    }
    assert not list((made / "records").glob("*.part"))


def test_webdataset(generator, blocks_of_two, tmp_path):
    folders, made = tmp_path / "folders", tmp_path / "made"
    write_dataset(generator, str(folders), **SMALL)
    write_dataset(generator, str(made), **SMALL, dataset_format="webdataset")
    shards = sorted((made / "shards").iterdir())
    assert [shard.name for shard in shards] == [
        f"{n:06d}.tar" for n in range(3)
    ]
    members = {}
    for shard in shards:
        with tarfile.open(shard) as tar:
            # A sample's files lie side by side.
            order = [name.partition(".")[0] for name in tar.getnames()]
            assert order[::2] == order[1::2]
            for name in tar.getnames():
                members[name] = tar.extractfile(name).read()
    assert len(members) == 30 and members["000003_002.cls"] == b"3"
    expected = contents(folders)
    for n in range(5):
        for m in range(3):
            assert (
                members[f"{n:06d}_{m:03d}.png"]
                == expected[f"identities/{n:06d}/{m:03d}.png"]
            )


@pytest.mark.parametrize("form", ["folders", "records", "webdataset"])
def test_an_interrupted_call_goes_on(
    generator, blocks_of_two, mean_colour, monkeypatch, tmp_path, form
):
    options = SMALL | {
        "dataset_format": form,
        "min_distance": 0.002,
        "verifier": mean_colour,
    }
    write_dataset(generator, str(tmp_path / "whole"), **options)
    whole = contents(tmp_path / "whole")
    drawn, real = [], candidates.Candidates.block

    def block(self, number):
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(number)
        return real(self, number)

    folder = str(tmp_path / "parts")
    with monkeypatch.context() as patched:
        patched.setattr(candidates.Candidates, "block", block)
        with pytest.raises(KeyboardInterrupt):
            write_dataset(generator, folder, **options)
    # Another data set is not mixed into it.
    with pytest.raises(ValueError, match="which differs in seed"):
        write_dataset(generator, folder, **options, seed=1)
    write_dataset(generator, folder, **options)
    assert drawn == [0, 1]
    found = contents(folder)
    assert found.keys() == whole.keys()
    for name, data in whole.items():
        if not name.endswith(".npz"):  # They hold times.
            assert found[name] == data, name
    # Once more does nothing; it is complete.
    mean_colour.seen = 0
    card = write_dataset(generator, folder, **options)
    assert card == json.loads(whole["card.json"]) and mean_colour.seen == 0


class Direction:
    """Embeds a picture as the direction in which its colour leaves grey."""

    name, file_hash, size, resize = "direction", "none", 3, ""
    precision = "float32"

    def __call__(self, images):
        found = images.mean(axis=(1, 2)) - 127.5
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found.astype(np.float32)


def embedded(folder, identities: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings `[n, m, 3]` of written pictures, and their templates."""
    files = contents(folder / "identities").values()
    found = Direction()(np.stack([picture(data) for data in files]))
    counts = np.full(identities, len(found) // identities)
    return found.reshape(identities, -1, 3), templates(found, counts)


def test_identities_are_kept_apart(generator, monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "PICTURES", 32)
    options = {
        "dataset_identities": 8,
        "dataset_pictures": 2,
        "verifier": Direction(),
        "min_distance": 0.04,
    }
    card = write_dataset(generator, str(tmp_path / "a"), **options)
    rejected = card["rejected"]
    assert rejected["near_another"] > 0 and rejected["near_training"] == 0
    assert card["verifier"] == "direction"
    _, found = embedded(tmp_path / "a", 8)
    apart = np.linalg.norm(found[:, None] - found, axis=-1)
    assert (apart + np.eye(8) >= 0.04 - 1e-6).all()
    # Who is a training identity is in no data set.
    gallery = Gallery(np.arange(3), found[:3])
    options |= {"dataset_identities": 3, "gallery": gallery}
    card = write_dataset(generator, str(tmp_path / "b"), **options)
    assert card["rejected"]["near_training"] >= 3
    assert card["training_identities"] == 3
    _, others = embedded(tmp_path / "b", 3)
    apart = np.linalg.norm(others[:, None] - found[:3], axis=-1)
    assert (apart >= 0.04 - 1e-6).all()


def test_outlying_pictures_are_replaced(generator, tmp_path):
    options = {
        "dataset_identities": 20,
        "dataset_pictures": 4,
        "verifier": Direction(),
    }
    write_dataset(generator, str(tmp_path / "all"), **options)
    card = write_dataset(
        generator, str(tmp_path / "near"), **options, outliers=0.12
    )
    rejected = card["rejected"]
    assert rejected["outlying_pictures"] > rejected["scattered_identities"]
    found, centres = embedded(tmp_path / "near", 20)
    assert np.linalg.norm(found - centres[:, None], axis=-1).max() < 0.2
    # Only what was left out is new.
    before, now = (
        set(contents(tmp_path / name / "identities").values())
        for name in ("all", "near")
    )
    assert 20 < len(before & now) < 80 == len(now)


def test_too_few_identities(
    generator, blocks_of_two, mean_colour, monkeypatch, tmp_path
):
    monkeypatch.setattr(generated_dataset, "PATIENCE", 8)
    with pytest.raises(ValueError, match="Only 1 of 5 identities were found"):
        write_dataset(
            generator,
            str(tmp_path),
            **SMALL,
            verifier=mean_colour,
            min_distance=3.0,
        )


@pytest.mark.parametrize("trained", ["embedding_pairwise"], indirect=True)
def test_known_identities_are_each_used_once(trained, tmp_path):
    generator = Run(trained.run_dir).generator()
    known = generator.latents.num_identities
    options = {"dataset_pictures": 2, "dataset_identities": known}
    write_dataset(generator, str(tmp_path / "all"), **options)
    with np.load(tmp_path / "all" / "codes.npz") as arrays:
        z_i = arrays["z_i"][::2]
    np.testing.assert_array_equal(z_i, generator.latents.look_up(range(known)))
    options["dataset_identities"] += 1
    with pytest.raises(ValueError, match=f"Only {known} of {known + 1}"):
        write_dataset(generator, str(tmp_path / "more"), **options)


def test_errors(generator, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="new or empty folder"):
        write_dataset(generator, str(tmp_path))
    assert not (tmp_path / progress_file.FOLDER).exists()
    folder = str(tmp_path / "new")
    for options, message in (
        ({"dataset_format": "zip"}, "`dataset_format` must be one of"),
        ({"dataset_pictures": 0}, "`dataset_pictures` must be at least 1"),
        ({"outliers": 1.0}, "need a `verifier`"),
    ):
        with pytest.raises(ValueError, match=message):
            write_dataset(generator, folder, **options)
    assert not (tmp_path / "new").exists()
