"""`--mode=sample`: grids, single pictures, fixed codes."""

import pathlib
import re

import numpy as np
import pytest
from PIL import Image

from sdgan_tf import exporting, projection, sampling
from sdgan_tf.latents import LatentSpace
from sdgan_tf.photographs import read_photographs
from sdgan_tf.runs import Run


def picture(path):
    return np.asarray(Image.open(path))


def test_grid_singles_and_npz_agree(trained, make_config, tmp_path):
    config = make_config(output_dir=str(tmp_path / "out"))
    sampling.sample(config)
    out = tmp_path / "out"
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


def test_a_smaller_grid_leaves_nothing_of_a_larger_one(
    trained, make_config, tmp_path, capsys
):
    out = tmp_path / "run" / "generated"
    sampling.sample(make_config())
    assert "replaced" not in capsys.readouterr().out
    (out / "mine.png").write_bytes(b"mine")
    sampling.sample(make_config(num_identities=1, num_observations=2, seed=1))
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


@pytest.mark.parametrize("record", ["none", "damaged", "of others"])
def test_pictures_of_no_known_call_stay(tmp_path, capsys, record):
    folder = tmp_path / "out"
    folder.mkdir()
    others = [folder / "00001.png", tmp_path / "outside.png"]
    for path in others:
        path.write_bytes(b"mine")
    if record == "damaged":
        (folder / "samples.npz").write_bytes(b"PK no zip")
    elif record == "of others":
        names = np.array(["../outside", str(tmp_path / "outside")])
        np.savez(folder / "samples.npz", names=names)
    sampling.replace_earlier(str(folder), "samples.npz", ["00000"])
    assert all(path.read_bytes() == b"mine" for path in others)
    said = capsys.readouterr().out
    assert said.startswith(f"Other pictures in {folder} are of no call")
    assert said.endswith("stay: 1.\n")


def test_codes_file_gives_exactly_its_codes(trained, make_config, tmp_path):
    sampling.sample(make_config(output_dir=str(tmp_path / "a")))
    codes = tmp_path / "a" / "samples.npz"
    config = make_config(codes=str(codes), output_dir=str(tmp_path / "b"))
    sampling.sample(config)
    with np.load(codes) as a, np.load(tmp_path / "b" / "samples.npz") as b:
        for name in ("images", "z_i", "z_o"):
            np.testing.assert_array_equal(a[name], b[name])
    assert len(list((tmp_path / "b").glob("0*.png"))) == 6


def test_seed_changes_the_samples(trained, make_config, tmp_path):
    for seed in (0, 1):
        config = make_config(seed=seed, output_dir=str(tmp_path / str(seed)))
        sampling.sample(config)
    with (
        np.load(tmp_path / "0" / "samples.npz") as a,
        np.load(tmp_path / "1" / "samples.npz") as b,
    ):
        assert (a["z_i"] != b["z_i"]).all() and (a["z_o"] != b["z_o"]).all()


@pytest.fixture
def known_run(train_run):
    """A run of a model that knows its identities; gives its options."""

    def train(model, **options):
        options = {"model": model, "k": 2, "train_steps": 1, **options}
        train_run(**options)
        return options

    return train


def drawn(folder):
    with np.load(folder / "samples.npz") as arrays:
        return arrays["images"], arrays["z_i"]


def test_training_identities_by_name(known_run, make_config, tmp_path, capsys):
    options = known_run("embedding_pairwise")
    out = tmp_path / "out"
    config = make_config(identities="id7,id3", output_dir=str(out), **options)
    sampling.sample(config)
    said = capsys.readouterr().out
    assert "training identities: it knows 24 and imagines no others" in said
    assert "Rows, from the top: id7, id3" in said
    run = Run(config.run_dir)
    images, z_i = drawn(out)
    table = run.generator().latents.look_up(run.identity_rows(["id7", "id3"]))
    np.testing.assert_array_equal(z_i[::3], table)
    assert images.shape == (6, 32, 32, 3)
    # Codes of these are taken, those of nobody refused.
    codes = str(out / "samples.npz")
    sampling.sample(make_config(codes=codes, **options))
    np.savez(tmp_path / "new.npz", z_i=z_i[:1] / 2, z_o=np.zeros([1, 5]))
    with pytest.raises(ValueError, match="z_i of others in the rows"):
        sampling.sample(make_config(codes=str(tmp_path / "new.npz"), **options))
    # A folder with the weights alone knows the names too.
    exporting.export(make_config(format="weights", **options))
    exported = Run(run.path("export", "embedding_pairwise-1"))
    assert exported.identity_rows(["id7"]) == run.identity_rows(["id7"])
    with pytest.raises(ValueError, match="'id99'.* its 24 training"):
        sampling.sample(make_config(identities="id7,id99", **options))
    with pytest.raises(ValueError, match="it knows 24 .* Received: 25"):
        sampling.sample(make_config(num_identities=25, **options))
    with pytest.raises(ValueError, match="has no encoder"):
        sampling.sample(make_config(images="photos", **options))
    with pytest.raises(ValueError, match="knows its training identities only"):
        projection.project(make_config(images=str(out), **options))


def test_photographs_through_the_encoder(known_run, make_config, tmp_path):
    options = known_run("encoder_pairwise")
    folder = tmp_path / "photos"
    folder.mkdir()
    for n, colour in enumerate(("red", "green")):
        Image.new("RGB", (40, 50), colour).save(folder / f"{n}.jpg")
    out = tmp_path / "out"
    config = make_config(images=str(folder), output_dir=str(out), **options)
    sampling.sample(config)
    generator = Run(config.run_dir).generator()
    images, z_i = drawn(out)
    pictures = read_photographs(
        sorted(map(str, folder.iterdir())), 32, "center"
    )
    codes = generator.network.encoder(generator.pixels.to_float(pictures))
    np.testing.assert_allclose(z_i[::3], codes, atol=1e-6)
    assert images.shape == (6, 32, 32, 3)


def test_one_commonality_is_shared(known_run, make_config, tmp_path):
    options = known_run("sd_dcgan", commonalities="identity,observation")
    out = tmp_path / "out"
    config = make_config(share="observation", output_dir=str(out), **options)
    sampling.sample(config)
    _, z_i = drawn(out)
    z_i = z_i.reshape(2, 3, 12)
    assert (z_i[:, :, 6:] == z_i[:, :1, 6:]).all()
    assert (z_i[0, 0, 6:] != z_i[1, 0, 6:]).all()
    assert (z_i[:, 0, :6] != z_i[:, 1, :6]).all()
    assert (out / "observation0001_rest0002.png").exists()
    with pytest.raises(ValueError, match=r"of \['identity', 'observation'\]"):
        sampling.sample(make_config(share="brand", **options))


def test_sheet_of_pairs_is_filled_with_white(trained, make_config, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "codes.npz"
    np.savez(path, z_i=rng.uniform(-1, 1, [4, 6]), z_o=np.zeros([4, 5]))
    out = tmp_path / "out"
    sampling.sample(make_config(codes=str(path), output_dir=str(out)))
    grid = picture(out / "grid.png")
    # Three columns: one picture in the second row.
    assert grid.shape == (2 * 32, 3 * 32, 3)
    np.testing.assert_array_equal(grid[32:, :32], picture(out / "00003.png"))
    assert (grid[32:, 32:] == 255).all()


def test_codes_as_grid(trained, make_config, tmp_path):
    z_i, z_o = np.eye(4, 6, dtype="float32"), np.eye(2, 5, dtype="float32")
    path = tmp_path / "codes.npz"
    np.savez(path, z_i=z_i, z_o=z_o)
    out = tmp_path / "out"
    config = make_config(codes=str(path), codes_as="grid", output_dir=str(out))
    sampling.sample(config)
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
        sampling.sample(make_config(codes=str(path)))


def test_truncate_scales_the_codes(trained, make_config, tmp_path):
    drawn = {}
    for factor in (1.0, 0.25):
        out = tmp_path / str(factor)
        sampling.sample(make_config(truncate=factor, output_dir=str(out)))
        with np.load(out / "samples.npz") as arrays:
            drawn[factor] = arrays["z_i"], arrays["z_o"]
    for whole, part in zip(drawn[1.0], drawn[0.25], strict=True):
        np.testing.assert_array_equal(part, whole / 4)


def test_run_dir_is_wanted(make_config):
    with pytest.raises(ValueError, match="--run_dir is missing"):
        sampling.sample(make_config(run_dir=""))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z_i": np.zeros([2, 6])}, "arrays `z_i` and `z_o`"),
        (
            {"z_i": np.zeros([2, 5]), "z_o": np.zeros([2, 5])},
            r"Received: z_i.shape=\(2, 5\)",
        ),
        (
            {"z_i": np.zeros([2, 6]), "z_o": np.zeros([3, 5])},
            r"z_o.shape=\(3, 5\)",
        ),
        (
            {"z_i": np.full([1, 6], np.nan), "z_o": np.zeros([1, 5])},
            "not finite",
        ),
        (
            {"z_i": np.array([["a"] * 6]), "z_o": np.zeros([1, 5])},
            "arrays `z_i` and `z_o`",
        ),
    ],
)
def test_bad_codes(tmp_path, arrays, message):
    path = tmp_path / "codes.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message):
        sampling.read_codes(str(path), LatentSpace(6, 5))


CODES = np.linspace(-1, 1, 12).reshape(2, 6)


@pytest.mark.parametrize("place", ["z_i", "z_o"])
@pytest.mark.parametrize(
    "odd",
    [
        CODES * (1 + 1j),
        CODES.astype("complex64"),
        (CODES * 9).astype("datetime64[s]"),
        (CODES * 9).astype("timedelta64[D]"),
        CODES.astype("U8"),
        CODES.astype("S8"),
        CODES.astype("f8,f4"),
        CODES > 0,
    ],
    ids=lambda odd: str(odd.dtype),
)
def test_codes_that_are_no_real_numbers(tmp_path, place, odd):
    path = str(tmp_path / "codes.npz")
    held = {"z_i": CODES, "z_o": CODES} | {place: odd}
    np.savez(path, **held)
    wanted = re.escape(f"`{place}` must hold real numbers. Received: dtype=")
    # Offline and by a client of a server, which knows no sizes.
    for latents in (LatentSpace(6, 6), None):
        with pytest.raises(ValueError, match=wanted):
            sampling.read_codes(path, latents)


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan, 1e39])
def test_codes_that_are_not_finite(tmp_path, odd):
    path = str(tmp_path / "codes.npz")
    z_o = CODES.copy()
    z_o[1, 2] = odd
    np.savez(path, z_i=CODES, z_o=z_o)
    with pytest.raises(ValueError, match="`z_o` holds numbers that are not"):
        sampling.read_codes(path, None)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "uint64"])
def test_codes_of_any_real_numbers(tmp_path, dtype):
    path = str(tmp_path / "codes.npz")
    codes = np.abs(CODES).astype(dtype)
    np.savez(path, z_i=codes, z_o=codes)
    for z in sampling.read_codes(path, None):
        assert z.dtype == np.float32
        np.testing.assert_array_equal(z, codes.astype("float32"))


def test_codes_that_are_no_npz(tmp_path):
    path = pathlib.Path(tmp_path / "codes.npz")
    path.write_bytes(b"no zip")
    with pytest.raises(ValueError, match="must be an npz"):
        sampling.read_codes(str(path), LatentSpace(6, 5))
    with pytest.raises(FileNotFoundError, match="No codes file"):
        sampling.read_codes(str(tmp_path / "none.npz"), LatentSpace(6, 5))


def test_codes_of_any_size(tmp_path):
    path = str(tmp_path / "codes.npz")
    np.savez(path, z_i=np.zeros([2, 3]), z_o=np.zeros([2, 4]))
    z_i, z_o = sampling.read_codes(path, None)
    assert (z_i.shape, z_o.shape) == ((2, 3), (2, 4))
    for z_i, z_o in ([2], [2, 4]), ([2, 3], [1, 4]), ([], [2, 4]):
        np.savez(path, z_i=np.zeros(z_i), z_o=np.zeros(z_o))
        with pytest.raises(ValueError, match=f"`codes` must .*codes='{path}'"):
            sampling.read_codes(path, None)


class Evil:
    """Whoever unpickles it runs a program."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_codes_with_a_pickle_are_refused_and_not_loaded(tmp_path):
    path = tmp_path / "codes.npz"
    evil = np.array([Evil(tmp_path / "ran")], object)
    np.savez(path, z_i=evil, z_o=evil)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        sampling.read_codes(str(path), LatentSpace(6, 5))
    assert not (tmp_path / "ran").exists()


def test_codes_that_unpack_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "codes.npz"
    np.savez_compressed(path, z_i=np.zeros([9000, 6]), z_o=np.zeros([9000, 5]))
    assert path.stat().st_size < 2000
    sampling.read_codes(str(path), LatentSpace(6, 5))
    monkeypatch.setattr(sampling, "MAX_CODES_BYTES", 700_000)
    with pytest.raises(ValueError, match="792256 bytes unpacked, where 700000"):
        sampling.read_codes(str(path), LatentSpace(6, 5))
