"""The authors' systems: which one a dump is of, and our generator of it."""

import dataclasses
import io
import os
import re
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf.algorithms.registry import algorithm_class
from sdgan_tf.config import Experiment
from sdgan_tf.models.began import BEGANGenerator
from sdgan_tf.models.dcgan import DCGANGenerator
from sdgan_tf.reference.dump import Dump
from sdgan_tf.runs import Run

FIGURE_CODES = "figure1_codes.npz"
FIGURE_Z_I, FIGURE_Z_O = "fig1/grid_zis", "fig1/grid_zos"


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
    """One of the authors' systems, as it is dumped.

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
    """Recognises the system that was dumped.

    Raises:
        ValueError: If it is an unknown one.
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
    """Settles the size of z_i: the given one, or that of the figure's codes.

    Raises:
        ValueError: If neither says it or they do not fit.
    """
    if d_i is None and FIGURE_Z_I not in dump:
        raise ValueError(
            f"The dump has no `{FIGURE_Z_I}` that shows the size of z_i: "
            f"pass `d_i`. Received: codes of {d_z} numbers"
        )
    if FIGURE_Z_I in dump:
        held = dump.shape(FIGURE_Z_I)[-1]
        if d_i not in (None, held):
            raise ValueError(
                f"`d_i` differs from `{FIGURE_Z_I}`, whose codes have {held} "
                f"numbers. Received: d_i={d_i}"
            )
        d_i = held
    if d_i is None or not 0 < d_i < d_z:
        raise ValueError(
            f"`d_i` must be less than the {d_z} numbers of a code. "
            f"Received: d_i={d_i}"
        )
    return d_i


def step_of(folder: str) -> int:
    """Reads the training steps in a folder's name, or 0.

    `sdbegan_548235_small` is of step 548,235.
    """
    name = os.path.basename(os.path.normpath(folder))
    return max((int(digits) for digits in re.findall(r"\d+", name)), default=0)


def load_dump(
    dump: Dump, d_i: int | None = None
) -> tuple[keras.Model, Experiment]:
    """Loads the dumped generator and its configuration.

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


@dataclasses.dataclass(frozen=True)
class Imported:
    """The result of `import_dump`.

    Attributes:
        run: The folder that was written.
        experiment: The configuration of the generator.
        step: Its training steps.
        codes: Path of the codes of Figure 1; "" if the dump has none.
    """

    run: Run
    experiment: Experiment
    step: int
    codes: str


def import_dump(
    reference_dir: str, run_dir: str, d_i: int | None = None
) -> Imported:
    """Writes the generator of a dump, and the codes of Figure 1.

    Args:
        reference_dir: The dump.
        run_dir: The folder to write, which is then taken like a run.
        d_i: Size of z_i, where the dump has no codes of the figure.

    Raises:
        FileNotFoundError: If there is no dump, or one of its files is missing.
        ValueError: If `run_dir` holds a training, or the dump is damaged or of
            an unknown system.
    """
    run = Run(run_dir)
    if run.has_checkpoint():
        raise ValueError(
            "`run_dir` holds a training run: choose another folder. "
            f"Received: run_dir={run.folder!r}"
        )
    dump = Dump.open(reference_dir)
    network, experiment = load_dump(dump, d_i)
    # Read first: a dump that is damaged leaves no half of a folder.
    codes = _figure_codes(dump, experiment.d_o)
    step = step_of(dump.folder)
    run.write_generator(network, experiment, step)
    path = run.path(FIGURE_CODES) if codes else ""
    if codes:
        with tf.io.gfile.GFile(path, "wb") as file:
            file.write(codes)
    return Imported(run, experiment, step, path)


def _figure_codes(dump: Dump, d_o: int) -> bytes:
    """Encodes the codes of Figure 1 as an npz; empty if there are none."""
    if FIGURE_Z_I not in dump or FIGURE_Z_O not in dump:
        return b""
    codes = io.BytesIO()
    z_o_shape = (dump.shape(FIGURE_Z_O)[0], d_o)
    np.savez(
        codes,
        z_i=dump.read(FIGURE_Z_I),
        z_o=dump.read(FIGURE_Z_O, z_o_shape),
    )
    return codes.getvalue()
