"""The training of a verifier, and the verifier that it writes."""

import hashlib
import json
import math
import re

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import trained_verifier, verifier_training
from sdgan_tf.evaluation.verifiers import open_verifier


def test_margin_softmax_by_hand():
    loss = verifier_training.margin_softmax_loss(
        tf.constant([[0.5, 0.1]]), [0], scale=2.0, margin=0.2
    )
    # Logits 2 * (0.5 - 0.2) and 2 * 0.1.
    assert float(loss) == pytest.approx(math.log(1 + math.exp(0.2 - 0.6)))


def test_shifts_move_by_at_most_an_eighth():
    ramp = tf.range(32.0)[None, :, None, None] * tf.ones([20, 1, 32, 1])
    moved = verifier_training.shifted(ramp, [0, 1]).numpy()
    middle = moved[:, 16, 0, 0] - 16
    assert np.abs(middle).max() <= 4 and len(np.unique(middle)) > 3
    assert moved.shape == ramp.shape


def train(folder, data_dir: str) -> dict:
    return verifier_training.train_verifier(
        data_dir, str(folder), verifier_steps=2, verifier_width=2, num_pairs=8
    )


@pytest.fixture
def verifier(split_data, tmp_path) -> str:
    """The folder of a verifier of 2 steps."""
    train(tmp_path / "verifier", split_data)
    return str(tmp_path / "verifier")


def test_a_trained_verifier_is_taken(split_data, tmp_path):
    folder = str(tmp_path / "verifier")
    kept = train(folder, split_data)
    opened = open_verifier(folder, DataSet.open(split_data))
    images = np.random.default_rng(0).integers(0, 256, [3, 32, 32, 3], "uint8")
    embeddings = opened(images)
    assert embeddings.shape == (3, 128) == (3, opened.size)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
    with open(f"{folder}/{trained_verifier.CARD}") as file:
        card = json.load(file)
    assert kept.items() <= card.items()
    assert card["training_identities"] == 12
    assert card["validation_identities"] <= 5
    assert 0 <= card["validation_auc"] <= 1
    assert card["step"] in (1, 2)
    assert opened.name == "verifier"
    assert opened.file_hash == card["weights_sha256"]


def test_errors(verifier, make_splits, split_data, tmp_path):
    folder = verifier
    other = make_splits("other", {"test": {"a": 2, "b": 2}})
    with pytest.raises(ValueError, match="of another data set"):
        open_verifier(folder, DataSet.open(other))
    with pytest.raises(FileExistsError, match="already holds a verifier"):
        train(folder, split_data)
    with pytest.raises(FileNotFoundError, match="must be facenet or"):
        open_verifier(str(tmp_path), DataSet.open(split_data))
    with open(f"{folder}/{trained_verifier.CARD}") as file:
        card = json.load(file)
    write_card(folder, card | {"network": {"width": 3, "size": 128}})
    with pytest.raises(ValueError, match="`.*/verifier/.*h5` does not fit"):
        open_verifier(folder)
    # A network of this width would fill the memory.
    write_card(folder, card | {"network": {"width": 60_000, "size": 128}})
    with pytest.raises(ValueError, match="one of them was replaced"):
        open_verifier(folder)
    write_card(folder, card)
    with open(f"{folder}/{trained_verifier.WEIGHTS}", "ab") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match="one of them was replaced"):
        open_verifier(folder, DataSet.open(split_data))


def write_card(folder, card):
    with open(f"{folder}/{trained_verifier.CARD}", "w") as file:
        file.write(card if isinstance(card, str) else json.dumps(card))


RIGHT = {
    "data_build_id": "none",
    "image_size": 32,
    "network": {"width": 2, "size": 8},
    "weights_sha256": hashlib.sha256(b"no HDF5").hexdigest(),
}


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("[]", "TypeError"),
        ("null", "TypeError"),
        ("{}", "KeyError.*network"),
        ("not JSON", "JSONDecodeError"),
        ("[" * 100_000, "RecursionError"),
        (RIGHT | {"network": {"width": 2}}, r"`network` has \['width'\]"),
        (RIGHT | {"network": RIGHT["network"] | {"a": 1}}, "`network` has"),
        (RIGHT | {"network": {"width": "a", "size": 8}}, "`width` .* not 'a'"),
        (RIGHT | {"network": {"width": 2, "size": 0}}, "`size` must be in"),
        (RIGHT | {"image_size": -1}, "`image_size` must be in .* not -1"),
        (RIGHT | {"data_build_id": 5}, "`data_build_id` must be a text"),
        (RIGHT | {"weights_sha256": None}, "`weights_sha256` must be"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_damaged_cards(tmp_path, card, message):
    write_card(tmp_path, card)
    path = re.escape(str(tmp_path / trained_verifier.CARD))
    with pytest.raises(ValueError, match=f"`{path}` is not the.*{message}"):
        open_verifier(str(tmp_path))


@pytest.mark.parametrize("network", [{"width": 1, "size": 8}])
def test_weights_that_are_none(tmp_path, network):
    # Long enough for a network of this width.
    data = b"no HDF5".ljust(10_000)
    (tmp_path / trained_verifier.WEIGHTS).write_bytes(data)
    hashed = {"weights_sha256": hashlib.sha256(data).hexdigest()}
    write_card(tmp_path, RIGHT | hashed | {"network": network})
    path = re.escape(str(tmp_path / trained_verifier.WEIGHTS))
    with pytest.raises(ValueError, match=f"`{path}` does not.*signature"):
        open_verifier(str(tmp_path))
