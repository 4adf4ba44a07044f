"""The layout: imports go one way, BUILD and README are true."""

import ast
import graphlib
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from sdgan_tf.commands.flags import fields_of
from sdgan_tf.commands.registry import COMMANDS

ROOT = pathlib.Path(__file__).parent.parent
CODE = [
    ROOT / "main.py",
    *sorted((ROOT / "sdgan_tf").rglob("*.py")),
    *sorted((ROOT / "data_pipeline").rglob("*.py")),
]
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
MODULES = [*CODE, *BENCHMARKS]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# What each package may import of the others, from the commands down; a name
# that begins with a dot is of sdgan_tf.
IMPORTS = {
    "main": ".commands",
    "sdgan_tf.jax.train": ".commands .config .jax",
    "benchmarks": (
        "data_pipeline data_pipeline.records data_pipeline.tuples sdgan_tf "
        ".algorithms .benchmark .commands .evaluation .generators .images "
        ".models .optimizers .runs .training"
    ),
    "sdgan_tf.__main__": ".commands",
    "sdgan_tf.serving_client": (
        "data_pipeline.local_paths data_pipeline.startup .algorithms .codes "
        ".config .images .latents .pixels"
    ),
    "sdgan_tf.commands": (
        "data_pipeline.help_text data_pipeline.local_paths "
        "data_pipeline.records data_pipeline.startup sdgan_tf .allocator "
        ".benchmark .cards .checkpoints .code_grids "
        ".codes .config .datasets .environment .evaluation .explorer "
        ".exporting .generators .identity_embedding .interpolation "
        ".photograph_files .picture_folder .projected_photographs .queue "
        ".reference .runs .training"
    ),
    "sdgan_tf.benchmark": (
        "data_pipeline.records data_pipeline.tuples .allocator .config "
        ".explorer .exporting .generators .runs .training"
    ),
    "sdgan_tf.exporting": ".algorithms .cards .explorer .generators .runs",
    "sdgan_tf.explorer": (
        "data_pipeline.records .cards .evaluation .generators "
        ".identity_embedding .projector .runs"
    ),
    "sdgan_tf.training": (
        "data_pipeline.records data_pipeline.startup data_pipeline.tuples "
        ".algorithms .allocator .checkpoints .config .evaluation .generators "
        ".hardware .images .latents .locking .progress .run_files .runs"
    ),
    "sdgan_tf.projected_photographs": (
        ".codes .evaluation .generators .images .picture_folder"
    ),
    "sdgan_tf.datasets": (
        "data_pipeline.records .evaluation .generators .identity_embedding "
        ".images .latents .progress .runs"
    ),
    "sdgan_tf.cards": "data_pipeline.records .runs",
    "sdgan_tf.evaluation": (
        "data_pipeline.records data_pipeline.tuples .algorithms .augmentation "
        ".checkpoints .config .generators .hardware .identity_embedding "
        ".images .latents .models .progress .runs"
    ),
    "sdgan_tf.reference": ".algorithms .config .models .runs",
    "sdgan_tf.code_grids": (
        ".generators .identity_embedding .latents .photograph_files "
        ".picture_folder"
    ),
    "sdgan_tf.interpolation": (
        ".codes .generators .images .latents .picture_folder"
    ),
    "sdgan_tf.runs": (
        ".algorithms .checkpoints .config .generators .identities_csv "
        ".run_files"
    ),
    "sdgan_tf.picture_folder": ".codes .generators .images",
    "sdgan_tf.jax": (
        "data_pipeline.records data_pipeline.tuples .algorithms .augmentation "
        ".config .features .losses .models .objectives .pixels .run_files"
    ),
    "sdgan_tf.generators": (
        ".codes .images .latents .photograph_files .pixels .projector"
    ),
    "sdgan_tf.algorithms": (
        "data_pipeline.tuples .augmentation .config .features "
        ".identity_embedding .latents .losses .models .objectives .pixels"
    ),
    "data_pipeline.build_records": (
        "data_pipeline.build data_pipeline.help_text "
        "data_pipeline.local_paths data_pipeline.startup"
    ),
    "sdgan_tf.photograph_files": "data_pipeline.build data_pipeline.records",
    "sdgan_tf.features": ".models",
    "sdgan_tf.objectives": ".config .losses .models",
    "sdgan_tf.run_files": ".config",
    "sdgan_tf.identity_embedding": ".config .latents",
    "data_pipeline.build": "data_pipeline.records data_pipeline.startup",
    "data_pipeline.synthetic": (
        "data_pipeline.help_text data_pipeline.local_paths "
        "data_pipeline.portraits data_pipeline.startup"
    ),
    "sdgan_tf.models": "data_pipeline.records .fused",
    "sdgan_tf.config": "data_pipeline.records",
    "data_pipeline.tuples": "data_pipeline.records",
    "data_pipeline.startup": "data_pipeline.blocked_imports",
    "sdgan_tf": ".environment",
    "sdgan_tf.losses": ".optimizers",
    "data_pipeline.records": "data_pipeline.lazy",
    "data_pipeline": "data_pipeline.lazy",
    "sdgan_tf.projector": ".latents .progress",
    "sdgan_tf.codes": ".latents",
    "sdgan_tf.identities_csv": "",
    "sdgan_tf.fused": "",
    "sdgan_tf.hardware": "",
    "sdgan_tf.philox": "",
    "data_pipeline.blocked_imports": "",
    "sdgan_tf.environment": "",
    "sdgan_tf.queue": "",
    "sdgan_tf.optimizers": "",
    "data_pipeline.portraits": "",
    "sdgan_tf.locking": "",
    "sdgan_tf.augmentation": "",
    "data_pipeline.help_text": "",
    "data_pipeline.lazy": "",
    "data_pipeline.local_paths": "",
    "sdgan_tf.allocator": "",
    "sdgan_tf.progress": "",
    "sdgan_tf.latents": "",
    "sdgan_tf.pixels": "",
    "sdgan_tf.images": "",
    "sdgan_tf.checkpoints": "",
}


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
            names |= {f"{node.module}.{a.name}" for a in node.names}
    return names


def package_of(name: str) -> str | None:
    """The package of `IMPORTS` that a module, or a name in one, belongs to."""
    while name and name not in IMPORTS:
        name = name.rpartition(".")[0]
    return name or None


def allowed(package: str) -> list[str]:
    return [
        f"sdgan_tf{name}" if name.startswith(".") else name
        for name in IMPORTS[package].split()
    ]


@pytest.mark.parametrize("package", IMPORTS)
def test_packages_import_what_the_graph_says(package):
    """No more and no less: an edge that nothing uses is no longer allowed."""
    modules = [p for p in MODULES if package_of(module_name(p)) == package]
    assert modules, f"`IMPORTS` names {package}, which is not there"
    used = set()
    for path in modules:
        used |= {package_of(name) for name in run_time_imports(path)}
    assert used - {package, None} == set(allowed(package))


def test_imports_go_one_way():
    graph = {name: allowed(name) for name in IMPORTS}
    # It raises CycleError, with the packages of the cycle.
    assert set(graphlib.TopologicalSorter(graph).static_order()) == set(graph)


def test_every_module_is_of_a_package_of_the_graph():
    # A part of `sdgan_tf` that has no entry would pass for `sdgan_tf` itself.
    for path in MODULES:
        name = module_name(path)
        if package_of(name) in ("sdgan_tf", "data_pipeline"):
            assert name == package_of(name), f"`IMPORTS` does not name {name}"
        assert package_of(name), f"`IMPORTS` does not name {name}"


def test_public_packages_import_nothing_until_it_is_used():
    assert run_time_imports(ROOT / "sdgan_tf" / "__init__.py") == {
        *("importlib", "typing.TYPE_CHECKING", "sdgan_tf.environment"),
    }
    assert run_time_imports(ROOT / "data_pipeline" / "__init__.py") == {
        *("typing.TYPE_CHECKING", "data_pipeline.lazy"),
    }


def test_data_pipeline_knows_nothing_of_sdgan_tf():
    for path in (ROOT / "data_pipeline").rglob("*.py"):
        assert not any(n.startswith("sdgan_tf") for n in imported(path)), path


def test_the_library_names_no_flag():
    """Errors name arguments; `queue` writes command lines of flags."""
    programs = ("commands", "queue", "jax.train", "serving_client")
    flags = {
        field.name
        for command in COMMANDS.values()
        for field in fields_of(command.options)
    }
    for path in (ROOT / "sdgan_tf").rglob("*.py"):
        name = module_name(path).removeprefix("sdgan_tf.")
        if f"{name}.".startswith(tuple(f"{p}." for p in programs)):
            continue
        tree = ast.parse(path.read_text())
        prose = {n.value for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node not in prose:
                named = re.findall(r"--([a-z_]+)", str(node.value))
                assert not flags & set(named), f"{path}:{node.lineno}"


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
        package / "commands" / "shared_options.py",
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
