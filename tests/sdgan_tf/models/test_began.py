"""BEGAN networks: sizes to the digit, unit order, where the images meet."""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.flops import sublayers
from sdgan_tf.models.began import (
    AUTOENCODERS,
    BEGANAutoencoder,
    BEGANEncoder,
    BEGANGenerator,
    SiameseAutoencoder,
    StackedAutoencoder,
    num_blocks,
)


def parameters(network):
    return sum(math.prod(v.shape) for v in network.trainable_variables)


def noise(*shape, seed=0):
    return (
        np.random.default_rng(seed).uniform(-1, 1, size=shape).astype("float32")
    )


# Sizes.


@pytest.mark.parametrize("size,blocks", [(16, 2), (32, 3), (64, 4), (128, 5)])
def test_num_blocks(size, blocks):
    assert num_blocks(size) == blocks


@pytest.mark.parametrize("size", [-64, 0, 8, 48])
def test_unsupported_size(size):
    for network in (BEGANGenerator, BEGANEncoder, SiameseAutoencoder):
        with pytest.raises(
            ValueError,
            match="`image_size` must be a power of two, at least 16. "
            rf"Received: image_size={size}$",
        ):
            network(size, 4)


@pytest.mark.parametrize("dim", [0, -2])
def test_dim_must_be_positive(dim):
    for network in (BEGANGenerator, BEGANEncoder, *AUTOENCODERS.values()):
        with pytest.raises(
            ValueError, match=rf"`dim` must be at least 1\. Received: dim={dim}"
        ):
            network(32, dim)


def test_parameters_of_the_paper_s_networks():
    generator, d = BEGANGenerator(), SiameseAutoencoder()
    generator(np.zeros([1, 100], "float32"))
    d(np.zeros([1, 2, 64, 64, 3], "float32"))
    assert parameters(generator) == 2_011_523
    assert parameters(d.decoder) == 2_011_523
    assert parameters(d.encoder) == 12_868_452
    # 2 * 100 numbers meet in 50 + 2 * 50 and part into 100 and 100.
    assert parameters(d.bottleneck) == 200 * 150 + 150
    assert [parameters(s) for s in d.splits] == [150 * 100 + 100] * 2
    assert parameters(d) == 12_868_452 + 30_150 + 2 * 15_100 + 2_011_523
    total = parameters(generator) + parameters(d)
    assert f"{total * 4 / 1e6:.1f} MB" == "67.8 MB"
    assert not d.non_trainable_variables


def test_vanilla_has_no_layers_between_code_and_decoder():
    vanilla = SiameseAutoencoder(32, 4, k=1, d_i=5, d_o=3)
    images = noise(2, 1, 32, 32, 3)
    tuples = vanilla(images)
    assert vanilla.bottleneck is None
    assert vanilla.splits == []
    assert parameters(vanilla) == parameters(vanilla.encoder) + parameters(
        vanilla.decoder
    )
    code = vanilla.encoder(images[:, 0])
    assert code.shape == (2, 8)
    np.testing.assert_allclose(
        tuples[:, 0], vanilla.decoder(code), rtol=0, atol=1e-6
    )


def test_stacked_has_one_code_for_all_images():
    stacked = StackedAutoencoder(32, 4, k=3, d_i=5, d_o=2)
    tuples = noise(2, 3, 32, 32, 3)
    tuples[:, 1, ..., 2] = 0.5
    seen = []
    encoder = stacked.encoder

    class Seeing:
        def __call__(self, x):
            seen.append(x)
            return encoder(x)

    stacked(tuples)
    assert encoder.convs[0].kernel.shape == (3, 3, 9, 4)
    assert encoder.to_code.kernel.shape[-1] == 5 + 3 * 2
    assert stacked.decoder.to_image.kernel.shape == (3, 3, 4, 9)
    object.__setattr__(stacked, "encoder", Seeing())
    stacked.decoder.to_image.bias.assign(np.arange(9.0))
    stacked.decoder.to_image.kernel.assign(np.zeros([3, 3, 4, 9]))
    images = stacked(tuples)
    # Image by image, each with its three colours.
    np.testing.assert_array_equal(seen[0][..., 3:6], tuples[:, 1])
    np.testing.assert_array_equal(
        images[1, :, 7, 9], [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    )


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_generator_output(size):
    images = BEGANGenerator(size, 4)(noise(3, 10))
    assert images.shape == (3, size, size, 3)
    assert images.dtype == tf.float32


@pytest.mark.parametrize(
    "name,size,k",
    [
        ("siamese", 32, 1),
        ("siamese", 32, 4),
        ("siamese", 64, 2),
        ("siamese", 128, 2),
        ("stacked", 32, 1),
        ("stacked", 64, 2),
    ],
)
def test_autoencoder_output(name, size, k):
    tuples = AUTOENCODERS[name](size, 4, k, 5, 3)(noise(2, k, size, size, 3))
    assert tuples.shape == (2, k, size, size, 3)
    assert tuples.dtype == tf.float32


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_mixed_bfloat16_gives_float32(name):
    exact = AUTOENCODERS[name](32, 4, 2, 5, 3)
    d = AUTOENCODERS[name](32, 4, 2, 5, 3, dtype="mixed_bfloat16")
    tuples = noise(2, 2, 32, 32, 3)
    exact(tuples)
    d(tuples)
    for ours, theirs in zip(d.weights, exact.weights, strict=True):
        assert ours.dtype == "float32"
        ours.assign(theirs)
    expected, actual = exact(tuples).numpy(), d(tuples)
    assert actual.dtype == tf.float32
    computed = {layer.compute_dtype for layer in [d, *sublayers(d)]}
    assert computed == {"bfloat16"}
    error = np.abs(actual - expected).max() / np.abs(expected).max()
    # 8 bits, about 20 layers.
    assert 0 < error < 0.1


# Layers.


def layer(conv):
    activation = {"elu": "elu", "linear": None}[conv.activation.__name__]
    assert conv.kernel_size == (3, 3)
    assert conv.padding == "same"
    return conv.filters, conv.strides[0], activation


def test_layers_of_the_encoder():
    assert [layer(c) for c in BEGANEncoder(64, 3).convs] == [
        (3, 1, None),
        (3, 1, "elu"),
        (3, 1, "elu"),
        (3, 2, "elu"),
        (6, 1, "elu"),
        (6, 1, "elu"),
        (6, 2, "elu"),
        (9, 1, "elu"),
        (9, 1, "elu"),
        (9, 2, "elu"),
        (12, 1, "elu"),
        (12, 1, "elu"),
    ]


def test_layers_of_the_generator():
    generator = BEGANGenerator(64, 5)
    assert [layer(c) for c in generator.convs] == [(5, 1, "elu")] * 8
    assert layer(generator.to_image) == (3, 1, None)


def test_linear_layers():
    d = SiameseAutoencoder(32, 4)
    for dense in (
        d.encoder.to_code,
        d.bottleneck,
        *d.splits,
        d.decoder.project,
    ):
        assert dense.activation.__name__ == "linear"


def pass_on(conv, tap=(1, 1)):
    """Makes a convolution copy its channels from one place of its window."""
    kernel = np.zeros(conv.kernel.shape, "float32")
    for channel in range(min(kernel.shape[2:])):
        kernel[(*tap, channel, channel)] = 1.0
    conv.kernel.assign(kernel)


def test_generator_s_units_lie_channel_by_channel():
    generator = BEGANGenerator(32, 3)
    generator(noise(1, 10))
    for conv in (*generator.convs, generator.to_image):
        pass_on(conv)
    generator.project.kernel.assign(np.zeros([10, 8 * 8 * 3]))
    # ELU leaves what is not negative.
    generator.project.bias.assign(np.arange(8 * 8 * 3.0))
    image = generator(noise(1, 10)).numpy()[0]
    # Each of the 8x8 units is 4x4 pixels, as by the nearest neighbour.
    for y, x, colours in (
        (0, 0, [0, 64, 128]),
        (3, 3, [0, 64, 128]),
        (0, 4, [1, 65, 129]),
        (4, 0, [8, 72, 136]),
        (31, 31, [63, 127, 191]),
    ):
        np.testing.assert_array_equal(image[y, x], colours)


def test_encoder_s_units_lie_channel_by_channel():
    encoder = BEGANEncoder(32, 3, d_code=4)
    image = np.arange(32 * 32 * 3, dtype="float32").reshape(1, 32, 32, 3)
    encoder(image)
    for conv in encoder.convs:
        # With stride 2 the window begins at its pixel.
        pass_on(conv, (0, 0) if conv.strides == (2, 2) else (1, 1))
    kernel = np.zeros(encoder.to_code.kernel.shape, "float32")
    # Of channels that are copied 3 are there, of 3 * 3.
    assert kernel.shape == (8 * 8 * 9, 4)
    for code, unit in enumerate((0, 1, 8, 64 + 8)):
        kernel[unit, code] = 1.0
    encoder.to_code.kernel.assign(kernel)
    # (y, x, c) = (0, 0, 0), (0, 4, 0), (4, 0, 0), (4, 0, 1).
    np.testing.assert_array_equal(
        encoder(image), [[0, 4 * 3, 4 * 32 * 3, 4 * 32 * 3 + 1]]
    )


def test_initial_weights():
    d = SiameseAutoencoder(32, 8, 2, 50, 50)
    d(noise(1, 2, 32, 32, 3))
    kernels = 0
    for variable in d.trainable_variables:
        value = variable.numpy()
        if variable.path.endswith("bias"):
            np.testing.assert_array_equal(value, 0.0)
            continue
        kernels += 1
        window = math.prod(value.shape[:-2])
        limit = math.sqrt(6.0 / (window * sum(value.shape[-2:])))
        assert np.abs(value).max() <= limit * 1.000001, variable.path
        assert np.abs(value).max() > 0.9 * limit, variable.path
    assert kernels == 9 + 1 + 1 + 2 + 1 + 6 + 1


def test_the_base_of_the_autoencoders_is_abstract():
    with pytest.raises(TypeError, match=r"abstract class .*\bcall\b"):
        BEGANAutoencoder(32, 4)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_config_roundtrip(dtype):
    mine = {"dtype": dtype, "name": "mine"}
    for network in (
        BEGANGenerator(32, 4, channels=6, **mine),
        BEGANEncoder(32, 4, d_code=7, **mine),
        SiameseAutoencoder(32, 4, k=3, d_i=5, d_o=2, **mine),
        StackedAutoencoder(32, 4, k=3, d_i=5, d_o=2, **mine),
    ):
        config = network.get_config()
        assert (config["image_size"], config["dim"]) == (32, 4)
        assert type(network).from_config(config).get_config() == config
        assert (config["dtype"], config["name"]) == (dtype, "mine")


# Where the images of a tuple meet.


@functools.cache
def built(k):
    d = SiameseAutoencoder(32, 4, k, 5, 3)
    d(noise(1, k, 32, 32, 3))
    return d


def siamese(k=2):
    """An autoencoder with weights of a trained size, tuples, and outputs."""
    d, tuples = built(k), noise(3, k, 32, 32, 3)
    random = np.random.default_rng(1)
    for variable in d.trainable_variables:
        scale = 1.3 / math.sqrt(max(1, math.prod(variable.shape[:-1])))
        variable.assign(scale * random.normal(size=variable.shape))
    return d, tuples, d(tuples).numpy()


def test_siamese_equals_one_tower_an_image():
    d, tuples, reconstructions = siamese(k=3)
    codes = tf.concat([d.encoder(tuples[:, j]) for j in range(3)], axis=1)
    shared = codes @ d.bottleneck.kernel.value + d.bottleneck.bias.value
    assert shared.shape == (3, 5 + 3 * 3)
    for j, split in enumerate(d.splits):
        code = shared @ split.kernel.value + split.bias.value
        np.testing.assert_allclose(
            reconstructions[:, j], d.decoder(code), rtol=1e-4, atol=1e-4
        )
    assert np.ptp(reconstructions) > 0.5


def test_an_image_changes_the_reconstruction_of_the_other():
    d, tuples, before = siamese()
    tuples[:, 1] = noise(3, 32, 32, 3, seed=5)
    change = np.abs(d(tuples) - before).max(axis=(0, 2, 3, 4))
    assert (change > 1e-2 * np.abs(before).max()).all()


def test_the_images_meet_in_the_bottleneck_only():
    d, tuples, _ = siamese()
    kernel = d.bottleneck.kernel.numpy()
    # Its last 8 rows read the second image's code.
    kernel[8:] = 0.0
    d.bottleneck.kernel.assign(kernel)
    before = d(tuples).numpy()
    tuples[:, 1] = noise(3, 32, 32, 3, seed=5)
    np.testing.assert_allclose(d(tuples), before, rtol=0, atol=1e-5)
    tuples[:, 0] = noise(3, 32, 32, 3, seed=6)
    assert np.abs(d(tuples) - before).max() > 1e-2


def test_each_image_has_a_split_of_its_own():
    d, tuples, before = siamese()
    d.splits[1].kernel.assign(0.0 * d.splits[1].kernel)
    after = d(tuples).numpy()
    np.testing.assert_allclose(after[:, 0], before[:, 0], rtol=0, atol=1e-5)
    # Only its bias is left: the same picture in all tuples.
    np.testing.assert_allclose(after[0, 1], after[1, 1], rtol=0, atol=1e-5)
    assert np.abs(after[:, 1] - before[:, 1]).max() > 1e-2


def test_tuples_of_a_batch_do_not_meet():
    d, tuples, before = siamese()
    tuples[1:] = 0.0
    np.testing.assert_allclose(d(tuples)[0], before[0], rtol=0, atol=1e-5)
