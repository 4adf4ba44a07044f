"""The explorer's server: its address, its end, and nothing left behind."""

import http.client
import signal
import socket
import urllib.parse
import urllib.request

import pytest

from sdgan_tf.explorer import serving


def test_a_taken_port_is_the_users_error():
    with serving.listen("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ValueError, match=f"free.*explore_port={port}"):
            serving.listen("127.0.0.1", port)
    with pytest.raises(ValueError, match="explore_address.*Received"):
        serving.listen("no.such.address.invalid", 0)


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("127.0.0.1", ["127.0.0.1:80", "localhost:80", "[::1]:80"]),
        ("::1", ["127.0.0.1:80", "localhost:80", "[::1]:80"]),
        ("0.0.0.0", []),
        ("192.168.1.5", []),
    ],
)
def test_hosts(address, hosts):
    assert serving.allowed_hosts(address, 80) == hosts


def test_no_run_folder(main_py, tmp_path):
    done = main_py("--mode=explore", check=False)
    assert done.returncode == 1 and "--run_dir is missing" in done.stderr
    done = main_py(
        "--mode=explore", f"--run_dir={tmp_path / 'none'}", check=False
    )
    assert "not a run folder" in done.stderr
    assert "Traceback" not in done.stderr


def raw(address, method, path, body=b"", **headers):
    """The status of a request whose path is sent as it is, and its answer."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def test_a_server_from_start_to_end(serve, random_run, tmp_path):
    folder = tmp_path / "server"
    with serve(folder, random_run.folder, "--upload_megabytes=0.01") as (
        process,
        address,
    ):
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address) as answer:
            assert "SD-GAN explorer" in answer.read().decode()
            policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        status, text = raw(
            address, "POST", "/generators/0/estimate", bytes(300_000)
        )
        assert (status, text[:31]) == (413, "The request is larger than 2066")
        status, _ = raw(address, "GET", "/", Host="evil.example")
        assert status == 403
        for path in ("/../../../../etc/passwd", "/%2e%2e/main.py", "//main.py"):
            status, text = raw(address, "GET", path)
            assert status == 404 and "root:" not in text
        # Only this machine is answered.
        port = urllib.parse.urlsplit(address).port
        other = socket.gethostbyname(socket.gethostname())
        if not other.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((other, port), timeout=2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    log = (folder / "log.txt").read_text()
    assert log.endswith("main.py: --mode=explore interrupted\n")
    assert "Traceback" not in log and "POST" not in log
    assert [path.name for path in folder.iterdir()] == ["log.txt"]
