"""SD-GAN: generative models with an identity and an observation code.

Source: Donahue, Lipton, Balsubramani, McAuley, "Semantically Decomposing the
Latent Spaces of Generative Adversarial Networks", ICLR 2018, arXiv 1705.07904.
"""

__version__ = "0.9.0"
