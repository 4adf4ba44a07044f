"""Files and flags of any content: the user's errors are said, nothing else.

Each case runs a few hundred examples that are always the same, and thousands of
new ones where slow tests are wanted.
"""

import contextlib
import dataclasses
import io
import json
import struct
import types
import zlib

import numpy as np
import pytest
import tensorflow as tf
from absl import flags as absl_flags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from data_pipeline import records
from data_pipeline.records import pictures
from sdgan_tf import identities_csv, runs
from sdgan_tf.codes import read_codes
from sdgan_tf.commands import error_messages, flags
from sdgan_tf.commands.registry import COMMANDS
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import trained_verifier
from sdgan_tf.explorer import uploads
from sdgan_tf.latents import LatentSpace
from sdgan_tf.models.embedding_network import EmbeddingNetwork
from sdgan_tf.reference.dump import Dump
from sdgan_tf.runs import Run

FEW, MANY = 200, 4000
counts = pytest.mark.parametrize(
    "count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)]
)
# An example that takes longer hangs, as a user sees it.
MOST_MILLISECONDS = 5000


def fuzz(count, check, strategy):
    """Calls `check` with `count` examples."""
    settings(
        max_examples=count,
        deadline=MOST_MILLISECONDS,
        derandomize=count == FEW,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(check))()


@contextlib.contextmanager
def users_errors(said):
    """Passes if an error is raised that main.py shows, and it names `said`."""
    try:
        yield
    except Exception as error:
        if not error_messages.is_users(error):
            raise
        assert str(said) in str(error)


def picture_file(form, mode, **options):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, [19, 23, 3], np.uint8))
    buffer = io.BytesIO()
    picture.convert(mode).save(buffer, format=form, **options)
    return buffer.getvalue()


PICTURES = {
    "PNG": [
        picture_file("PNG", "RGB"),
        picture_file("PNG", "P", transparency=3),
        picture_file("PNG", "LA"),
    ],
    "JPEG": [
        picture_file("JPEG", "RGB"),
        picture_file("JPEG", "CMYK"),
        picture_file("JPEG", "L", progressive=True),
    ],
    "WEBP": [
        picture_file("WEBP", "RGB"),
        picture_file("WEBP", "RGBA", lossless=True),
    ],
    "GIF": [picture_file("GIF", "P", transparency=0)],
    "BMP": [picture_file("BMP", "RGB"), picture_file("BMP", "1")],
    "TIFF": [
        picture_file("TIFF", "RGB"),
        picture_file("TIFF", "RGBA", compression="tiff_lzw"),
    ],
}


@st.composite
def mutated(draw, files):
    """One of `files` with some bytes changed, cut, doubled or put in."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.sampled_from([1, 2, 4, 64, 10_000]))
        change = draw(st.sampled_from(["flip", "set", "cut", "double", "put"]))
        if change == "flip" and data:
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif change == "set":
            value = draw(st.sampled_from([0, 1, 127, 128, 255]))
            data[start : start + length] = bytes([value]) * min(length, 64)
        elif change == "cut":
            del data[start : start + length]
        elif change == "double":
            data[start:start] = data[start : start + length]
        else:
            data[start:start] = draw(st.binary(max_size=16))
    return bytes(data)


def mend_png(data):
    """The file with right checksums, so that what they guard is read."""
    position, chunks = 8, [data[:8]]
    while position + 12 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        content = data[position + 4 : position + 8 + length]
        chunks.append(data[position : position + 4] + content)
        chunks.append(struct.pack(">I", zlib.crc32(content)))
        position += length + 12
    return b"".join(chunks)


def check_picture(data):
    try:
        picture = pictures.decode(data)
    except pictures.BadPicture as error:
        assert str(error) and error_messages.is_users(error)
    else:
        assert picture.mode == "RGB"
        assert picture.width * picture.height <= pictures.MAX_PIXELS
    try:
        read = uploads.read_photograph(data, "a.png", 16, "center", 1.0, 1.0)
    except ValueError as error:
        assert str(error).startswith("a.png ")
    else:
        assert read.shape == (16, 16, 3)


@counts
@pytest.mark.parametrize("form", PICTURES)
def test_pictures(count, form):
    fuzz(count, check_picture, mutated(PICTURES[form]))


@counts
def test_pictures_with_right_checksums(count):
    fuzz(count, check_picture, mutated(PICTURES["PNG"]).map(mend_png))


@counts
def test_bytes_that_are_no_picture(count):
    heads = [file[:12] for files in PICTURES.values() for file in files]
    joined = st.builds(
        lambda head, tail: head + tail, st.sampled_from(heads), st.binary()
    )
    fuzz(count, check_picture, joined)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@counts
def test_codes(count, tmp_path):
    path = tmp_path / "codes.npz"
    rng = np.random.default_rng(0)
    files = [
        npz(z_i=rng.random([3, 6], "f4"), z_o=rng.random([3, 5], "f4")),
        npz(z_i=np.ones([3, 6], "S4"), z_o=np.ones([3, 5], complex)),
        npz(z_i=np.array([{}, []], object), z_o=np.ones([2, 5])),
    ]

    def check(data):
        path.write_bytes(data)
        with users_errors("`codes`"):
            z_i, z_o = read_codes(str(path), LatentSpace(6, 5))
            assert z_i.shape[1:] == (6,) and z_o.shape[1:] == (5,)

    fuzz(count, check, mutated(files))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


def damaged_json(value: dict):
    """Texts of `value`: one field replaced or gone, or bytes changed."""

    def replace(name, new):
        return json.dumps({**value, name: new}).encode()

    def without(name):
        return json.dumps(
            {k: v for k, v in value.items() if k != name}
        ).encode()

    names = st.sampled_from(list(value))
    return (
        st.builds(replace, names, json_values)
        | st.builds(without, names)
        | json_values.map(lambda other: json.dumps(other).encode())
        | mutated([json.dumps(value).encode()])
    )


def damaged_within(value: dict, name: str):
    """Texts of `value` with the object in one field damaged."""
    whole, inner = json.dumps(value), json.dumps(value[name])
    assert whole.count(inner) == 1
    return damaged_json(value[name]).map(
        lambda new: whole.encode().replace(inner.encode(), new)
    )


@counts
def test_manifests(count, tiny_data, tmp_path):
    path = tmp_path / records.MANIFEST
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": "0",
        "image_size": 32,
        "num_shards": 2,
        "label_names": ["a"],
        "contents": {"train-00000-of-00002.tfrecord": "0"},
    }

    def check(data):
        path.write_bytes(data)
        with users_errors(tmp_path):
            found = records.DataSet.open(str(tmp_path))
            found.shards("train")

    fuzz(count, check, damaged_json(manifest))


@counts
def test_indices(count, write_data_set, tmp_path):
    folder = write_data_set(tmp_path / "data", {"a": 2, "b": 3})
    data = records.DataSet.open(folder)
    shard = data.shards("train")[0]
    path = records.index_path(shard)
    with open(path, "rb") as file:
        whole = file.read()

    def check(content):
        with open(path, "wb") as file:
            file.write(content)
        with users_errors(shard.removesuffix(".tfrecord")):
            index = data.index(shard)
            assert index.hashes.shape == index.counts.shape

    fuzz(count, check, mutated([whole]))


@counts
def test_dumps(count, tmp_path):
    path = tmp_path / "manifest.json"
    (tmp_path / "w").write_bytes(bytes(24))
    secret = tmp_path.parent / "secret"
    secret.write_bytes(bytes(24))
    names = st.sampled_from(
        ["w", "../secret", str(secret), "", ".", "..", "file://w", "w/../w"]
    )
    entries = st.fixed_dictionaries(
        {
            "filename": names | json_values,
            "shape": st.sampled_from([[2, 3], [6], [-2, -3]]) | json_values,
        }
    )

    def check(entry):
        path.write_text(json.dumps({"G/w": entry}))
        with users_errors(tmp_path):
            dump = Dump.open(str(tmp_path))
            read = dump.read("G/w")
            assert read.size == 6 and entry["filename"] == "w"

    fuzz(count, check, entries)


def check_experiment(experiment):
    """Each field is of its kind and a value that its flag takes."""
    for field in dataclasses.fields(Experiment):
        value, meta = getattr(experiment, field.name), field.metadata
        assert type(value) is type(field.default), field.name
        assert not meta["choices"] or value in meta["choices"], field.name
        assert meta["minimum"] is None or value >= meta["minimum"], field.name
        assert meta["maximum"] is None or value <= meta["maximum"], field.name


@counts
def test_configurations_of_run_folders(count, tmp_path):
    run = Run(str(tmp_path))
    experiment = json.loads(Experiment().to_json())

    def check(data):
        (tmp_path / "config.json").write_bytes(data)
        with users_errors(tmp_path):
            check_experiment(run.experiment())

    fuzz(count, check, damaged_json(experiment))


@counts
def test_cards(count, tmp_path):
    run = Run(str(tmp_path))
    experiment = json.loads(Experiment().to_json())
    card = {"experiment": experiment, "step": 6}
    (tmp_path / runs.WEIGHTS).write_bytes(b"")
    network = types.SimpleNamespace(load_weights=lambda path: None)

    def check(data):
        (tmp_path / runs.CARD).write_bytes(data)
        with users_errors(tmp_path):
            check_experiment(run.experiment())
            step = runs.load_networks(run, {"generator": network})
            assert type(step) is int and step >= 0

    fuzz(count, check, damaged_json(card) | damaged_within(card, "experiment"))


@counts
def test_verifier_cards(count, tmp_path):
    network = EmbeddingNetwork(width=1, size=2)
    network(tf.zeros([1, 1, 1, 3]))
    trained_verifier.save(
        str(tmp_path), network, {"data_build_id": "0", "image_size": 32}
    )
    path = tmp_path / trained_verifier.CARD
    card = json.loads(path.read_text())

    def check(data):
        path.write_bytes(data)
        with users_errors(tmp_path):
            verifier = trained_verifier.TrainedVerifier(str(tmp_path), None)
            embeddings = verifier(np.zeros([1, 8, 8, 3], np.uint8))
            assert embeddings.shape == (1, 2)

    fuzz(count, check, damaged_json(card) | damaged_within(card, "network"))


@counts
def test_identity_tables(count):
    names = ["a", 'b "c", d', "e\nf"]
    table = identities_csv.to_csv(names).encode()

    def check(data):
        with users_errors("identities"):
            (row,) = identities_csv.rows_of(data, ["a"])
            assert 0 <= row < data.count(b"\n") + 1

    fuzz(count, check, mutated([table]))


@counts
def test_flags(count):
    parsed = absl_flags.FlagValues()
    flags.define(parsed)
    names = [name for name in parsed if len(name) > 1]
    values = (
        st.text(max_size=12)
        | st.integers().map(str)
        | st.floats().map(str)
        | st.sampled_from(["", "nan", "inf", "1e999", "-0", "0x10", "1_0", "٣"])
    )
    given_flags = st.lists(
        st.builds("--{}={}".format, st.sampled_from(names), values), max_size=4
    )

    def check(argv):
        parsed.unparse_flags()
        try:
            parsed(["main.py", *argv])
        except absl_flags.Error as error:
            assert str(error)
            return
        try:
            train, *_ = (
                flags.options(command.options, parsed)
                for command in COMMANDS.values()
            )
        except ValueError as error:
            assert str(error)
            return
        check_experiment(train.experiment)

    fuzz(count, check, given_flags)
