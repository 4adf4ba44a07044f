"""Frozen ImageNet networks whose features a discriminator sees.

Files of weights that others published are read as plain tensors, never as
programs. Keras models are in `models`; training is elsewhere.
"""
