"""The examples of Slurm and Kubernetes start workers that know each other.

Neither is here: programs in their place hand on what theirs would.
"""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PROGRAMS = {
    # Prints what it was started with, where main.py would train.
    "python": 'printf "%s\\n" "$TF_CONFIG" | tr -d "\\n"; echo; echo "$@"',
    "scontrol": '[ "$2 $3" = "hostnames cold[1-2]" ] && echo cold1; echo cold2',
    "srun": 'for n in 0 1; do SLURM_PROCID=$n "$@"; done',
}


@pytest.fixture
def programs(tmp_path) -> dict[str, str]:
    """An environment in which these are found first."""
    for name, text in PROGRAMS.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def check_workers(output: str, workers: list[str]) -> None:
    lines = output.splitlines()
    assert len(lines) == 2 * len(workers)
    for index in range(len(workers)):
        cluster, arguments = lines[2 * index : 2 * index + 2]
        assert json.loads(cluster) == {
            "cluster": {"worker": workers},
            "task": {"type": "worker", "index": index},
        }
        words = arguments.split()
        assert words[0] == "main.py"
        assert {"--strategy=multi_worker", "--flagfile=faces.flags"} < {*words}


def test_slurm(programs):
    done = subprocess.run(
        ["bash", EXAMPLES / "slurm.sh", "--train_steps=7"],
        env={**programs, "SLURM_JOB_NODELIST": "cold[1-2]"},
        capture_output=True,
        text=True,
        check=True,
    )
    check_workers(done.stdout, ["cold1:12345", "cold2:12345"])
    assert done.stdout.count("--train_steps=7") == 2


def test_kubernetes(programs):
    yaml = pytest.importorskip("yaml", reason="requirements-dev.txt")
    service, job = yaml.safe_load_all(
        (EXAMPLES / "kubernetes.yaml").read_text()
    )
    pods = job["spec"]["template"]["spec"]
    name = job["metadata"]["name"]
    # What Kubernetes makes host names of, and how many.
    assert service["spec"]["clusterIP"] == "None"
    assert service["metadata"]["name"] == pods["subdomain"]
    assert service["spec"]["selector"] == {"job-name": name}
    workers = [
        f"{name}-{index}.{pods['subdomain']}:12345"
        for index in range(job["spec"]["completions"])
    ]
    assert job["spec"]["parallelism"] == len(workers)
    (container,) = pods["containers"]
    outputs = [
        subprocess.run(
            container["command"],
            env={**programs, "JOB_COMPLETION_INDEX": str(index)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for index in range(len(workers))
    ]
    check_workers("".join(outputs), workers)
