"""onnxruntime-web: the files that run a model in a browser."""

import base64
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile

import tensorflow as tf

VERSION = "1.30.0"
# What npm calls the package's integrity: the SHA-512 of the archive.
SHA512 = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1Sig"
    "qR4CXAfKYQ=="
)
# The build for the processor alone, in SIMD instructions.
WASM = "ort-wasm-simd-threaded.wasm"
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", WASM)
NPM_SECONDS = 300
INSTEAD = (
    "give a folder with its files as `onnxruntime_web_dir` "
    f"(dist/ of the npm package onnxruntime-web {VERSION})"
)


def runtime_files(folder: str = "") -> dict[str, bytes]:
    """The contents of `FILES` by name.

    Args:
        folder: Where they are; by default npm packs the pinned version.

    Raises:
        FileNotFoundError: If one is missing from the folder.
        ValueError: If npm is missing or fails, or packs another archive.
    """
    return _read(folder) if folder else unpack(pack())


def _read(folder: str) -> dict[str, bytes]:
    contents = {}
    for name in FILES:
        path = os.path.join(folder, name)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"`onnxruntime_web_dir` must hold {', '.join(FILES)}; it has "
                f"no {name}. Received: onnxruntime_web_dir={folder!r}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            contents[name] = file.read()
    return contents


def pack() -> bytes:
    """The archive of the pinned version, as npm has it.

    Raises:
        ValueError: If npm is missing or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [
                    *("npm", "pack", f"onnxruntime-web@{VERSION}"),
                    # npm's own cache makes the second export one of seconds.
                    *("--prefer-offline", "--ignore-scripts"),
                    *("--fetch-retries=1", f"--pack-destination={folder}"),
                ],
                capture_output=True,
                text=True,
                timeout=NPM_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ValueError(
                f"A page needs npm for onnxruntime-web ({error}); "
                f"install Node.js, or {INSTEAD}."
            ) from error
        if done.returncode:
            # Warnings come before; the first error is a code such as ENOTFOUND.
            lines = done.stderr.splitlines()
            errors = [line for line in lines if line.startswith("npm error")]
            raise ValueError(
                f"npm could not get onnxruntime-web {VERSION} "
                f"({(errors or ['no reason given'])[0]}); {INSTEAD}."
            )
        (name,) = os.listdir(folder)
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()


def unpack(archive: bytes) -> dict[str, bytes]:
    """The contents of an archive's `FILES` by name.

    Raises:
        ValueError: If its hash is not the pinned one.
    """
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != SHA512:
        raise ValueError(
            f"npm's onnxruntime-web {VERSION} must have the SHA-512 {SHA512}. "
            f"Received: {digest}; {INSTEAD}."
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {name: _member(tar, f"package/dist/{name}") for name in FILES}


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    if file is None:
        raise ValueError(f"{path} of the archive must be a file.")
    return file.read()
