"""Keras models. They import no TensorFlow: any Keras backend runs them."""
