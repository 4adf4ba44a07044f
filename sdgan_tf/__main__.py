"""`python -m sdgan_tf` is `sdgan`."""

from sdgan_tf.commands import program

program.sdgan()
