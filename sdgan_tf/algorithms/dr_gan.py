"""The DR-GAN variant: an encoder, and an auxiliary identity classifier."""

from sdgan_tf.algorithms.ac_dcgan import AuxiliaryClassifier
from sdgan_tf.algorithms.encoder_pairwise import EncoderPairwise


class DRGAN(AuxiliaryClassifier, EncoderPairwise):
    """AC-DCGAN with an encoder in place of the embedding; k is 1.

    The step is `SDGAN.step`. Of its parts `AuxiliaryClassifier` has D, its
    logits and the identities' cross-entropy, `EncoderPairwise` the generator
    with its encoder; the fakes are single images, since a fake need resemble
    the photograph in its identity only.

    Source: paper, appendix, after Tran et al. 2017. The authors found that it
    ignores z_o.
    """

    def fake_tuples(self, batch, key) -> tuple:
        return self.fakes_of(self.real(batch["images"]), key), batch["row"]
