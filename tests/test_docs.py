"""The code of README and docs is true: it runs, or its flags are known.

Each block of Python, and each command of a shell block, runs on tiny data in
one folder; what is not run stands here with the reason.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from absl import flags as absl_flags
from PIL import Image

from sdgan_tf.commands import flags
from sdgan_tf.commands.registry import COMMANDS
from sdgan_tf.exporting import saved_model
from sdgan_tf.exporting.signatures import run_signatures
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Commands that run, in this order, with what makes them small.
RUN = {
    "python -m data_pipeline.build_records --layout=folders --input=lfw "
    "--output_dir=data/faces": "--image_size=32",
    "python main.py --flagfile=faces_projected.flags --data_dir=data/faces "
    "--run_dir=runs/faces": "--features=none --dim=4 --image_size=32 "
    "--batch_size=4 --train_steps=2",
    "python main.py --mode=sample --run_dir=runs/faces --num_identities=10 "
    "--num_observations=12": "",
    "python main.py --mode=interpolate --run_dir=runs/faces --ends=0,1": "",
    "python main.py --mode=project --run_dir=runs/faces --images=photos": (
        "--restarts=1 --projection_steps=2"
    ),
    "python main.py --mode=judge_kit --run_dir=runs/faces --num_pairs=200 "
    "--output_dir=kits/faces": "--num_pairs=4",
    "python main.py --mode=export --run_dir=runs/faces": "--format=weights",
}
# Commands of ours that do not run: their flags are parsed.
FACENET = "needs FaceNet, or a verifier that is trained for minutes"
PARSED = {
    "python -m data_pipeline.build_records --layout=LAYOUT": "stands for all",
    "python -m data_pipeline.build_records --layout=flat": "needs Omniglot",
    "python -m data_pipeline.build_records": "one like it runs",
    "python main.py --flagfile=": "trains for hours",
    "python main.py --mode=project --run_dir=runs/shop": "one like it runs",
    "python main.py --mode=interpolate --run_dir=runs/shop": "one like it runs",
    "python main.py --mode=explore": "a server",
    "python main.py --mode=evaluate": FACENET,
    "python main.py --mode=table": FACENET,
    "python main.py --mode=dataset": "draws 100,000 pictures",
    "python main.py --mode=queue": "takes hours; has its own test",
    "python main.py --mode=train_verifier": "takes minutes",
    "python main.py --mode=judge_kit": "one like it runs",
    "python main.py --mode=judge_score": "needs answers of people",
    "python main.py --mode=import_reference": "needs the authors' weights",
    "python main.py --mode=sample --run_dir=runs/released": "likewise",
    "python main.py --mode=export --format=web": "needs npm and a network",
}
# Commands of others, and programs with a test of their own.
OTHERS = {
    "make ": "the Makefile's",
    "python3 -m venv": "needs a network",
    "pip install": "needs a network",
    "tensorboard ": "a server",
    "docker ": "needs docker",
    "curl ": "needs the server",
    "python -m http.server": "a server",
    "python -m sdgan_tf.serving_client": "needs a server; has its own test",
    "python -m sdgan_tf.jax.pack_photographs": "has its own test",
    "python -m benchmarks.": "takes minutes, or has its own test",
    "KERAS_BACKEND=jax python": "has its own test",
}
# Python blocks become small by these replacements, each of which must occur.
SMALL = {
    '"pretrained/celeba50k_sd_projected"': '"pretrained/portraits_sd_dcgan"',
    ".estimate(photographs)": ".estimate(photographs, restarts=1, steps=2)",
    "num_pairs=1000": "num_pairs=8, bootstrap_samples=20, factor_steps=0, "
    "verifier=verifier",
    "image_size=64, dim=32": "image_size=32, dim=4, batch_size=4",
    "train_steps=10_000": "train_steps=2",
    '"runs/shop/export/sd_projected/50000"': "exported()",
    "take(10_000)": "take(2)",
}


def shell_commands() -> list[str]:
    """The commands of indented and fenced blocks, each once, in order."""
    found = {}
    for page in PAGES:
        text = page.read_text()
        blocks = re.findall(r"(?:(?<=\n\n)|^)((?:    .*\n|\n(?=    ))+)", text)
        blocks += re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
        for block in blocks:
            words = []
            # A quote may go over lines; a backslash joins them.
            for word in re.findall(
                r"\n|(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+",
                block.replace("\\\n", " "),
            ):
                if word != "\n":
                    words.append(word)
                elif words:
                    found[" ".join(words)] = page.name
                    words = []
    return list(found)


def python_blocks() -> dict[str, list[str]]:
    """The Python of each page that has some, by the page's name."""
    blocks = {
        page.stem: re.findall(
            r"^```python\n(.*?)^```", page.read_text(), re.M | re.S
        )
        for page in PAGES
    }
    return {name: found for name, found in blocks.items() if found}


COMMANDS_SHOWN = shell_commands()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    """A clone's folder: the program, and tiny collections of photographs."""
    folder = tmp_path_factory.mktemp("clone")
    for path in ROOT.iterdir():
        if path.name not in ("data", "runs") and path.name[0] != ".":
            (folder / path.name).symlink_to(path)
    rng = np.random.default_rng(0)
    for number in range(40):
        small = rng.integers(0, 256, [3, 3, 3], dtype=np.uint8)
        picture = Image.fromarray(small).resize((40, 40))
        for observation in range(3):
            path = folder / "lfw" / f"person {number}" / f"{observation}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.rotate(observation).save(path)
    (folder / "photos").mkdir()
    for name in ("a.jpg", "b.png"):
        picture.save(folder / "photos" / name)
    return folder


def run_shell(command: str, folder: pathlib.Path) -> None:
    words = shlex.split(f"{command} {RUN[command]}")
    done = subprocess.run(
        [sys.executable, *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(folder) -> pathlib.Path:
    """The folder with a data set, which the first command builds."""
    run_shell(next(iter(RUN)), folder)
    return folder


@pytest.mark.slow
def test_commands_that_run(built):
    for command in list(RUN)[1:]:
        run_shell(command, built)
    for name in ("generated", "interpolation", "projection", "export"):
        assert any((built / "runs" / "faces" / name).iterdir())
    assert (built / "kits" / "faces" / "kit.json").exists()


@pytest.mark.parametrize("command", COMMANDS_SHOWN)
def test_each_command_is_known(command, monkeypatch):
    if command in RUN:
        return
    found = [
        prefix for prefix in [*PARSED, *OTHERS] if command.startswith(prefix)
    ]
    assert found, "say here whether it runs, and if it does not why"
    if found[0] not in PARSED or "main.py" not in command:
        return
    monkeypatch.chdir(ROOT)
    values = absl_flags.FlagValues()
    flags.define(values)
    rest = flags.parse(shlex.split(command)[1:], values)
    assert rest == ["main.py"]
    flags.options(COMMANDS[values.mode].options, values)


def test_nothing_is_listed_in_vain():
    assert not set(RUN) - set(COMMANDS_SHOWN)
    for prefix in (*PARSED, *OTHERS):
        assert any(c.startswith(prefix) for c in COMMANDS_SHOWN), prefix
    text = "".join(sum(python_blocks().values(), []))
    assert not [name for name in SMALL if name not in text]


def exported() -> str:
    """A SavedModel of a generator in `pretrained/`, one endpoint of it."""
    folder = "runs/shop/export/sd_projected/50000"
    run = Run("pretrained/celeba50k_sd_projected")
    signatures = run_signatures(run, run.generator())
    kept = {"serving_default": signatures["serving_default"]}
    saved_model.write_signatures(kept, folder)
    return folder


class MeanColour:
    """A verifier that needs no file: it embeds a picture as its colour."""

    name, file_hash, size, image_size = "mean_colour", "none", 3, None
    resize, precision = None, "float32"

    def __call__(self, images):
        return images.mean(axis=(1, 2)).astype("float32")


@pytest.mark.parametrize("page", python_blocks())
def test_python_blocks(page, built, monkeypatch):
    """A page's blocks run one after the other: each goes on with the last."""
    monkeypatch.chdir(built)
    namespace = {"verifier": MeanColour(), "exported": exported}
    for block in python_blocks()[page]:
        for large, small in SMALL.items():
            block = block.replace(large, small)
        exec(compile(block, f"{page}.md", "exec"), namespace)
        written = re.findall(r'save_grid\(\s*"(.*?)"', block)
        assert all(os.path.getsize(name) for name in written)
