"""SD-GAN: generative models with an identity and an observation code.

Source: Donahue, Lipton, Balsubramani, McAuley, "Semantically Decomposing the
Latent Spaces of Generative Adversarial Networks", ICLR 2018, arXiv 1705.07904.
"""

import os

# TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it makes
# a training step twice as fast. It reads this once, when it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
