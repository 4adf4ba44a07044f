"""The local back end: what it answers, and what it refuses."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import Client

from sdgan_tf.explorer.application import MOST_PICTURES, Application
from sdgan_tf.explorer.catalogue import Exhibit, find_runs
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.explorer.site_files import SITE
from sdgan_tf.runs import Run

HOST = {"Host": "127.0.0.1:7860"}
SETTINGS = Settings(
    restarts=1, projection_steps=2, upload_count=2, upload_megabytes=0.01
)


@pytest.fixture(scope="module")
def application(two_runs):
    exhibits = [Exhibit(n, run) for n, run in find_runs(two_runs).items()]
    return Application(exhibits, SETTINGS, [HOST["Host"]])


@pytest.fixture
def client(application):
    return Client(application)


def photograph(name="me.png"):
    buffer = io.BytesIO()
    Image.new("RGB", (50, 40), "red").save(buffer, format="PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"name": name, "data": data}


def test_the_page(client):
    answer = client.get("/", headers=HOST)
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    assert b"SD-GAN explorer" in answer.data
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in SITE.iterdir():
        answer = client.get(f"/{path.name}", headers=HOST)
        assert answer.data == path.read_bytes()
    answer = client.get("/page.js", headers=HOST)
    assert answer.mimetype == "text/javascript"


def test_what_the_page_reads_first(client):
    start = client.get("/explorer.json", headers=HOST).json
    assert start["backend"] == "server"
    assert start["generators"] == [
        {"name": "first", "folder": "generators/0"},
        {"name": "second", "folder": "generators/1"},
    ]
    assert start["settings"]["uploads"] == {"count": 2, "megabytes": 0.01}
    card = client.get("/generators/1/card.json", headers=HOST).json
    assert (card["name"], card["step"]) == ("second", 9)
    assert card["batch"] in (1, 4, 8)


def test_a_damaged_folder_beside_a_sound_one(two_runs, tmp_path):
    exhibits = [
        Exhibit("first", find_runs(two_runs)["first"]),
        Exhibit("gone", Run(str(tmp_path))),
    ]
    client = Client(Application(exhibits, SETTINGS))
    assert client.get("/generators/0/card.json").status_code == 200
    answer = client.get("/generators/1/card.json")
    assert answer.status_code == 500 and "not a run folder" in answer.text
    with pytest.raises(FileNotFoundError, match="not a run folder"):
        Application(exhibits[1:], SETTINGS)


def test_pictures(client, random_run, own_pictures):
    z, wanted = own_pictures(random_run.generator(), 3)
    answer = client.post(
        "/generators/0/draw", data=z.astype("<f4").tobytes(), headers=HOST
    )
    pixels = np.frombuffer(answer.data, np.uint8).reshape(wanted.shape)
    assert np.abs(pixels.astype(int) - wanted).max() <= 1


def test_an_estimation(client):
    answer = client.post(
        "/generators/0/estimate",
        data=json.dumps([photograph(), photograph()]),
        headers=HOST,
    )
    assert answer.mimetype == "application/x-ndjson"
    *steps, found = map(json.loads, answer.data.splitlines())
    assert steps[0] == {"waiting": 0}
    assert (steps[-1]["step"], steps[-1]["steps"]) == (2, 2)
    z_i = np.frombuffer(base64.b64decode(found["z_i"]), "<f4")
    z_o = np.frombuffer(base64.b64decode(found["z_o"]), "<f4")
    assert (z_i.shape, z_o.shape) == ((3,), (4,))
    seen = np.frombuffer(base64.b64decode(found["photographs"]), np.uint8)
    assert seen.reshape(2, -1, 3)[:, 0].tolist() == [[255, 0, 0]] * 2
    assert len(found["distances"]) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[", "Choose 1 to 2 photographs. Received: 0 files"),
        ("[" * 9000, "Choose 1 to 2"),
        ("null", "Choose 1 to 2"),
        ('[{"name": 5, "data": 5}]', "request is malformed"),
        (json.dumps([{"name": "a", "data": "?"}]), "a arrived damaged"),
        (json.dumps([{"name": "a", "data": ""}]), "a is not a picture"),
    ],
    ids=str,
)
def test_what_is_no_upload(client, body, message):
    answer = client.post("/generators/0/estimate", data=body, headers=HOST)
    assert answer.status_code == 400 and message in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"abc", 400),
        (np.full(5, np.nan, "<f4").tobytes(), 400),
        (bytes(4 * 5 * (MOST_PICTURES + 1)), 413),
    ],
)
def test_what_are_no_codes(client, body, status):
    answer = client.post("/generators/0/draw", data=body, headers=HOST)
    assert answer.status_code == status


def test_a_request_without_a_length(client):
    answer = client.post(
        "/generators/0/draw",
        data=bytes(20),
        headers=HOST | {"Transfer-Encoding": "chunked"},
    )
    assert answer.status_code == 411


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (HOST, 200),
        (HOST | {"Origin": "http://127.0.0.1:7860"}, 200),
        (HOST | {"Origin": "http://evil.example"}, 403),
        (HOST | {"Origin": "http://127.0.0.1:7861"}, 403),
        (HOST | {"Origin": "null"}, 403),
        # A name of elsewhere that was given this machine's address.
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:80"}, 403),
    ],
)
def test_other_pages_ask_in_vain(client, headers, status):
    answer = client.post("/generators/0/draw", data=bytes(20), headers=headers)
    assert answer.status_code == status


def test_on_a_network_any_name_will_do(two_runs):
    run = find_runs(two_runs)["first"]
    client = Client(Application([Exhibit("first", run)], SETTINGS))
    host = {"Host": "machine.example:80"}
    post = {"path": "/generators/0/draw", "data": bytes(20)}
    assert client.post(**post, headers=host).status_code == 200
    host |= {"Origin": "http://evil.example"}
    assert client.post(**post, headers=host).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/generators/0/draw", 404),
        ("GET", "/generators/0/identities.f32", 404),
        ("GET", "/generators/2/card.json", 404),
        ("GET", "/generators/99999/card.json", 404),
        ("GET", "/generators/0/../../application.py", 404),
        ("GET", "/none.js", 404),
        ("GET", "/../application.py", 404),
        ("GET", "/%2e%2e/application.py", 404),
        ("GET", "/..%2f..%2f..%2fetc%2fpasswd", 404),
        ("GET", "//etc/passwd", 404),
        ("GET", "/etc/passwd", 404),
        ("POST", "/page.js", 404),
        ("PUT", "/page.js", 405),
        ("DELETE", "/generators/0/card.json", 405),
    ],
)
def test_there_is_nothing_else(client, method, path, status):
    answer = client.open(path, method=method, headers=HOST)
    assert answer.status_code == status
    assert b"root:" not in answer.data and b"import" not in answer.data
