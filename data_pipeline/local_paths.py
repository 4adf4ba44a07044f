"""Paths as users give them to a program."""

import os


def local_path(name: str, path: str) -> str:
    """A path with `~` and `~USER` replaced by the home folder.

    A shell replaces them at the start of a word only, not in --name=~/path.

    Raises:
        ValueError: If there is no such home folder, or the path is no text.
    """
    found = os.path.expanduser(path)
    if found.startswith("~"):
        raise ValueError(
            f"`{name}` begins with ~ but is not a home folder on this "
            f"machine. Write ./{path} for a folder of that name. "
            f"Received: {name}={path!r}"
        )
    try:
        found.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"`{name}` must be a path in UTF-8. Received: {name}={path!a}"
        ) from None
    return found
