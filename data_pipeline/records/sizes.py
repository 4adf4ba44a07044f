"""The sizes of pictures that data sets hold and models are made for."""

IMAGE_SIZES = (32, 64, 128, 256)  # Sides in pixels.
