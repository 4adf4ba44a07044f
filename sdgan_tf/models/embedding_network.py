"""A small convolutional embedding: the verifier of what is no face."""

import keras


class EmbeddingNetwork(keras.Model):
    """Images `[n, h, w, 3]` in [-1, 1] to embeddings `[n, size]` of norm 1.

    Four stages of two 3x3 convolutions with batch norm, the first of each with
    stride 2; width doubles from stage to stage.

    Args:
        width: Channels of the first stage.
        size: Numbers in an embedding.

    Raises:
        ValueError: If one of them is not positive.
    """

    STAGES = 4

    def __init__(self, width: int = 32, size: int = 128, name="embedding"):
        super().__init__(name=name)
        if width < 1 or size < 1:
            raise ValueError(
                "`width` and `size` must be at least 1. Received: "
                f"width={width}, size={size}"
            )
        self.width, self.size = width, size
        self.convs, self.norms = [], []
        for stage in range(self.STAGES):
            for strides in (2, 1):
                self.convs.append(
                    keras.layers.Conv2D(
                        width * 2**stage,
                        3,
                        strides=strides,
                        padding="same",
                        use_bias=False,
                        kernel_initializer="he_normal",
                    )
                )
                self.norms.append(keras.layers.BatchNormalization(momentum=0.9))
        self.pool = keras.layers.GlobalAveragePooling2D()
        self.to_embedding = keras.layers.Dense(size)

    def call(self, images, training=None):
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = keras.ops.relu(norm(conv(x), training=training))
        x = self.to_embedding(self.pool(x))
        return keras.ops.normalize(x, axis=-1, order=2, epsilon=1e-12)

    def get_config(self):
        return {"width": self.width, "size": self.size, "name": self.name}


class FactorNetwork(keras.Model):
    """Images `[n, h, w, 3]` in [-1, 1] to `[n, num_outputs]`.

    Args:
        width: Of the embedding network before the last layer.
        num_outputs: Numbers an image.
    """

    def __init__(self, width: int, num_outputs: int, name="factors"):
        super().__init__(name=name)
        self.width, self.num_outputs = width, num_outputs
        self.embedding = EmbeddingNetwork(width)
        self.to_outputs = keras.layers.Dense(num_outputs)

    def call(self, images, training=None):
        return self.to_outputs(self.embedding(images, training=training))

    def get_config(self):
        return {
            "width": self.width,
            "num_outputs": self.num_outputs,
            "name": self.name,
        }
