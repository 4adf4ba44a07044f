"""Portraits drawn by program, with the true factors of each picture.

Here are the people's attributes, the painter and the collection that it
writes, which `build` reads as any other. Nothing here knows of data sets.
"""
