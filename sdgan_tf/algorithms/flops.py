"""Counts the products of networks and of the steps that train them.

Needs no TensorFlow. Counts are of floating point operations, 2 a multiply-add,
without gradients that nobody needs; a network's are a pair: all of a forward
call, and those of the layer that reads its inputs.
"""

import math

import keras
import numpy as np

from sdgan_tf import objectives
from sdgan_tf.models.projected_discriminator import ProjectedDiscriminator


def sublayers(layer: keras.Layer) -> list[keras.Layer]:
    """Lists all layers within a layer, each once.

    They are those that Keras tracks: attributes, and members of lists.
    """
    found: dict[int, keras.Layer] = {}

    def add(value) -> None:
        if isinstance(value, list | tuple):
            for member in value:
                add(member)
        elif isinstance(value, keras.Layer) and id(value) not in found:
            found[id(value)] = value
            add(list(vars(value).values()))

    add(list(vars(layer).values()))
    return list(found.values())


def forward(network: keras.Model, inputs) -> tuple[int, int]:
    """Floating point operations of one forward call.

    Counts 2 for each multiply-add of dense and convolution kernels; biases,
    norms and activations are left out (below 1 % here).

    Args:
        network: A built model.
        inputs: What it is called with.

    Returns:
        All operations, and those of the layer that reads `inputs`.
    """
    counts = []
    layers = [
        layer
        for layer in sublayers(network)
        # A wrapper shows the kernel of the layer that it wraps.
        if hasattr(layer, "kernel")
        and not isinstance(layer, keras.layers.Wrapper)
    ]

    def counting(layer, call):
        def counted(x, *args, **kwargs):
            y = call(x, *args, **kwargs)
            # A transposed convolution multiplies its kernel at each input
            # position, the others at each output position.
            transposed = isinstance(layer, keras.layers.Conv2DTranspose)
            positions = math.prod((x if transposed else y).shape[:-1])
            counts.append(2 * math.prod(layer.kernel.shape) * positions)
            return y

        return counted

    originals = [layer.call for layer in layers]
    try:
        for layer, call in zip(layers, originals, strict=True):
            layer.call = counting(layer, call)
        network(inputs)
    finally:
        for layer in layers:
            del layer.call
    return sum(counts), counts[0] if counts else 0


def zeros(*shape: int) -> np.ndarray:
    """Inputs to count with, on whatever backend."""
    return np.zeros(shape, "float32")


def generated_tuple(
    generator: keras.Model, k: int, d_z: int
) -> tuple[int, int]:
    """Counts the operations that generate `k` images, as `forward` does."""
    return forward(generator, zeros(k, d_z))


def discriminated_tuple(
    discriminator: keras.Model, k: int, image_size: int, kinds: int = 1
) -> tuple[int, int]:
    """Counts the operations that discriminate one tuple, as `forward` does.

    Args:
        discriminator: It scores tuples `[n, k, h, w, 3]`.
        k: Images in a tuple.
        image_size: Their side.
        kinds: Kinds of tuples, each as many as the others.
    """
    tuples = zeros(kinds, k, image_size, image_size, 3)
    count, first = forward(discriminator, tuples)
    return count // kinds, first // kinds


def sd_gan_step(g, d, updates: int = 1, penalties: int = 0) -> int:
    """Counts the operations of one tuple in a step of SD-GAN.

    Args:
        g: The pair of counts of a generator, for the images of one tuple.
        d: The discriminator's, likewise.
        updates: Of the discriminator, for one of the generator.
        penalties: Gradient penalties in each of them.
    """
    (g, g_first), (d, d_first) = g, d
    # Generated; D on real and fake forwards, then back to its weights and to
    # all inputs but the images.
    d_update = g + 2 * (d + d + (d - d_first))
    # The tuples of a penalty forwards, back to the images, and twice more
    # through both for the second derivative.
    d_update += penalties * (2 * d + 2 * (2 * d))
    # Forwards through both, back to D's inputs, to G's weights and inputs.
    g_update = g + d + d + g + (g - g_first)
    return updates * d_update + g_update


def sd_began_step(g, d) -> int:
    """Counts those of SD-BEGAN; the arguments are `sd_gan_step`'s."""
    (g, g_first), (d, d_first) = g, d
    # Forwards, to the weights, to all inputs but the codes and the images.
    generated = 3 * g - g_first + 3 * d
    return generated + 3 * d - d_first


def projected_tuple(
    features: keras.Model,
    discriminator: ProjectedDiscriminator,
    image_size: int,
) -> tuple[int, int, int]:
    """Counts the operations that discriminate one tuple by projected features.

    Args:
        features: The frozen network.
        discriminator: It scores its mixed maps.
        image_size: Side of the images.

    Returns:
        Those of the features, of their mixing, and of the discriminators.
    """
    kinds = discriminator.kinds
    tuples = zeros(kinds, discriminator.k, image_size, image_size, 3)
    images = tuples.reshape(-1, image_size, image_size, 3)
    maps = features(images)
    seen = objectives.see(tuples, features, discriminator)
    counts = (
        forward(features, images),
        forward(discriminator.mixing, maps),
        forward(discriminator, seen),
    )
    of_features, of_mixing, of_d = (count // kinds for count, _ in counts)
    return of_features, of_mixing, of_d


def sd_projected_step(g, features: int, mixing: int, d: int) -> int:
    """Counts the operations of one tuple in a step on projected features.

    Args:
        g: The pair of counts of a generator, for the images of one tuple.
        features: Of the frozen network, all.
        mixing: Of the fixed random convolutions.
        d: Of the discriminators' forward call.
    """
    g, g_first = g
    # Real and generated images are seen; back through the generated ones.
    seen = 3 * (features + mixing)
    # D on both, back to its weights and its maps; then on the generated ones
    # and back to what it sees.
    scored = 3 * (2 * d) + 2 * d
    return 3 * g - g_first + seen + scored
