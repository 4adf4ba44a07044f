"""The command `sample`: grids, single pictures, fixed codes."""

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.commands import export, project, sample
from sdgan_tf.commands.options import Export, Project, Sample
from sdgan_tf.photograph_files import read_photographs
from sdgan_tf.runs import Run


def picture(path):
    return np.asarray(Image.open(path))


@pytest.fixture
def run(tmp_path):
    """Runs the command on the run of the test, for a grid of 2 x 3."""

    def run(**changes):
        options = {
            "run_dir": str(tmp_path / "run"),
            "num_identities": 2,
            "num_observations": 3,
        }
        sample.run(Sample(**options | changes))

    return run


def test_grid_singles_and_npz_agree(trained, run, tmp_path):
    out = tmp_path / "out"
    run(output_dir=str(out))
    with np.load(out / "samples.npz", allow_pickle=False) as arrays:
        images, z_i, z_o = (arrays[n] for n in ("images", "z_i", "z_o"))
    assert images.shape == (6, 32, 32, 3) and images.dtype == np.uint8
    np.testing.assert_array_equal(z_i[0], z_i[2])
    np.testing.assert_array_equal(z_o[0], z_o[3])
    assert (z_i[0] != z_i[3]).all() and (z_o[0] != z_o[1]).all()
    grid = picture(out / "grid.png")
    assert grid.shape == (2 * 32, 3 * 32, 3)
    np.testing.assert_array_equal(grid[32:, 32:64], images[4])
    single = picture(out / "identity0001_observation0001.png")
    np.testing.assert_array_equal(single, images[4])


def test_labels_on_request(trained, run, tmp_path):
    run(output_dir=str(tmp_path / "plain"))
    run(output_dir=str(tmp_path / "labelled"), grid_labels=True)
    plain = picture(tmp_path / "plain" / "grid.png")
    labelled = picture(tmp_path / "labelled" / "grid.png")
    enlarged = plain.repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_array_equal(labelled[-192:, -288:], enlarged)
    # Dark text on white above and to the left.
    assert labelled.shape[0] > 192 and labelled.shape[1] > 288
    for margin in (labelled[:-192, -288:], labelled[-192:, :-288]):
        assert margin.max() == 255 and margin.min() < 100


def test_a_smaller_grid_leaves_nothing_of_a_larger_one(
    trained, run, tmp_path, capsys
):
    out = tmp_path / "run" / "generated"
    run()
    assert "replaced" not in capsys.readouterr().out
    (out / "mine.png").write_bytes(b"mine")
    run(num_identities=1, num_observations=2, seed=1)
    said = capsys.readouterr().out
    assert "The 6 pictures of an earlier call are replaced.\n" in said
    assert f"Other pictures in {out} are of no call that is known" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "grid.png",
        "identity0000_observation0000.png",
        "identity0000_observation0001.png",
        "mine.png",
        "samples.npz",
    ]
    with np.load(out / "samples.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(
            arrays["images"][0], picture(out / f"{arrays['names'][0]}.png")
        )


def test_codes_file_gives_exactly_its_codes(trained, run, tmp_path):
    run(output_dir=str(tmp_path / "a"))
    codes = tmp_path / "a" / "samples.npz"
    run(codes=str(codes), output_dir=str(tmp_path / "b"))
    with np.load(codes) as a, np.load(tmp_path / "b" / "samples.npz") as b:
        for name in ("images", "z_i", "z_o"):
            np.testing.assert_array_equal(a[name], b[name])
    assert len(list((tmp_path / "b").glob("0*.png"))) == 6


def test_seed_changes_the_samples(trained, run, tmp_path):
    for seed in (0, 1):
        run(seed=seed, output_dir=str(tmp_path / str(seed)))
    with (
        np.load(tmp_path / "0" / "samples.npz") as a,
        np.load(tmp_path / "1" / "samples.npz") as b,
    ):
        assert (a["z_i"] != b["z_i"]).all() and (a["z_o"] != b["z_o"]).all()


@pytest.fixture
def train(train_run):
    """Trains a model for a step."""

    def train(model, **changes):
        train_run(model=model, k=2, train_steps=1, **changes)

    return train


def drawn(folder):
    with np.load(folder / "samples.npz") as arrays:
        return arrays["images"], arrays["z_i"]


def test_training_identities_by_name(train, run, tmp_path, capsys):
    train("embedding_pairwise")
    out = tmp_path / "out"
    run(identities="id7,id3", output_dir=str(out))
    said = capsys.readouterr().out
    assert "training identities: it knows 24 and generates no others" in said
    assert "Rows, from the top: id7, id3" in said
    folder = Run(str(tmp_path / "run"))
    images, z_i = drawn(out)
    rows = folder.identity_rows(["id7", "id3"])
    table = folder.generator().latents.look_up(rows)
    np.testing.assert_array_equal(z_i[::3], table)
    assert images.shape == (6, 32, 32, 3)
    # Codes of these are taken, those of nobody refused.
    run(codes=str(out / "samples.npz"))
    np.savez(tmp_path / "new.npz", z_i=z_i[:1] / 2, z_o=np.zeros([1, 5]))
    with pytest.raises(ValueError, match="z_i of others in the rows"):
        run(codes=str(tmp_path / "new.npz"))
    # A folder with the weights alone knows the names too.
    export.run(Export(run_dir=folder.folder, format="weights"))
    exported = Run(folder.path("export", "embedding_pairwise-1"))
    assert exported.identity_rows(["id7"]) == folder.identity_rows(["id7"])
    with pytest.raises(ValueError, match="'id99'.* its 24 training"):
        run(identities="id7,id99")
    with pytest.raises(ValueError, match="it knows 24 .* Received: 25"):
        run(num_identities=25)
    (tmp_path / "photo.png").write_bytes(b"not read")
    with pytest.raises(ValueError, match="has no encoder"):
        run(images=str(tmp_path / "photo.png"))
    with pytest.raises(
        ValueError, match="generates only its training identities"
    ):
        project.run(Project(run_dir=folder.folder, images=str(out)))


def test_names_with_commas(train, run, write_data_set, tmp_path, capsys):
    names = ["Smith, Jo", 'Jo "J" Smith', "Jo"]
    data = write_data_set(tmp_path / "data", {name: 2 for name in names})
    train("embedding_pairwise", data_dir=data)
    run(identities='"Smith, Jo", Jo "J" Smith,Jo')
    said = capsys.readouterr().out
    assert f"Rows, from the top: {', '.join(names)}" in said


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("a,b c, d,", ["a", "b c", "d"]),
        ('"a, b",c', ["a, b", "c"]),
        ('a, "b ""c"", d"', ["a", 'b "c", d']),
        ('5" pipe,b', ['5" pipe', "b"]),
    ],
)
def test_names_are_split_at_commas(text, names):
    assert sample.split_names(text) == names


@pytest.mark.parametrize("text", ['"a', 'a,"b"c', ",", "a\nb"])
def test_names_that_cannot_be_split(text):
    with pytest.raises(ValueError, match="--identities .*Received: "):
        sample.split_names(text)


def test_photographs_through_the_encoder(train, run, tmp_path):
    train("encoder_pairwise")
    folder = tmp_path / "photos"
    folder.mkdir()
    for n, colour in enumerate(("red", "green")):
        Image.new("RGB", (40, 50), colour).save(folder / f"{n}.jpg")
    out = tmp_path / "out"
    run(images=str(folder), output_dir=str(out))
    generator = Run(str(tmp_path / "run")).generator()
    images, z_i = drawn(out)
    pictures = read_photographs(
        sorted(map(str, folder.iterdir())), 32, "center"
    )
    codes = generator.network.encoder(generator.pixels.to_float(pictures))
    np.testing.assert_allclose(z_i[::3], codes, atol=1e-6)
    assert images.shape == (6, 32, 32, 3)


def test_one_commonality_is_shared(train, run, tmp_path):
    train("sd_dcgan", commonalities="identity,observation")
    out = tmp_path / "out"
    run(share="observation", output_dir=str(out))
    _, z_i = drawn(out)
    z_i = z_i.reshape(2, 3, 12)
    assert (z_i[:, :, 6:] == z_i[:, :1, 6:]).all()
    assert (z_i[0, 0, 6:] != z_i[1, 0, 6:]).all()
    assert (z_i[:, 0, :6] != z_i[:, 1, :6]).all()
    assert (out / "observation0001_rest0002.png").exists()
    with pytest.raises(ValueError, match=r"of \['identity', 'observation'\]"):
        run(share="brand")


def test_sheet_of_pairs_is_filled_with_white(trained, run, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "codes.npz"
    np.savez(path, z_i=rng.uniform(-1, 1, [4, 6]), z_o=np.zeros([4, 5]))
    out = tmp_path / "out"
    run(codes=str(path), output_dir=str(out))
    grid = picture(out / "grid.png")
    # Three columns: one picture in the second row.
    assert grid.shape == (2 * 32, 3 * 32, 3)
    np.testing.assert_array_equal(grid[32:, :32], picture(out / "00003.png"))
    assert (grid[32:, 32:] == 255).all()


def test_codes_as_grid(trained, run, tmp_path):
    z_i, z_o = np.eye(4, 6, dtype="float32"), np.eye(2, 5, dtype="float32")
    path = tmp_path / "codes.npz"
    np.savez(path, z_i=z_i, z_o=z_o)
    out = tmp_path / "out"
    run(codes=str(path), codes_as="grid", output_dir=str(out))
    with np.load(out / "samples.npz") as arrays:
        np.testing.assert_array_equal(arrays["z_i"], np.repeat(z_i, 2, axis=0))
        np.testing.assert_array_equal(arrays["z_o"], np.tile(z_o, [4, 1]))
        images = arrays["images"]
    grid = picture(out / "grid.png")
    assert grid.shape == (4 * 32, 2 * 32, 3)
    np.testing.assert_array_equal(grid[96:, 32:], images[7])
    single = picture(out / "identity0003_observation0001.png")
    np.testing.assert_array_equal(single, images[7])
    with pytest.raises(ValueError, match=r"z_o \[n, 5\]. Received: .*\(2, 5\)"):
        run(codes=str(path))


def test_truncate_scales_the_codes(trained, run, tmp_path):
    drawn = {}
    for factor in (1.0, 0.25):
        out = tmp_path / str(factor)
        run(truncate=factor, output_dir=str(out))
        with np.load(out / "samples.npz") as arrays:
            drawn[factor] = arrays["z_i"], arrays["z_o"]
    for whole, part in zip(drawn[1.0], drawn[0.25], strict=True):
        np.testing.assert_array_equal(part, whole / 4)


def test_run_dir_is_wanted(run):
    with pytest.raises(ValueError, match="--run_dir is missing"):
        run(run_dir="")
