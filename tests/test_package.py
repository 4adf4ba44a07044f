"""The wheel holds all that the program needs."""

import pathlib
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

import sdgan_tf
from sdgan_tf.commands import flagfiles

ROOT = pathlib.Path(__file__).parent.parent
# The files of each extra.
EXTRAS = {
    extra: [f"requirements-{part}.txt" for part in parts]
    for extra, parts in {
        "dev": ("serving", "test"),
        "faces": ("faces",),
        "gpu": ("gpu",),
        "serving": ("serving",),
    }.items()
}


def requirements(*names):
    """The lines of files that are no comments."""
    for name in names:
        for line in (ROOT / name).read_text().splitlines():
            if not line.startswith("#"):
                yield line


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    # A copy: building writes into the tree.
    for name in listed:
        if name.split("/")[0] in ("sdgan_tf", "data_pipeline", "variants") or (
            "/" not in name
        ):
            path = tree / name
            if (ROOT / name).is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes((ROOT / name).read_bytes())
    options = ("--no-deps", "--no-build-isolation", "--quiet")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", folder, tree],
        check=True,
    )
    (found,) = folder.glob("*.whl")
    return found


def test_it_holds_every_module_and_asset(wheel):
    with zipfile.ZipFile(wheel) as file:
        held = set(file.namelist())
    for package in ("sdgan_tf", "data_pipeline"):
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".html", ".js", ".css", ".typed"):
                assert path.relative_to(ROOT).as_posix() in held
    for name in flagfiles.own():
        assert f"sdgan_tf/flagfiles/{name}" in held
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)


def test_its_requirements_are_those_of_the_files(wheel):
    with zipfile.ZipFile(wheel) as file:
        (name,) = [n for n in file.namelist() if n.endswith("/METADATA")]
        metadata = file.read(name).decode()
    for requirement in requirements("requirements.txt"):
        assert f"Requires-Dist: {requirement}\n" in metadata
    for extra, parts in EXTRAS.items():
        for requirement in requirements(*parts):
            wanted = f'Requires-Dist: {requirement}; extra == "{extra}"\n'
            assert wanted in metadata
    version = sdgan_tf.__version__
    assert f"\nVersion: {version}\n" in metadata
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.slow
def test_it_is_installed_and_works_from_another_folder(wheel, tmp_path):
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    (site,) = environment.glob("lib/python*/site-packages")
    # What it requires is that of the tests' own environment.
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib"))
    options = ("--no-deps", "--no-index", "--quiet")
    subprocess.run(
        [python, "-m", "pip", "install", *options, wheel], check=True
    )

    def sdgan(*arguments):
        done = subprocess.run(
            [environment / "bin" / "sdgan", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    sdgan(
        "sample",
        f"--run_dir={ROOT / 'pretrained' / 'coil100_sd_dcgan'}",
        "--num_identities=2",
        "--num_observations=3",
        "--output_dir=drawn",
    )
    assert len(list((tmp_path / "drawn").glob("identity*.png"))) == 6
    # A flagfile that names another one, neither of them in this folder.
    described = sdgan("train", "--flagfile=variants/sd_wgan.flags", "--dry_run")
    assert "wgan" in described
