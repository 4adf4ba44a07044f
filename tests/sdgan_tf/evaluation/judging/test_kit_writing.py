"""The pictures of a kit, its files, and what they give away."""

import json
import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import measured_pairs
from sdgan_tf.evaluation.judging import kit, kit_writing
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.runs import Run


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pictures(opened: kit.Kit) -> dict[kit.Pair, np.ndarray]:
    """The pictures by their pairs, `[n, 2, h, w, 3]`, taken apart."""
    found = {}
    for name, pair in opened.key.items():
        path = os.path.join(opened.folder, kit.PICTURES, kit.picture_name(name))
        picture = np.asarray(Image.open(path))
        side = len(picture)
        assert picture.shape == (side, 2 * side + side // 8, 3)
        assert (picture[:, side:-side] == 255).all()
        found[pair] = np.stack([picture[:, :side], picture[:, -side:]])
    return found


def check_checks(found: dict[kit.Pair, np.ndarray]) -> int:
    """Checks that checks are what they should be; counts them."""
    checks = [pair for pair in found if pair.kind == kit.CHECK]
    for pair in checks:
        first, second = found[pair]
        if pair.answer == kit.SAME:
            np.testing.assert_array_equal(first, second)
        else:
            np.testing.assert_array_equal(
                second, kit_writing.checkerboard(*second.shape[:2])
            )
            assert (first != second).mean() > 0.5
    return len(checks)


def write(folder, pictures, batches, subject="person,people", url="", seed=0):
    return kit_writing.write_kit(
        str(folder),
        batches,
        pictures,
        judge_subject=subject,
        judge_url=url,
        seed=seed,
    )


def write_generated(folder, run_dir: str, seed: int = 0) -> kit.Kit:
    """8 pairs of a run in 2 batches of 6."""
    pictures = kit_writing.generated_pictures(Run(run_dir), 8, 4, seed)
    return write(folder, pictures, kit.plan(8, 6, 2, seed), seed=seed)


def write_real(folder, data_dir: str, **words) -> kit.Kit:
    """8 pairs of photographs in 2 batches of 6."""
    pictures = kit_writing.real_pictures(DataSet.open(data_dir), 8, 4, 0)
    return write(folder, pictures, kit.plan(8, 6, 2, 0), **words)


def test_generated_pairs_are_the_evaluations(trained, tmp_path):
    opened = write_generated(tmp_path / "kit", trained.run_dir)
    found = pictures(opened)
    generator = Run(trained.run_dir).generator()
    expected = np.concatenate(
        [
            shown
            for shown, _ in measured_pairs.generated_pairs(generator, 8, seed=0)
        ]
    )
    for pair, picture in found.items():
        if pair.kind != kit.CHECK:
            np.testing.assert_array_equal(picture, expected[pair.number])
    assert check_checks(found) == 4 and len(found) == 12
    assert opened.info == {
        "kit": opened.name,
        "num_pairs": 8,
        "num_batches": 2,
        "batch_size": 6,
        "seed": 0,
        "source": "generated",
        "run_dir": trained.run_dir,
        "step": 6,
        "fingerprint": trained.experiment.fingerprint(),
    }


def test_photographs(split_data, tmp_path):
    opened = write_real(tmp_path / "kit", split_data)
    found = pictures(opened)
    photographs = Photographs.open(DataSet.open(split_data), "test")
    positions = photographs.pairs(8, seed=0).positions
    images = photographs.read(np.arange(12))
    for pair, picture in found.items():
        if pair.kind != kit.CHECK:
            np.testing.assert_array_equal(
                picture, images[positions[pair.number]]
            )
    assert check_checks(found) == 4
    assert opened.info["source"] == "real"
    assert opened.info["data_build_id"] == "splits"
    assert opened.info["distinct_matched_pairs"] <= 4


def test_photographs_that_repeat(split_data):
    found = kit_writing.real_pictures(DataSet.open(split_data), 100, 2, 0)
    assert "has 12 distinct matched pairs" in found.info["warning"]


def test_the_seed_is_the_kit(trained, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_generated(tmp_path / name, trained.run_dir, seed)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert set(a["batches.csv"].split()) & set(c["batches.csv"].split()) == {
        b"kit,batch,picture_1,picture_2,picture_3,picture_4,picture_5,picture_6"
    }


def test_judges_are_not_told(small_kit):
    page = contents(pathlib.Path(small_kit.folder, "page"))
    assert set(page) == {"index.html"} | {
        f"pictures/{kit.picture_name(name)}" for name in small_kit.key
    }
    html = page["index.html"].decode()
    data = html.split('id="data">')[1].split("</script>")[0]
    names = list(small_kit.key)
    assert json.loads(data) == {
        "kit": small_kit.name,
        "batches": [names[:4], names[4:]],
    }
    # All that the page holds beside the names is the same for any kit.
    assert names == [f"{small_kit.name}-{n:05d}" for n in range(1, 9)]
    for word in (kit.MATCHED, kit.KEY, kit.INFO):
        assert word not in html
        assert (
            word not in pathlib.Path(small_kit.folder, kit.BATCHES).read_text()
        )
    # In the order of the names: times of the files tell no more.
    folder = pathlib.Path(small_kit.folder, kit.PICTURES)
    times = [
        (folder / kit.picture_name(name)).stat().st_mtime_ns for name in names
    ]
    assert times == sorted(times)


def test_mturk_layout(small_kit):
    layout = pathlib.Path(small_kit.folder, kit.LAYOUT).read_text()
    for n in range(1, 5):
        assert f'src="https://example.com/pictures/${{picture_{n}}}"' in layout
        assert layout.count(f'name="pair_{n}"') == 2
    assert layout.count("${") == 4 and "{{" not in layout


def test_other_subjects(split_data, tmp_path):
    folder = tmp_path / "kit"
    write_real(
        folder,
        split_data,
        subject="<shoe>, shoes",
        url="https://pictures.test/a/",
    )
    html = (folder / kit.PAGE).read_text()
    assert "the same &lt;shoe&gt;?" in html and "<shoe>" not in html
    assert "{{" not in html
    layout = (folder / kit.LAYOUT).read_text()
    assert 'src="https://pictures.test/a/${picture_1}"' in layout
    assert "Different shoes" in layout


def test_checkerboard():
    board = kit_writing.checkerboard(16, 16)
    assert board.shape == (16, 16, 3) and board.dtype == np.uint8
    np.testing.assert_array_equal(board[0, :6, 0], [0, 0, 255, 255, 0, 0])
    np.testing.assert_array_equal(board[2, :6, 0], [255, 255, 0, 0, 255, 255])


def test_nothing_is_overwritten(small_kit, split_data):
    before = contents(pathlib.Path(small_kit.folder))
    with pytest.raises(FileExistsError, match="not overwritten. Received: out"):
        write_real(small_kit.folder, split_data)
    file = os.path.join(small_kit.folder, kit.KEY)
    with pytest.raises(FileExistsError, match="new or empty folder"):
        write_real(file, split_data)
    assert contents(pathlib.Path(small_kit.folder)) == before


def test_a_subject_is_two_words(split_data, tmp_path):
    folder = tmp_path / "kit"
    with pytest.raises(ValueError, match="two words.*Received: 'person'"):
        write_real(folder, split_data, subject="person")
    assert not folder.exists()
