"""A discriminator of tuples that have different things in common."""

import keras

from sdgan_tf.models.dcgan import CollatingHead, SiameseDiscriminator


class CommonalityDiscriminator(SiameseDiscriminator):
    """One encoder for all, and a collating head for each kind of tuple.

    What makes two photographs one product does not make them one brand: a
    head knows by its weights which of them it is asked about.

    Args:
        kinds: How many kinds of tuples there are, at least 1.
        Others: those of `DCGANNetwork`.
    """

    def __init__(self, *args, kinds: int, dtype=None, **kwargs):
        super().__init__(*args, dtype=dtype, **kwargs)
        self.kinds = kinds
        more = range(1, kinds)
        self.heads = [self.head] + [
            CollatingHead(
                self.image_size,
                self.dim,
                synchronized=self.synchronized,
                spectral=self.spectral,
                dtype=dtype,
                name=f"head_{kind}",
            )
            for kind in more
        ]
        self.logits = [self.logit] + [self.classifier(1, dtype) for _ in more]

    def call(self, tuples, num_batches=1, training=False):
        """As `DCGANDiscriminator`, of batches that hold one kind after another.

        Args:
            tuples: `[num_batches * kinds * b, k, h, w, c]`; b tuples of one
                kind have statistics of their own.
            num_batches: How many batches `tuples` holds.
            training: See `DCGANDiscriminator`.

        Returns:
            Logits in the order of `tuples`, float32.
        """
        ops = keras.ops
        maps = self.encode(tuples, num_batches * self.kinds)
        _, h, w, c = maps.shape
        maps = ops.reshape(maps, (num_batches, self.kinds, -1, h, w, c))
        logits = []
        for kind, (head, logit) in enumerate(
            zip(self.heads, self.logits, strict=True)
        ):
            of_kind = ops.reshape(maps[:, kind], (-1, h, w, c))
            own = logit(head(of_kind, num_batches=num_batches))
            logits.append(ops.reshape(own, (num_batches, -1)))
        return ops.cast(
            ops.reshape(ops.stack(logits, axis=1), (-1,)), "float32"
        )

    def get_config(self):
        return {**super().get_config(), "kinds": self.kinds}
