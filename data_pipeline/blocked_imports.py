"""Packages that TensorFlow and Keras import only because they are installed.

Keras imports scikit-learn, pandas and IPython for wrappers of its own, and
TensorFlow JAX for a converter. None of that is used here, and together it takes
half as long as all the rest. Both do without where a package is not there.
"""

import contextlib
import sys
from collections.abc import Iterator

PACKAGES = ("IPython", "jax", "pandas", "sklearn")


@contextlib.contextmanager
def hidden() -> Iterator[None]:
    """Hides the packages from imports, those excepted that are there already.

    Afterwards they can be imported as before.
    """
    names = [name for name in PACKAGES if name not in sys.modules]
    # An import of a module that is None fails, as one that is not installed.
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
