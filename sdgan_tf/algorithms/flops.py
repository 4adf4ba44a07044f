"""Counts the products of a network from the shapes of its layers."""

import math

import keras


def forward_flops(network: keras.Model, inputs) -> tuple[int, int]:
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
        for layer in network._flatten_layers(include_self=False)
        if hasattr(layer, "kernel")
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
    return sum(counts), counts[0]
