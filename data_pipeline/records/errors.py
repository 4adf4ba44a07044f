"""Errors of data: in a picture's file, in a data set."""


class BadPicture(ValueError):
    """A file that cannot be used, with the reason as its message."""


class BadDataSet(ValueError):
    """A data set that is damaged or cannot give what is asked for."""
