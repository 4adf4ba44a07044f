"""Flags in files, and files that name others."""

import os
import pathlib

import pytest

from sdgan_tf.commands.flagfiles import BadFlagfile, expanded, own

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture
def write(tmp_path):
    """Writes a flagfile by its path under the test's folder."""

    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


def test_flags_stand_where_the_file_was_named(write):
    path = write("a.flags", "# a\n--k=2\n\n  // b\n  --seed 3\n")
    assert expanded(["--k=1", f"--flagfile={path}", "--k=4", "x"]) == [
        "--k=1",
        "--k=2",
        "--seed 3",
        "--k=4",
        "x",
    ]
    assert expanded(["-flagfile", path, "--flagfile="]) == ["--k=2", "--seed 3"]
    behind = ["--", f"--flagfile={path}"]
    assert expanded(behind) == behind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_ends_of_lines_of_any_editor(write, encoding, end):
    path = write("a.flags", f"--k=2{end}--run_dir=ü{end}", encoding)
    assert expanded([f"--flagfile={path}"]) == ["--k=2", "--run_dir=ü"]


def test_a_mark_within_a_file_of_joined_files(write):
    path = write("a.flags", "--k=2\n\ufeff# b\n\ufeff--seed=3\n")
    assert expanded([f"--flagfile={path}"]) == ["--k=2", "--seed=3"]


def test_files_name_each_other_from_where_they_lie(
    write, tmp_path, monkeypatch
):
    write("base.flags", "--k=1\n--seed=1\n")
    write("more/b.flags", "--flagfile=../base.flags\n--k=2\n")
    path = write("more/a.flags", "--flagfile=b.flags\n--seed=3\n")
    # One of the same name in the working directory is another one.
    write("elsewhere/b.flags", "--k=9\n")
    write("elsewhere/only_here.flags", "--k=5\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    flags = ["--k=1", "--seed=1", "--k=2", "--seed=3"]
    assert expanded([f"--flagfile={path}"]) == flags
    relative = os.path.join("..", "more", "a.flags")
    assert expanded([f"--flagfile={relative}"]) == flags
    # As absl does, for what is not beside the file.
    path = write("more/c.flags", "--flagfile=only_here.flags\n")
    assert expanded([f"--flagfile={path}"]) == ["--k=5"]


def test_one_file_twice_is_no_cycle(write):
    write("base.flags", "--k=1\n")
    path = write("a.flags", "--flagfile=base.flags\n--flagfile=base.flags\n")
    assert expanded([f"--flagfile={path}"]) == ["--k=1", "--k=1"]


def test_a_cycle_is_named(write):
    path = write("a.flags", "--flagfile=more/b.flags\n")
    write("more/b.flags", "--flagfile=../a.flags\n")
    with pytest.raises(BadFlagfile, match=r"a.flags -> .*b.flags -> .*a.flags"):
        expanded([f"--flagfile={path}"])


def test_a_home_folder_is_found(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write("base.flags", "--k=1\n")
    path = write("more/a.flags", "--flagfile=~/base.flags\n")
    assert expanded([f"--flagfile={path}"]) == ["--k=1"]
    assert expanded(["--flagfile=~/base.flags"]) == ["--k=1"]


def test_the_projects_own_are_found_from_any_folder(
    write, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (first, *_) = expanded(["--flagfile=faces.flags"])
    assert first.startswith("--")
    # A variant names another one, and a user's file names either.
    wanted = expanded([f"--flagfile={ROOT / 'variants' / 'sd_wgan.flags'}"])
    assert wanted[-1] == "--loss=wgan"
    assert expanded(["--flagfile=variants/sd_wgan.flags"]) == wanted
    path = write("mine/a.flags", "--flagfile=variants/sd_wgan.flags\n--k=3\n")
    assert expanded([f"--flagfile={path}"]) == [*wanted, "--k=3"]
    # One's own file of the same name goes first.
    write("faces.flags", "--k=7\n")
    assert expanded(["--flagfile=faces.flags"]) == ["--k=7"]
    with pytest.raises(BadFlagfile, match="Did you mean: shoes.flags ?"):
        expanded(["--flagfile=shoe.flags"])


def test_the_list_of_the_projects_own():
    assert own() == sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.flags", "variants/*.flags")
        for path in ROOT.glob(pattern)
    )


def test_what_cannot_be_read(write, tmp_path):
    path = write("a.flags", "--flagfile=none.flags\n")
    for arguments, message in (
        ([f"--flagfile={path}"], r"'none.flags', named in '.*a.flags'"),
        ([f"--flagfile={tmp_path}"], r"Is a directory\)\. Received: flagf"),
        (["--flagfile"], "must name a file"),
        ([f"--flagfile={write('b', '--k=ü', 'latin-1')}"], "text in UTF-8"),
        ([f"--flagfile={write('c', '--flagfile')}"], "--flagfile=PATH. Rec"),
    ):
        with pytest.raises(BadFlagfile, match=message):
            expanded(arguments)
