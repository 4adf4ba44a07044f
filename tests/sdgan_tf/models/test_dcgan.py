"""DCGAN networks: sizes to the digit, and merged towers equal plain ones."""

import ast
import functools
import math
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import sdgan_tf.models
from sdgan_tf.models.convolutions import Conv2D, Conv2DTranspose
from sdgan_tf.models.dcgan import (
    DCGANDiscriminator,
    DCGANEncoder,
    DCGANGenerator,
    SiameseDiscriminator,
    StackedDiscriminator,
    stage_widths,
)

DISCRIMINATORS = [SiameseDiscriminator, StackedDiscriminator]


def parameters(network):
    return sum(math.prod(v.shape) for v in network.trainable_variables)


def noise(*shape, seed=0):
    return (
        np.random.default_rng(seed).uniform(-1, 1, size=shape).astype("float32")
    )


# Sizes.


@pytest.mark.parametrize(
    "size,widths",
    [
        (32, [3, 6, 12]),
        (64, [3, 6, 12, 24]),
        (128, [3, 6, 12, 24, 24]),
        (256, [3, 6, 12, 24, 24, 24]),
    ],
)
def test_stage_widths(size, widths):
    assert stage_widths(size, dim=3) == widths


@pytest.mark.parametrize("size", [0, 48, 512])
def test_stage_widths_unsupported_size(size):
    with pytest.raises(
        ValueError,
        match=rf"`image_size` must be one of \(32, 64, 128, 256\)\. "
        rf"Received: image_size={size}$",
    ):
        stage_widths(size, 64)


@pytest.mark.parametrize("dim", [0, -2])
def test_stage_widths_needs_a_positive_dim(dim):
    with pytest.raises(
        ValueError, match=rf"`dim` must be at least 1\. Received: dim={dim}$"
    ):
        DCGANGenerator(64, dim)


def test_generator_parameters():
    generator = DCGANGenerator(64, 64)
    generator(np.zeros([1, 100], "float32"))
    assert parameters(generator) == 5_135_363


@pytest.mark.parametrize(
    "cls,k,count",
    [
        (SiameseDiscriminator, 2, 9_030_529),
        (StackedDiscriminator, 2, 6_676_033),
        (SiameseDiscriminator, 4, 13_749_121),
    ],
)
def test_discriminator_parameters(cls, k, count):
    discriminator = cls(64, 64)
    discriminator(np.zeros([1, k, 64, 64, 3], "float32"))
    assert parameters(discriminator) == count
    assert not discriminator.non_trainable_variables


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_generator_output(size):
    images = DCGANGenerator(size, 4)(noise(3, 10))
    assert images.shape == (3, size, size, 3)
    assert images.dtype == tf.float32


@pytest.mark.parametrize("cls", DISCRIMINATORS)
@pytest.mark.parametrize(
    "size,k", [(32, 1), (32, 2), (32, 3), (32, 4), (64, 2), (128, 2), (256, 2)]
)
def test_discriminator_output(cls, size, k):
    logits = cls(size, 4)(noise(2, k, size, size, 3))
    assert logits.shape == (2,)
    assert logits.dtype == tf.float32


def test_the_base_of_the_discriminators_is_abstract():
    with pytest.raises(TypeError, match=r"abstract class .*\bencode\b"):
        DCGANDiscriminator(32, 4)


@pytest.fixture
def output_shapes(monkeypatch):
    """Shapes that the layers with kernels give, in the order of the calls."""
    shapes = []

    def record(cls):
        call = cls.call

        # `wraps`: Keras reads the signature of `call`.
        @functools.wraps(call)
        def recording(self, *args, **kwargs):
            y = call(self, *args, **kwargs)
            shapes.append(tuple(y.shape[1:]))
            return y

        monkeypatch.setattr(cls, "call", recording)

    for cls in (keras.layers.Dense, Conv2D, Conv2DTranspose):
        record(cls)
    return shapes


def test_layers_of_the_64_generator(output_shapes):
    DCGANGenerator(64, 4)(noise(1, 10))
    # The first call also traces the layers once to build them.
    assert output_shapes[-5:] == [
        (4 * 4 * 32,),
        (8, 8, 16),
        (16, 16, 8),
        (32, 32, 4),
        (64, 64, 3),
    ]


def test_layers_of_the_64_encoder(output_shapes):
    y = DCGANEncoder(64, 4)(noise(1, 64, 64, 3))
    assert output_shapes[-4:] == [
        (32, 32, 4),
        (16, 16, 8),
        (8, 8, 16),
        (4, 4, 32),
    ]
    assert y.shape == (1, 4, 4, 32)


def test_layers_after_the_encoder(output_shapes):
    SiameseDiscriminator(64, 4)(noise(1, 3, 64, 64, 3))
    assert output_shapes[-2:] == [(2, 2, 32), (1,)]


def test_kernel_sizes():
    generator, discriminator = DCGANGenerator(32, 4), SiameseDiscriminator(32)
    assert {c.kernel_size for c in generator.upconvs} == {(5, 5)}
    assert {c.strides for c in generator.upconvs} == {(2, 2)}
    assert {c.kernel_size for c in discriminator.encoder.convs} == {(5, 5)}
    assert discriminator.head.collate.kernel_size == (3, 3)
    for norm in generator.norms:
        assert norm.momentum == 0.99
        assert norm.epsilon == 1e-3
    for norm in (*discriminator.encoder.norms, discriminator.head.norm):
        assert norm.epsilon == 1e-3


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_config_roundtrip(dtype):
    for cls in (DCGANGenerator, DCGANEncoder, *DISCRIMINATORS):
        network = cls(
            32, 4, synchronized=True, spectral=True, dtype=dtype, name="mine"
        )
        again = cls.from_config(network.get_config())
        assert again.get_config() == {
            "image_size": 32,
            "dim": 4,
            "synchronized": True,
            "spectral": True,
            "dtype": dtype,
            "name": "mine",
        }


# Numbers.


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_generator_is_float32_within_minus_1_and_1(dtype):
    generator = DCGANGenerator(32, 4, dtype=dtype)
    z = noise(4, 10)
    generator(z)
    generator.upconvs[-1].kernel.assign(
        300.0 * generator.upconvs[-1].kernel.numpy()
    )
    images = generator(z, training=True)
    assert images.dtype == tf.float32
    low, high = np.min(images), np.max(images)
    assert -1.0 <= low < -0.9
    assert 0.9 < high <= 1.0
    assert {v.dtype for v in generator.trainable_variables} == {"float32"}
    computed = "bfloat16" if dtype == "mixed_bfloat16" else "float32"
    assert generator.upconvs[0].compute_dtype == computed


def test_mixed_generator_has_more_levels_than_bfloat16():
    generator = DCGANGenerator(32, 4, dtype="mixed_bfloat16")
    z = noise(4, 10)
    generator(z)
    # Large enough that tanh is not the identity.
    generator.upconvs[-1].kernel.assign(
        300.0 * generator.upconvs[-1].kernel.numpy()
    )
    images = generator(z, training=True)
    rounded = tf.cast(tf.cast(images, tf.bfloat16), tf.float32)
    assert np.mean(images != rounded) > 0.2


@pytest.mark.parametrize("cls", DISCRIMINATORS)
def test_logits_are_float32_under_mixed_bfloat16(cls):
    discriminator = cls(32, 4, dtype="mixed_bfloat16")
    logits = discriminator(noise(4, 2, 32, 32, 3), num_batches=2)
    assert logits.dtype == tf.float32
    assert discriminator.encoder.convs[0].compute_dtype == "bfloat16"


def test_initial_weights():
    keras.utils.set_random_seed(0)
    generator, discriminator = (
        DCGANGenerator(64, 8),
        SiameseDiscriminator(64, 8),
    )
    generator(noise(1, 100))
    discriminator(noise(1, 2, 64, 64, 3))
    kernels = 0
    for network in (generator, discriminator):
        for variable in network.trainable_variables:
            value, name = variable.numpy(), variable.path.rsplit("/", 1)[-1]
            if name == "kernel":
                kernels += 1
                # Uniform on +-0.02 * sqrt(3): standard deviation 0.02.
                assert np.abs(value).max() <= 0.0346411, variable.path
                tolerance = 3 * 0.45 / math.sqrt(value.size)
                assert value.std() == pytest.approx(0.02, rel=tolerance), (
                    variable.path
                )
            elif name in ("bias", "beta"):
                np.testing.assert_array_equal(value, 0.0)
            else:
                assert name == "gamma"
                np.testing.assert_array_equal(value, 1.0)
    assert kernels == 5 + 6


# Merged towers against plain ones: one call for real and one for fake, one
# encoder call for each image, statistics written out.


def plain_norm(x, layer):
    mean = tf.reduce_mean(x, [0, 1, 2])
    variance = tf.reduce_mean(tf.square(x - mean), [0, 1, 2])
    x = (x - mean) / tf.sqrt(variance + 1e-3)
    return x * layer.gamma.value + layer.beta.value


def plain_conv(x, layer):
    x = tf.nn.conv2d(x, layer.kernel.value, 2, "SAME")
    return x + layer.bias.value


def plain_leaky(x):
    return tf.maximum(x, 0.2 * x)


def plain_encoder(encoder, x):
    x = plain_leaky(plain_conv(x, encoder.convs[0]))
    for conv, norm in zip(encoder.convs[1:], encoder.norms, strict=True):
        x = plain_leaky(plain_norm(plain_conv(x, conv), norm))
    return x


def plain_discriminator(discriminator, tuples):
    images = [tuples[:, j] for j in range(tuples.shape[1])]
    if isinstance(discriminator, SiameseDiscriminator):
        maps = [plain_encoder(discriminator.encoder, x) for x in images]
        x = tf.concat(maps, axis=-1)
    else:
        x = plain_encoder(discriminator.encoder, tf.concat(images, axis=-1))
    x = plain_norm(
        plain_conv(x, discriminator.head.collate), discriminator.head.norm
    )
    x = tf.reshape(plain_leaky(x), [tuples.shape[0], -1])
    x = x @ discriminator.logit.kernel.value + discriminator.logit.bias.value
    return x[:, 0]


def discriminator_and_batches(cls, k, b=4, size=32):
    """A discriminator with weights of a trained size; real, fake tuples."""
    discriminator = cls(size, 4)
    discriminator(noise(1, k, size, size, 3))
    random = np.random.default_rng(1)
    for variable in discriminator.trainable_variables:
        shape = variable.shape
        scale = 0.1 if len(shape) > 1 else 0.3
        value = scale * random.normal(size=shape)
        if variable.path.endswith("gamma"):
            value += 1.0
        variable.assign(value.astype("float32"))
    # Each image of the tuple, and real and fake, have other statistics.
    offsets = np.linspace(-0.4, 0.4, k).reshape(1, k, 1, 1, 1)
    real = 0.5 * noise(b, k, size, size, 3, seed=2) + offsets
    fake = 0.2 * noise(b, k, size, size, 3, seed=3) + 0.3 - offsets
    return (
        discriminator,
        tf.constant(real, tf.float32),
        tf.constant(fake, tf.float32),
    )


def some_loss(real_logits, fake_logits):
    # Differs between tuples, so that no gradient cancels.
    weights = tf.constant([1.0, -0.5, 2.0, 0.3])
    return tf.reduce_sum(weights * tf.square(real_logits - 1.0)) + (
        tf.reduce_sum(weights[::-1] * tf.sin(3.0 * fake_logits))
    )


def assert_close(actual, expected, message):
    scale = np.abs(expected).max()
    assert scale > 0, message
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=1e-4 * scale, err_msg=message
    )


@pytest.mark.parametrize("cls", DISCRIMINATORS)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_merged_towers_equal_plain_ones(cls, k):
    discriminator, real, fake = discriminator_and_batches(cls, k)
    weights = discriminator.trainable_variables

    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        merged = discriminator(tf.concat([real, fake], 0), num_batches=2)
        real_logits, fake_logits = tf.split(merged, 2)
        loss = some_loss(real_logits, fake_logits)
    gradients = tape.gradient(loss, [*(w.value for w in weights), real, fake])

    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        plain_real = plain_discriminator(discriminator, real)
        plain_fake = plain_discriminator(discriminator, fake)
        plain_loss = some_loss(plain_real, plain_fake)
    plain = tape.gradient(plain_loss, [*(w.value for w in weights), real, fake])

    assert_close(real_logits, plain_real, "real logits")
    assert_close(fake_logits, plain_fake, "fake logits")
    # Means cancel these biases: the true gradient is zero.
    before_norm = [
        layer.bias.path
        for layer in (
            *discriminator.encoder.convs[1:],
            discriminator.head.collate,
        )
    ]
    assert len(before_norm) == 3
    largest = max(np.abs(g).max() for g in plain)
    names = [*(w.path for w in weights), "real", "fake"]
    for name, ours, theirs in zip(names, gradients, plain, strict=True):
        if name in before_norm:
            np.testing.assert_allclose(
                ours, np.zeros_like(ours), atol=1e-5 * largest, err_msg=name
            )
        else:
            assert_close(ours, theirs.numpy(), name)


@pytest.mark.parametrize("cls", DISCRIMINATORS)
def test_two_batches_in_one_call_are_two_calls(cls):
    discriminator, real, fake = discriminator_and_batches(cls, k=2)
    both = tf.concat([real, fake], 0)
    apart = tf.concat([discriminator(real), discriminator(fake)], 0)
    merged = discriminator(both, num_batches=2)
    assert_close(merged, apart.numpy(), "logits")
    # One batch of both is another function.
    one = discriminator(both, num_batches=1)
    assert np.abs(one - apart).max() > 0.05 * np.abs(apart).max()


def test_real_logits_do_not_depend_on_fake_tuples():
    discriminator, real, fake = discriminator_and_batches(
        SiameseDiscriminator, k=2
    )
    logits = [
        discriminator(tf.concat([real, other], 0), num_batches=2)[:4]
        for other in (fake, -2.0 * fake)
    ]
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cls", DISCRIMINATORS)
def test_gradients_of_a_gradient_norm_equal_plain_ones(cls):
    """The second derivatives of WGAN-GP pass through the batch statistics."""
    discriminator, real, _ = discriminator_and_batches(cls, k=2)
    weights = discriminator.trainable_variables

    def penalty_gradients(score):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(real)
                logits = score(real)
            gradient = inner.gradient(logits, real)
            norm = tf.sqrt(tf.reduce_sum(gradient**2, axis=[1, 2, 3, 4]))
            penalty = tf.reduce_mean((norm - 1.0) ** 2)
        # Variables after the last activation may not be reached.
        gradients = outer.gradient(
            penalty,
            [w.value for w in weights],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        return penalty, [g.numpy() for g in gradients]

    merged, gradients = penalty_gradients(discriminator)
    plain, expected = penalty_gradients(
        lambda x: plain_discriminator(discriminator, x)
    )
    assert float(merged) == pytest.approx(float(plain), rel=1e-4)
    largest = max(np.abs(g).max() for g in expected)
    assert largest > 0
    for weight, ours, theirs in zip(weights, gradients, expected, strict=True):
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=1e-4 * largest, err_msg=weight.path
        )


# Imports.


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            yield node.module


def test_models_import_no_tensorflow():
    folder = pathlib.Path(sdgan_tf.models.__file__).parent
    files = [*sorted(folder.rglob("*.py")), folder.parent / "__init__.py"]
    assert folder / "dcgan.py" in files
    for path in files:
        for module in imported(path):
            top = module.split(".")[0]
            assert top != "tensorflow", path
            # Other modules of ours could bring it in; `fused` imports it
            # where it is the backend only (tests/test_repository.py).
            if top == "sdgan_tf" and path.parent == folder:
                allowed = ("sdgan_tf.models", "sdgan_tf.fused")
                assert module.startswith(allowed), (path, module)
