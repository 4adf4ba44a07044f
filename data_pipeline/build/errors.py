"""Errors of a collection."""


class BadCollection(ValueError):
    """A collection that cannot be read as the layout says."""
