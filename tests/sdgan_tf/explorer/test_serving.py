"""The explorer's server: its guard, its address, its end."""

import http.client
import json
import pathlib
import signal
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest

from sdgan_tf.explorer import serving

ROOT = pathlib.Path(__file__).parents[3]


def request(method="POST", path="/gradio_api/queue/join", length=b"10"):
    headers = [(b"content-length", length)] if length else []
    return {"method": method, "path": path, "headers": headers}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(), None),
        (request("GET", "/", b""), None),
        (request(length=b"1001"), 413),
        (request(length=b""), 411),
        (request(length=b"-1"), 411),
        (request(path="/gradio_api/upload"), 403),
        (request(path="/gradio_api/upload/"), 403),
    ],
)
def test_the_guard(asked, status):
    refusal = serving.Guard(None, 1000).refusal(asked)
    assert (refusal and refusal[0]) == status


def test_a_taken_port_is_the_users_error():
    with serving.listen("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ValueError, match=f"free.*explore_port={port}"):
            serving.listen("127.0.0.1", port)
    with pytest.raises(ValueError, match="explore_address.*Received"):
        serving.listen("no.such.address.invalid", 0)


def test_without_gradio(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ValueError, match="pip install -r requirements-expl"):
        serving.check_installed()


def test_no_run_folder(main_py, tmp_path):
    pytest.importorskip(
        "gradio", reason="pip install -r requirements-explorer.txt"
    )
    done = main_py("--mode=explore", check=False)
    assert done.returncode == 1 and "--run_dir is missing" in done.stderr
    done = main_py(
        "--mode=explore", f"--run_dir={tmp_path / 'none'}", check=False
    )
    assert "no run folder" in done.stderr
    assert "Traceback" not in done.stderr


def post(url, body, path):
    """The status of a POST and its answer."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    head = {"content-type": "application/json"}
    connection.request("POST", path, body, head)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def get(url, path):
    """The status of a GET, whose path is sent as it is, and its answer."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def send_event(url, target, data, session):
    """Posts an event that was made by hand."""
    _, text = get(url, "/config")
    number = next(
        each["id"]
        for each in json.loads(text)["dependencies"]
        if each["targets"] and each["targets"][0][1] == target
    )
    event = {
        "fn_index": number,
        "data": [None],
        "event_data": data,
        "session_hash": session,
    }
    status, text = post(url, json.dumps(event), "/gradio_api/queue/join")
    assert status == 200, text
    return get(url, f"/gradio_api/queue/data?session_hash={session}")[1]


FILES = [
    "/etc/passwd",
    "main.py",
    str(ROOT / "main.py"),
    "%2Fetc%2Fpasswd",
    "../../../../../../../../etc/passwd",
]
# What stands in them.
SECRETS = ("root:", "import app")


def test_a_server_from_start_to_end(serve, random_run, tmp_path):
    folder = tmp_path / "server"
    with serve(folder, random_run.folder, "--upload_megabytes=0.01") as (
        process,
        url,
    ):
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url) as answer:
            policy = answer.headers["content-security-policy"]
            page = answer.read().decode()
        assert policy.startswith("default-src 'self'")
        assert "SD-GAN explorer" in page
        with urllib.request.urlopen(f"{url}/download/grid.png") as answer:
            assert answer.headers["content-type"] == "image/png"
            assert "grid.png" in answer.headers["content-disposition"]
        for path, status in (
            ("grid.png?seed=x", 400),
            ("walk.gif", 400),
            ("none.png", 404),
        ):
            with pytest.raises(urllib.error.HTTPError) as error:
                urllib.request.urlopen(f"{url}/download/{path}")
            assert error.value.code == status
            assert "Received" in error.value.read().decode() or status == 400
        status, text = post(url, b"a", "/gradio_api/upload")
        assert (status, text) == (403, "Files are not taken here.")
        status, _ = post(
            url, json.dumps({"data": "a" * 300_000}), "/gradio_api/queue/join"
        )
        assert status == 413
        for path in [
            *(f"/gradio_api/file={name}" for name in FILES),
            *(f"/file={name}" for name in FILES),
            *(f"/static/../../../../../{name}" for name in FILES),
            *(f"/assets/..%2F..%2F..%2F{name}" for name in FILES),
        ]:
            status, text = get(url, path)
            assert status in (403, 404), path
            assert not any(secret in text for secret in SECRETS), path
        for number, (target, data, message) in enumerate(
            [
                ("upload", None, "Choose 1 to 8"),
                ("upload", {"files": [{"name": 5, "data": 5}]}, "nothing kn"),
                ("select", None, "nothing known"),
                ("select", {"action": []}, "nothing known"),
                ("select", {"action": "turn", "slot": 0.5}, "nothing known"),
            ]
        ):
            said = send_event(url, target, data, f"session{number}")
            assert message in said, said
        # Only this machine is answered.
        port = urllib.parse.urlsplit(url).port
        other = socket.gethostbyname(socket.gethostname())
        if not other.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((other, port), timeout=2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    log = (folder / "log.txt").read_text()
    assert log.endswith("main.py: --mode=explore interrupted\n")
    assert "Traceback" not in log
    assert [path.name for path in folder.iterdir()] == ["log.txt"]
