"""onnxruntime-web, got once; the page of a generator on a server."""

import contextlib
import functools
import http.server
import pathlib
import threading

import pytest

from sdgan_tf.exporting.web import runtime
from sdgan_tf.exporting.web.page_folder import write_web


@pytest.fixture(scope="session")
def runtime_dir(tmp_path_factory) -> str:
    """A folder with onnxruntime-web, as npm packs it."""
    try:
        archive = runtime.pack()
    except ValueError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("ort")
    for name, data in runtime.unpack(archive).items():
        (folder / name).write_bytes(data)
    return str(folder)


@pytest.fixture(scope="session")
def random_page(random_run, runtime_dir, tmp_path_factory) -> pathlib.Path:
    """The page of the random generator."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    folder = tmp_path_factory.mktemp("web") / "page"
    write_web(random_run.generator(), "sd_began", str(folder), runtime_dir)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own server of files, which tells nothing."""

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """Serves a folder; gives its address."""
    with contextlib.ExitStack() as stack:

        def start(folder) -> str:
            server = http.server.ThreadingHTTPServer(
                ("127.0.0.1", 0),
                functools.partial(Quiet, directory=str(folder)),
            )
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}/"

        yield start
