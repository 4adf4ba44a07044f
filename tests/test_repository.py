"""The layout: imports go one way, BUILD and README are true."""

import ast
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
CODE = [
    ROOT / "main.py",
    *sorted((ROOT / "sdgan_tf").rglob("*.py")),
    *sorted((ROOT / "data_pipeline").rglob("*.py")),
]
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Each room may import the rooms after it.
ROOMS = (
    "main sdgan_tf.__main__ benchmarks",
    "sdgan_tf.commands sdgan_tf.serving_client sdgan_tf.jax.train",
    "sdgan_tf.queue sdgan_tf.benchmark",
    "sdgan_tf.exporting",
    "sdgan_tf.explorer sdgan_tf.interpolation sdgan_tf.projection "
    "sdgan_tf.sampling sdgan_tf.datasets",
    "sdgan_tf.reference sdgan_tf.picture_folder",
    "sdgan_tf.training",
    "sdgan_tf.evaluation",
    "sdgan_tf.cards",
    "sdgan_tf.runs",
    "sdgan_tf.generators sdgan_tf.projector",
    "sdgan_tf.algorithms sdgan_tf.jax",
    "sdgan_tf.objectives",
    "sdgan_tf.features",
    "sdgan_tf.losses sdgan_tf.models sdgan_tf.augmentation",
    "sdgan_tf.identity_embedding sdgan_tf.identity_names "
    "sdgan_tf.checkpoints sdgan_tf.locking sdgan_tf.codes",
    "sdgan_tf.optimizers sdgan_tf.fused "
    "sdgan_tf.latents sdgan_tf.images sdgan_tf.pixels sdgan_tf.progress "
    "sdgan_tf.photographs",
    "sdgan_tf.run_files",
    "sdgan_tf.allocator sdgan_tf.environment sdgan_tf.philox",
    "sdgan_tf.config",
    "data_pipeline.build_records data_pipeline.synthetic",
    "data_pipeline.build data_pipeline.tuples data_pipeline.portraits",
    "data_pipeline.records",
    "data_pipeline.help data_pipeline.lazy data_pipeline.local_paths "
    "data_pipeline.startup data_pipeline.unwanted",
)
# Rooms of equal standing that know nothing of each other.
APART = (
    ("data_pipeline.build", "data_pipeline.tuples", "data_pipeline.portraits"),
)


def module_name(path: pathlib.Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def run_time_imports(path: pathlib.Path) -> set[str]:
    """All but those for type checkers alone."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == (
            "TYPE_CHECKING"
        ):
            node.body = []
    return imports_of(tree)


def imported(path: pathlib.Path) -> set[str]:
    return imports_of(ast.parse(path.read_text()))


def imports_of(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{a.name}" for a in node.names}
    return names


def room(module: str) -> int | None:
    for number, names in enumerate(ROOMS):
        for name in names.split():
            if module == name or module.startswith(f"{name}."):
                return number
    return None


@pytest.mark.parametrize("path", [*CODE, *BENCHMARKS], ids=module_name)
def test_imports_go_one_way(path):
    name = module_name(path)
    if name == "sdgan_tf":
        # All else is imported when it is used.
        assert run_time_imports(path) == {
            *("importlib", "typing", "typing.TYPE_CHECKING"),
            *("sdgan_tf", "sdgan_tf.environment"),
        }
        return
    if name == "data_pipeline":
        assert run_time_imports(path) == {
            *("typing", "typing.TYPE_CHECKING"),
            *("data_pipeline", "data_pipeline.lazy"),
        }
        return
    mine = room(name)
    assert mine is not None, f"{name} is in no room: say which it belongs to"
    for other in imported(path):
        if (theirs := room(other)) is not None:
            assert theirs >= mine, f"{name} imports {other}"


@pytest.mark.parametrize("rooms", APART)
def test_rooms_of_equal_standing_are_apart(rooms):
    for path in CODE:
        mine = [n for n in rooms if f"{module_name(path)}.".startswith(f"{n}.")]
        others = tuple(f"{n}." for n in rooms if n not in mine)
        if mine:
            for name in imported(path):
                assert not f"{name}.".startswith(others), f"{path}: {name}"


def test_data_pipeline_knows_nothing_of_sdgan_tf():
    for path in (ROOT / "data_pipeline").rglob("*.py"):
        assert not any(n.startswith("sdgan_tf") for n in imported(path)), path


def test_what_jax_trains_needs_no_tensorflow():
    package = ROOT / "sdgan_tf"
    for path in (
        *(package / "models").rglob("*.py"),
        *(package / "features").rglob("*.py"),
        package / "algorithms" / "flops.py",
        package / "augmentation.py",
        package / "config.py",
        package / "commands" / "flags.py",
        package / "commands" / "options.py",
        package / "environment.py",
        package / "losses.py",
        package / "objectives.py",
        package / "pixels.py",
        package / "run_files.py",
        *(package / "jax").rglob("*.py"),
    ):
        assert not any(n.startswith("tensorflow") for n in imported(path))
    # These have one for TensorFlow's kernels, within a function.
    for name in ("optimizers.py", "fused.py"):
        assert "\nimport tensorflow" not in (package / name).read_text()


def test_build_names_every_module_and_every_test():
    build = ast.parse((ROOT / "BUILD").read_text())
    named = [
        node.value
        for node in ast.walk(build)
        if isinstance(node, ast.Constant)
        and str(node.value).endswith(".py")
        and "*" not in node.value
    ]
    assert set(named) - {".py"} == {
        str(path.relative_to(ROOT)) for path in (*CODE, *TESTS)
    }


def test_build_names_every_requirement():
    build = (ROOT / "BUILD").read_text()
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[=<>\[; ]", line)[0].replace("-", "_")
            assert f"@pypi//{name}" in build, name


def test_buildifier_finds_nothing():
    buildifier = shutil.which("buildifier")
    if not buildifier:
        pytest.skip("no buildifier: npm install @bazel/buildifier")
    done = subprocess.run(
        [buildifier, "-mode=check", "-lint=warn", "BUILD", "MODULE.bazel"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_readme_names_no_unknown_flag():
    # TensorBoard's, absl's and Beam's own; then pip's, docker's, the server's.
    known = {"logdir", "flagfile", "helpfull", "runner", "flink_master"}
    known |= {"samples_per_plugin"}
    known |= {"no", "rm", "model_config_file", "enable_batching"}
    known |= {"batching_parameters_file", "directory"}
    # Of Beam's runners and its worker pool.
    known |= {"environment_type", "environment_config", "spark_master_url"}
    known |= {"project", "region", "temp_location", "sdk_container_image"}
    known |= {"job_endpoint", "service_port"}
    for module in ("main.py", "-mdata_pipeline.build_records"):
        done = subprocess.run(
            [sys.executable, module, "--helpfull"],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        for no, name in re.findall(r"--(\[no\])?([a-z_]+)", done.stdout):
            known |= {name, f"no{name}"} if no else {name}
    for module in (
        ROOT / "data_pipeline" / "synthetic.py",
        ROOT / "sdgan_tf" / "serving_client.py",
        *(ROOT / "benchmarks").glob("*.py"),
        *(ROOT / "sdgan_tf" / "jax").glob("*.py"),
    ):
        text = module.read_text()
        known |= set(re.findall(r'DEFINE_[a-z]+\(\s*"([a-z_]+)"', text))
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        used = set(re.findall(r"--([a-z_]+)", page.read_text()))
        assert not used - known, page


def test_no_pickle_and_no_foreign_model_is_ever_loaded():
    unsafe = re.compile(
        r"import (pickle|joblib|dill|shelve|marshal)\b|allow_pickle=True|"
        r"load_model|unsafe_deserialization|torch\.load|\beval\("
    )
    for path in CODE:
        text = path.read_text()
        assert not unsafe.search(text), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "np.load",
                "numpy.load",
            ):
                assert "allow_pickle=False" in ast.unparse(node), path
