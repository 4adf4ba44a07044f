"""Puts the flagfiles into the wheel; all else is in pyproject.toml."""

import pathlib

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = pathlib.Path(__file__).parent


class BuildWithFlagfiles(build_py):
    """Copies the flagfiles into the package, as they lie in a checkout."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        folder = pathlib.Path(self.build_lib, "sdgan_tf", "flagfiles")
        for pattern in ("*.flags", "variants/*.flags"):
            for path in ROOT.glob(pattern):
                copy = folder / path.relative_to(ROOT)
                self.mkpath(str(copy.parent))
                self.copy_file(str(path), str(copy))


setup(cmdclass={"build_py": BuildWithFlagfiles})
