"""onnxruntime-web: from a folder, from npm, and what can go wrong."""

import os
import subprocess

import pytest

from sdgan_tf.exporting.web import runtime


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """Puts a shell script in npm's place."""

    def make(script: str):
        path = tmp_path / "bin" / "npm"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")

    return make


def test_npm_packs_what_is_pinned(runtime_dir):
    sizes = {n: os.path.getsize(f"{runtime_dir}/{n}") for n in runtime.FILES}
    assert sizes == {
        "ort.wasm.min.mjs": 50_126,
        "ort-wasm-simd-threaded.mjs": 24_381,
        "ort-wasm-simd-threaded.wasm": 14_239_897,
    }


def test_a_folder_is_read(tmp_path):
    for name in (*runtime.FILES, "ort.webgpu.mjs"):
        (tmp_path / name).write_text(name)
    assert runtime.runtime_files(str(tmp_path)) == {
        name: name.encode() for name in runtime.FILES
    }


def test_a_file_that_is_missing_is_named(tmp_path):
    (tmp_path / runtime.FILES[0]).touch()
    with pytest.raises(
        FileNotFoundError,
        match="it has no ort-wasm-simd-threaded.mjs. Received: onnxruntime_web",
    ):
        runtime.runtime_files(str(tmp_path))


def test_no_npm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ValueError, match="needs npm.*install Node.js, or.*onnxruntime_web_dir"
    ):
        runtime.runtime_files()


def test_npm_is_offline(fake_npm):
    fake_npm(
        "echo 'npm warn of something else' >&2\n"
        "echo 'npm error code ENOTFOUND' >&2\n"
        "echo 'npm error network request to registry failed' >&2\n"
        "exit 1"
    )
    with pytest.raises(
        ValueError, match=r"\(npm error code ENOTFOUND\).*`onnxruntime_web_dir`"
    ):
        runtime.runtime_files()


def test_npm_hangs(monkeypatch):
    def run(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ValueError, match="timed out.*`onnxruntime_web_dir`"):
        runtime.runtime_files()


def test_another_archive_is_refused(fake_npm):
    fake_npm('for last; do :; done\necho no > "${last#*=}/package.tgz"')
    with pytest.raises(
        ValueError,
        match="must have the SHA-512 q0y.*Received.*`onnxruntime_web_dir`",
    ):
        runtime.runtime_files()
