"""Sets that verifiers are trained on, and what their tests are."""

import keras
import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import downstream
from sdgan_tf.evaluation.downstream import Downstream, PictureSet
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verification import Verification
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import LatentSpace
from sdgan_tf.pixels import BEGAN_PIXELS


class Colours:
    """Draws each code as a plane of one colour, which z_i says."""

    image_size = 32

    def __call__(self, z, training):
        return np.ones([len(z), 32, 32, 3], np.float32) * np.asarray(
            z[:, None, None, :3], np.float32
        )


@pytest.fixture
def colours() -> Generator:
    return Generator(Colours(), LatentSpace(3, 2), BEGAN_PIXELS, 0)


def test_identities_have_so_many_pictures(colours):
    counts = np.array([2, 300, 1])
    made = downstream.generated_pictures(colours, counts, seed=1)
    assert made.images.shape == (303, 32, 32, 3)
    shown = made.images[:, 0, 0].tolist()
    # Chunks of 256 do not cut an identity into two.
    assert shown[0] == shown[1] != shown[2] == shown[301] != shown[302]
    again = downstream.generated_pictures(colours, counts, seed=1)
    other = downstream.generated_pictures(colours, counts, seed=2)
    assert np.array_equal(made.images, again.images)
    assert not np.array_equal(made.images, other.images)


def test_batches_are_pairs_of_an_identity():
    images = np.zeros([5, 2, 2, 3], np.uint8)
    images[:, 0, 0, 0] = [0, 0, 1, 1, 1]
    first = PictureSet(images[:2], np.array([2]))
    both = first + PictureSet(images[2:], np.array([3]))
    assert both.counts.tolist() == [2, 3]
    batch = next(iter(both.batches(seed=0)))
    shown = batch["images"].numpy()[:, :, 0, 0, 0]
    assert np.array_equal(shown[:, 0], batch["identity"])
    assert np.array_equal(shown[:, 0], shown[:, 1])
    assert set(shown[:, 0]) == {0, 1}


def test_a_network_learns_what_it_sees(colours):
    learned, new = (
        downstream.generated_pictures(colours, np.full(8, 2), seed=seed)
        for seed in (0, 1)
    )
    embed = downstream.train(learned, steps=30, width=2, seed=0, what="colours")
    pairs = embed(new.images).reshape(8, 2, -1)
    # Equal pictures, and those of one identity beside those of the next.
    apart = np.linalg.norm(
        pairs[:, 0] - np.roll(pairs[:, 0], 1, axis=0), axis=1
    )
    same = np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1)
    matched = np.arange(16) < 8
    curve = Verification(np.concatenate([same, apart]), matched).curve()
    assert curve.auc()[0] > 0.9


@pytest.fixture
def sets(monkeypatch) -> dict[str, PictureSet]:
    """The sets that were trained on by name; generated ones teach nothing."""
    seen: dict[str, list[PictureSet]] = {}

    def train(pictures, steps, width, seed, what):
        seen.setdefault(what, []).append(pictures)
        if what == "generated pictures":
            return lambda images: np.zeros([len(images), 3], np.float32)
        return lambda images: images.mean(axis=(1, 2)).astype(np.float32)

    monkeypatch.setattr(downstream, "train", train)
    return seen


def measures(data_dir: str) -> Downstream:
    return Downstream(
        DataSet.open(data_dir),
        num_pairs=20,
        steps=5,
        width=2,
        seed=0,
        bootstrap_samples=20,
    )


def test_the_gap_is_that_of_equal_sets(split_data, sets, colours):
    of = measures(split_data)
    line = of.generated(colours)
    # Nothing is told apart: all distances are equal.
    assert line["downstream_auc"] == 0.5 == line["downstream_accuracy"]
    assert line["downstream_real_auc"] == 1.0 == line["downstream_both_auc"]
    assert line["downstream_gap"] == 0.5
    accuracy = line["downstream_real_accuracy"]
    assert line["downstream_accuracy_gap"] == accuracy - 0.5 > 0
    assert line["downstream_gap_interval"] == pytest.approx([0.5, 0.5])
    assert line["downstream"] == {
        "identities": 12,
        "pictures": 36,
        "steps": 5,
        "width": 2,
    }
    (made,), (real,), (both,) = sets.values()
    assert list(sets) == ["generated pictures", "photographs", "both"]
    assert real.counts.tolist() == made.counts.tolist() == [3] * 12
    training = Photographs.open(DataSet.open(split_data), "train")
    assert np.array_equal(real.images, training.read(np.arange(36)))
    assert np.array_equal(both.images[:36], made.images)
    assert np.array_equal(both.images[36:], real.images)


def test_photographs_are_trained_on_once(split_data, sets, colours):
    of = measures(split_data)
    alone = of.photographs()
    assert alone["downstream_auc"] == 1.0 and "downstream_gap" not in alone
    of.generated(colours)
    of.generated(colours)
    assert {what: len(found) for what, found in sets.items()} == {
        "photographs": 1,
        "generated pictures": 2,
        "both": 2,
    }


def test_a_larger_split_gives_fewer_identities(
    split_data, sets, colours, monkeypatch
):
    monkeypatch.setattr(downstream, "MAX_BYTES", 14 * 32 * 32 * 3)
    line = measures(split_data).generated(colours)
    assert line["downstream"]["identities"] == 4
    assert sets["both"][0].counts.tolist() == [3] * 8


def test_a_model_that_knows_its_identities_gives_these(split_data, sets):
    table = np.linspace(-1, 1, 15).reshape(5, 3)
    latents = IdentityEmbedding(3, 2, keras.Variable(table), closed=True)
    generator = Generator(Colours(), latents, BEGAN_PIXELS, 0)
    line = measures(split_data).generated(generator)
    assert line["downstream"]["identities"] == 5
    (made,) = sets["generated pictures"]
    firsts = made.images[::3, 0, 0]
    assert np.array_equal(firsts, BEGAN_PIXELS.to_uint8(np.float32(table)))
    assert sets["photographs"][0].counts.tolist() == [3] * 5


def test_too_few_identities(make_splits):
    few = make_splits("few", {"train": {"a": 2, "b": 1}})
    with pytest.raises(
        ValueError, match="`downstream` needs two.* there are 1"
    ):
        measures(few)
