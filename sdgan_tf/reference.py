"""`--mode=import_reference`: the authors' generators as run folders.

A dump of theirs is a folder with `manifest.json`, which names each variable's
file and shape, and those files: raw little-endian float32 in C order, kernels
HWIO, those of transposed convolutions HWOI.
"""

import dataclasses
import io
import json
import math
import os
import re
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf.algorithms.registry import algorithm_class
from sdgan_tf.config import Config, Experiment
from sdgan_tf.models.began import BEGANGenerator
from sdgan_tf.models.dcgan import DCGANGenerator
from sdgan_tf.runs import Run

MANIFEST = "manifest.json"
FIGURE_CODES = "figure1_codes.npz"
FIGURE_Z_I, FIGURE_Z_O = "fig1/grid_zis", "fig1/grid_zos"


@dataclasses.dataclass(frozen=True)
class Dump:
    """A folder of dumped variables.

    Attributes:
        folder: Where it lies.
        entries: File name and shape by variable.
    """

    folder: str
    entries: dict[str, tuple[str, tuple[int, ...]]]

    @classmethod
    def open(cls, folder: str) -> "Dump":
        """Reads the manifest.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If it is no JSON of file names in this folder and
                shapes.
        """
        path = os.path.join(folder, MANIFEST)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"`reference_dir` has no `{MANIFEST}`: it must be the folder "
                f"of a dump. Received: reference_dir={folder!r}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            text = file.read()
        try:
            entries = {
                name: (
                    str(entry["filename"]),
                    tuple(int(side) for side in entry["shape"]),
                )
                for name, entry in json.loads(text).items()
            }
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ValueError(
                f"{path} must give a `filename` and a `shape` for each "
                f"variable ({type(error).__name__}: {error})."
            ) from error
        for name, (filename, shape) in entries.items():
            odd = filename in ("", ".", "..")
            if odd or os.path.basename(filename) != filename:
                raise ValueError(
                    f"{path}: the file of the variable `{name}` must lie in "
                    f"the dump's folder. Received: filename={filename!r}"
                )
            if any(side < 1 for side in shape):
                raise ValueError(
                    f"{path}: the variable `{name}` must have positive sides. "
                    f"Received: shape={shape}"
                )
        return cls(folder, entries)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def shape(self, name: str) -> tuple[int, ...]:
        """A variable's shape.

        Raises:
            ValueError: If there is no such variable.
        """
        if name not in self.entries:
            raise ValueError(
                f"The dump lacks the variable `{name}`. "
                f"Received: reference_dir={self.folder!r}"
            )
        return self.entries[name][1]

    def last(self, pattern: str) -> int:
        """The largest number in the variables' names; 0 without any."""
        found = (re.fullmatch(pattern, name) for name in self.entries)
        return max((int(match.group(1)) for match in found if match), default=0)

    def read(self, name: str, shape: tuple | None = None) -> np.ndarray:
        """A variable's numbers, float32.

        Args:
            name: The variable.
            shape: What its shape must be, if that is known.

        Raises:
            FileNotFoundError: If its file is missing.
            ValueError: If there is no such variable, its shape is another, or
                its file has not the bytes of its shape or holds numbers that
                are not finite.
        """
        held = self.shape(name)
        if shape is not None and held != tuple(shape):
            raise ValueError(
                f"The variable `{name}` must have the shape {tuple(shape)}. "
                f"Received: {held}"
            )
        path = os.path.join(self.folder, self.entries[name][0])
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"The file of the variable `{name}` is missing: {path}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            data = file.read()
        wanted = 4 * math.prod(held)
        if len(data) != wanted:
            raise ValueError(
                f"{path} must hold {wanted} bytes, float32 of the shape "
                f"{held}, for the variable `{name}`. "
                f"Received: {len(data)} bytes"
            )
        values = np.frombuffer(data, "<f4").reshape(held).astype("float32")
        if not np.isfinite(values).all():
            raise ValueError(
                f"{path}, the variable `{name}`, holds numbers that are not "
                "finite."
            )
        return values


def _began_size(dump: Dump) -> tuple[int, int]:
    # Two convolutions a block and one to the image, numbered from 0: an odd
    # last number is of a dump that lacks one, which is found when it is read.
    blocks = (dump.last(r"G/Conv_(\d+)/weights") + 1) // 2
    return 2 ** (blocks + 2), dump.shape("G/Conv/weights")[-1]


def _began_variables(network: BEGANGenerator) -> dict[str, keras.Variable]:
    layers = {"G/fully_connected": network.project}
    for number, layer in enumerate([*network.convs, network.to_image]):
        layers[f"G/Conv_{number}" if number else "G/Conv"] = layer
    return {
        f"{scope}/{name}": variable
        for scope, layer in layers.items()
        for name, variable in (
            ("weights", layer.kernel),
            ("biases", layer.bias),
        )
    }


def _dcgan_size(dump: Dump) -> tuple[int, int]:
    # Stages of stride 2 from 4x4, numbered from 0; the last reads `dim` maps.
    kernel = "G/upconv_2d_{}/conv2d_transpose/kernel"
    last = dump.last(kernel.format(r"(\d+)"))
    return 2 ** (last + 3), dump.shape(kernel.format(last))[-1]


def _dcgan_variables(network: DCGANGenerator) -> dict[str, keras.Variable]:
    scopes = [f"G/upconv_2d_{n}" for n in range(len(network.upconvs))]
    layers = {"G/z_project/dense": network.project}
    for scope, layer in zip(scopes, network.upconvs, strict=True):
        layers[f"{scope}/conv2d_transpose"] = layer
    named = {
        f"{scope}/{name}": getattr(layer, name)
        for scope, layer in layers.items()
        for name in ("kernel", "bias")
    }
    # What comes out of the last one is the image: no batch norm.
    for scope, layer in zip(
        ["G/z_project", *scopes[:-1]], network.norms, strict=True
    ):
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            named[f"{scope}/batch_normalization/{name}"] = getattr(layer, name)
    return named


@dataclasses.dataclass(frozen=True)
class System:
    """How one of the authors' systems is dumped.

    Attributes:
        model: Our name of it.
        mark: The variable that only its dumps have: the codes' dense kernel.
        size: A dump's image size and width.
        variables: Our generator's variables by the dump's names.
    """

    model: str
    mark: str
    size: Callable[[Dump], tuple[int, int]]
    variables: Callable[[keras.Model], dict[str, keras.Variable]]


SYSTEMS = (
    System(
        "sd_began", "G/fully_connected/weights", _began_size, _began_variables
    ),
    System(
        "sd_dcgan", "G/z_project/dense/kernel", _dcgan_size, _dcgan_variables
    ),
)


def recognise(dump: Dump) -> System:
    """The system that was dumped.

    Raises:
        ValueError: If it is none that is known.
    """
    for system in SYSTEMS:
        if system.mark in dump:
            return system
    marks = ", ".join(f"`{system.mark}` ({system.model})" for system in SYSTEMS)
    raise ValueError(
        f"The dump must have one of these variables: {marks}. "
        f"Received: reference_dir={dump.folder!r}"
    )


def split_code(dump: Dump, d_z: int, d_i: int | None) -> int:
    """The size of z_i: what the user says, or what the figure's codes have.

    Raises:
        ValueError: If neither says it or they do not fit.
    """
    if d_i is None and FIGURE_Z_I not in dump:
        raise ValueError(
            f"The dump has no `{FIGURE_Z_I}` to tell the size of z_i: name it "
            f"by --d_i. Received: codes of {d_z} numbers"
        )
    if FIGURE_Z_I in dump:
        held = dump.shape(FIGURE_Z_I)[-1]
        if d_i not in (None, held):
            raise ValueError(
                f"`d_i` differs from `{FIGURE_Z_I}`, whose codes have {held} "
                f"numbers. Received: d_i={d_i}"
            )
        d_i = held
    if not 0 < d_i < d_z:
        raise ValueError(
            f"`d_i` must be less than the {d_z} numbers of a code. "
            f"Received: d_i={d_i}"
        )
    return d_i


def step_of(folder: str) -> int:
    """The training steps in a folder's name: `sdbegan_548235_small`, or 0."""
    name = os.path.basename(os.path.normpath(folder))
    return max((int(digits) for digits in re.findall(r"\d+", name)), default=0)


def load_dump(
    dump: Dump, d_i: int | None = None
) -> tuple[keras.Model, Experiment]:
    """The dumped generator and what it was trained as.

    Args:
        dump: The dump.
        d_i: Size of z_i, where the dump has no codes of the figure.

    Raises:
        FileNotFoundError: If a variable's file is missing.
        ValueError: If a variable is missing or has another shape.
    """
    system = recognise(dump)
    d_z = dump.shape(system.mark)[0]
    d_i = split_code(dump, d_z, d_i)
    image_size, dim = system.size(dump)
    experiment = Experiment(
        model=system.model,
        image_size=image_size,
        dim=dim,
        d_i=d_i,
        d_o=d_z - d_i,
    )
    network = algorithm_class(experiment).build_generator(experiment)
    network(tf.zeros([1, d_z]))
    for name, variable in system.variables(network).items():
        variable.assign(dump.read(name, variable.shape))
    return network, experiment


def import_reference(config: Config) -> None:
    """Writes the run folder of a dump, and the codes of Figure 1."""
    if not config.reference.reference_dir:
        raise ValueError("--reference_dir is missing: the folder of a dump.")
    if not config.run_dir:
        raise ValueError("--run_dir is missing: the run folder to write.")
    run = Run(config.run_dir)
    if run.has_checkpoint():
        raise ValueError(
            "`run_dir` holds a training run: choose another folder. "
            f"Received: run_dir={run.folder!r}"
        )
    dump = Dump.open(config.reference.reference_dir)
    named = config.experiment.d_i if "d_i" in config.named else None
    network, experiment = load_dump(dump, named)
    codes = None
    if FIGURE_Z_I in dump and FIGURE_Z_O in dump:
        codes = io.BytesIO()
        z_o_shape = (dump.shape(FIGURE_Z_O)[0], experiment.d_o)
        np.savez(
            codes,
            z_i=dump.read(FIGURE_Z_I),
            z_o=dump.read(FIGURE_Z_O, z_o_shape),
        )
    step = step_of(dump.folder)
    run.write_generator(network, experiment, step)
    print(
        f"{experiment.model} of step {step}, image_size="
        f"{experiment.image_size}, dim={experiment.dim}, d_i={experiment.d_i}, "
        f"d_o={experiment.d_o}: {run.folder}"
    )
    if codes:
        path = run.path(FIGURE_CODES)
        with tf.io.gfile.GFile(path, "wb") as file:
            file.write(codes.getvalue())
        print(f"Codes of Figure 1, for --codes_as=grid: {path}")
