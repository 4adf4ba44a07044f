"""Options of several commands, in groups that the commands' options inherit.

`--help` lists them by these classes, whose docstrings are its headings.
"""

import dataclasses

from sdgan_tf.config import option


@dataclasses.dataclass(frozen=True)
class Options:
    """Errors.

    Attributes:
        named: The flags that the user gave.
    """

    traceback: bool = option(
        False, "Show the traceback of an error, not its message alone."
    )
    named: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Run folder."""

    run_dir: str = option(
        "",
        "Run folder. Default: a new numbered folder in runs/.",
        paths=1,
    )


@dataclasses.dataclass(frozen=True)
class DataFolder:
    """Data set."""

    data_dir: str = option("", "Folder that build_records wrote.", paths=1)


@dataclasses.dataclass(frozen=True)
class OutputFolder:
    """Output."""

    output_dir: str = option(
        "",
        "Folder for the output. Default: a folder in the run folder.",
        paths=1,
    )


@dataclasses.dataclass(frozen=True)
class Seed:
    """Randomness."""

    seed: int = option(
        0,
        "Seed of the codes and of everything else that is random.",
        minimum=0,
        maximum=2**32 - 1,
    )


@dataclasses.dataclass(frozen=True)
class Verifier:
    """Verifier: the network that tells subjects apart."""

    verifier: str = option(
        "facenet",
        "facenet, or a folder that --mode=train_verifier wrote.",
        paths=1,
    )


@dataclasses.dataclass(frozen=True)
class Novelty:
    """Training identities that generated ones are compared with."""

    novelty: bool = option(
        True,
        "Find the nearest training identity of each generated one. "
        "The first evaluation of a data set embeds its training "
        "photographs, and keeps the mean of each identity beside the "
        "data set.",
    )


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs."""

    num_pairs: int = option(
        10_000, "Number of pairs, half of them matched.", minimum=2
    )


@dataclasses.dataclass(frozen=True)
class Memory:
    """Memory."""

    cache_gb: float = option(
        8.0,
        "Hold the decoded data in memory if they are at most this large.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Crop:
    """Crop of photographs."""

    crop: str = option(
        "center",
        'Crop: "center", "none", "pad", "face" or '
        '"left,top,right,bottom", as for build_records.',
    )


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of a grid."""

    num_observations: int = option(8, "Columns of the grid.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Photographs(Crop):
    """Photographs outside a data set."""

    images: str = option(
        "", "A photograph, a folder of photographs, or a glob.", paths=1
    )


@dataclasses.dataclass(frozen=True)
class Codes:
    """Codes."""

    codes: str = option(
        "", "npz file with z_i [n,d_i] and z_o [n,d_o].", paths=1
    )
    truncate: float = option(
        1.0,
        "Multiply the codes by this factor in (0, 1], for less variety.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Descent:
    """Search for the codes of photographs."""

    restarts: int = option(
        4,
        "Number of descents from different codes; the best one counts.",
        minimum=1,
    )
    projection_steps: int = option(200, "Steps of each descent.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Animation:
    """Animation."""

    frames: int = option(
        12, "Frames of the animation for each of its 4 segments.", minimum=1
    )
    frame_milliseconds: int = option(
        80, "Duration of a frame.", minimum=10, maximum=65_535
    )


@dataclasses.dataclass(frozen=True)
class Devices:
    """Devices."""

    strategy: str = option(
        "mirrored",
        "Where replicas run: on the GPUs of this machine, or of all "
        "machines in TF_CONFIG.",
        choices=("mirrored", "multi_worker"),
    )
    logical_cpus: int = option(
        0,
        "Train on this number of logical CPUs instead of GPUs; 0: off.",
        minimum=0,
    )
    jit_compile: bool = option(
        False, "Compile training steps with XLA; for one GPU or one CPU only."
    )


@dataclasses.dataclass(frozen=True)
class VerifierTraining:
    """Training of verifiers."""

    verifier_steps: int = option(
        2000, "Training steps of a verifier.", minimum=1
    )
    verifier_width: int = option(
        32, "Channels of a trained verifier's first stage.", minimum=1
    )


@dataclasses.dataclass(frozen=True)
class Measures(VerifierTraining, Novelty, Pairs, Verifier, Seed):
    """Measures."""

    bootstrap_samples: int = option(
        1000, "Bootstrap resamples for each interval.", minimum=1
    )
    factor_steps: int = option(
        3000,
        "Training steps of the model that predicts the data set's "
        "known factors; 0: no factors.",
        minimum=0,
    )
    keep_embeddings: bool = option(
        True,
        "Cache the verifier's embeddings beside the data set, in at "
        "most 500 MB, and use those of earlier evaluations.",
    )
    downstream: bool = option(
        False,
        "Train verifiers on generated identities only, on as many "
        "training identities, and on both, and test them on "
        "photographs.",
    )
