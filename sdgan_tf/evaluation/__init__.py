"""Measures a trained generator: who is in the picture, and how diverse."""
