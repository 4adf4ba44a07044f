"""The options of each command: frozen dataclasses, one field a flag.

A command is given its own class and reads no other. Options of several
commands stand once, in a class of `shared_options` that theirs inherit.
Nothing heavy is imported here: flags are parsed before TensorFlow is.
"""

import dataclasses

from sdgan_tf.commands.shared_options import (
    Animation,
    Codes,
    Columns,
    Crop,
    DataFolder,
    Descent,
    Devices,
    Measures,
    Memory,
    Options,
    OutputFolder,
    Pairs,
    Photographs,
    RunFolder,
    Seed,
    Verifier,
    VerifierTraining,
)
from sdgan_tf.config import Experiment, option


@dataclasses.dataclass(frozen=True)
class Train(Verifier, Memory, Devices, DataFolder, RunFolder, Options):
    """Options of `train`."""

    train_steps: int = option(
        500_000, "Generator updates of the whole run.", minimum=1
    )
    log_interval_steps: int = option(50, "Steps between scalars.", minimum=1)
    sample_interval_steps: int = option(
        500, "Steps between sample grids.", minimum=1
    )
    save_interval_steps: int = option(
        500, "Steps between checkpoints.", minimum=1
    )
    evaluate_interval_steps: int = option(
        0,
        "Steps between small evaluations with --verifier, of which the best "
        "checkpoint is kept; 0: none.",
        minimum=0,
    )
    evaluate_pairs: int = option(
        500, "Pairs of a small evaluation, half of them matched.", minimum=8
    )
    keep_best_by: str = option(
        "pair_kernel",
        "Measure of a small evaluation by which a checkpoint is the best.",
        choices=("pair_kernel", "auc", "best_accuracy", "id_div", "all_div"),
    )
    keep_checkpoints: int = option(5, "Latest checkpoints kept.", minimum=1)
    keep_every_hours: float = option(
        6.0, "One checkpoint in so many hours is kept for good.", minimum=0.1
    )
    device_gb: float = option(
        0.0,
        "Decoded data up to this size is held on each GPU instead.",
        minimum=0,
    )
    collapse_limit: float = option(
        0.02, "Diversity of the fixed grid below which a run warns.", minimum=0
    )
    stop_on_collapse: bool = option(
        False, "Stop where a run would warn of a collapse, and save none of it."
    )
    init_from: str = option(
        "", "Run folder whose networks to start from.", paths=1
    )
    dry_run: bool = option(
        False,
        "Print the configuration and, with --data_dir, what a few steps take; "
        "then stop.",
    )
    experiment: Experiment = Experiment()


@dataclasses.dataclass(frozen=True)
class Bench(Devices, Options):
    """Options of `bench`."""

    bench_steps: int = option(5, "Timed training steps.", minimum=1)
    experiment: Experiment = Experiment()


@dataclasses.dataclass(frozen=True)
class Sample(
    Columns, Codes, Photographs, Seed, OutputFolder, RunFolder, Options
):
    """Options of `sample`."""

    num_identities: int = option(8, "Rows of the grid.", minimum=1)
    codes_as: str = option(
        "pairs",
        "Codes of the file one by one, or each z_i with each z_o.",
        choices=("pairs", "grid"),
    )
    identities: str = option(
        "",
        "Names, by commas, of training identities that the model knows; in "
        "double quotes a name that holds a comma.",
    )
    share: str = option(
        "", "One of --commonalities that alone is shared along a row."
    )
    grid_labels: bool = option(
        False,
        "Label the grid's rows and columns, and enlarge its pictures if they "
        "are small.",
    )


@dataclasses.dataclass(frozen=True)
class Interpolate(Animation, Codes, Seed, OutputFolder, RunFolder, Options):
    """Options of `interpolate`."""

    ends: str = option(
        "0,1", "Two seeds; with --codes two rows of the file, from 0."
    )
    rows: int = option(8, "Steps along z_i.", minimum=1)
    columns: int = option(8, "Steps along z_o.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Project(
    Columns,
    Descent,
    Photographs,
    Verifier,
    Seed,
    OutputFolder,
    RunFolder,
    Options,
):
    """Options of `project`."""

    shared_identity: bool = option(
        False, "All photographs show one subject: one z_i for all."
    )
    perceptual_weight: float = option(
        0.0,
        "Grey levels that a squared distance of 1 in the embedding of "
        "--verifier counts; 0 compares pixels only.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Export(OutputFolder, RunFolder, Options):
    """Options of `export`."""

    format: str = option(
        "saved_model",
        "For TensorFlow Serving, for onnxruntime, weights alone, or a page "
        "that draws in the browser.",
        choices=("saved_model", "onnx", "weights", "web"),
    )
    signatures: str = option(
        "all",
        "Of a SavedModel; batchable: those for a server by --enable_batching.",
        choices=("all", "batchable"),
    )
    onnxruntime_web_dir: str = option(
        "",
        "Folder with onnxruntime-web for a page; by default npm packs it.",
        paths=1,
    )


@dataclasses.dataclass(frozen=True)
class Explore(Animation, Crop, Descent, Seed, RunFolder, Options):
    """Options of `explore`."""

    explore_address: str = option(
        "127.0.0.1", "Address to answer at; 0.0.0.0: to the whole network."
    )
    explore_port: int = option(7860, "Port; 0: any that is free.", minimum=0)
    explore_rows: int = option(6, "Identities in the grid.", minimum=1)
    explore_columns: int = option(8, "Observations in the grid.", minimum=1)
    upload_count: int = option(8, "Photographs in one upload.", minimum=1)
    upload_megabytes: float = option(
        10.0, "Largest photograph, in 1e6 bytes.", minimum=0
    )
    upload_megapixels: float = option(
        40.0, "Largest photograph, in 1e6 pixels.", minimum=0
    )


@dataclasses.dataclass(frozen=True)
class Evaluate(Measures, DataFolder, RunFolder, Options):
    """Options of `evaluate`."""

    evaluate_real: bool = option(False, "Measure photographs instead.")
    report: bool = option(False, "Write a page of HTML beside the numbers.")


@dataclasses.dataclass(frozen=True)
class Table(Measures, OutputFolder, DataFolder, Options):
    """Options of `table`."""

    runs: str = option("", "Run folders of --mode=table, by commas.", paths=2)


@dataclasses.dataclass(frozen=True)
class Dataset(Verifier, Seed, OutputFolder, DataFolder, RunFolder, Options):
    """Options of `dataset`."""

    dataset_identities: int = option(1000, "Identities to write.", minimum=1)
    dataset_pictures: int = option(10, "Pictures of each identity.", minimum=1)
    dataset_format: str = option(
        "folders",
        "Identity folders, a built data set to train on, or WebDataset's tars.",
        choices=("folders", "records", "webdataset"),
    )
    min_distance: float = option(
        0.0,
        "Distance in the embedding of --verifier that identities keep from "
        "each other and from the training identities of --data_dir; 0: none.",
        minimum=0,
    )
    outliers: float = option(
        0.0,
        "Distance in the embedding of --verifier from its identity beyond "
        "which a picture is replaced by another; 0: none.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class TrainVerifier(
    VerifierTraining, Pairs, Verifier, Memory, Seed, DataFolder, Options
):
    """Options of `train_verifier`."""


@dataclasses.dataclass(frozen=True)
class JudgeKit(Pairs, Seed, OutputFolder, DataFolder, RunFolder, Options):
    """Options of `judge_kit`."""

    judge_batch_size: int = option(
        12, "Pairs of a batch, its attention checks among them.", minimum=3
    )
    judge_checks: int = option(
        2, "Attention checks of a batch, both kinds in turn.", minimum=2
    )
    judge_subject: str = option(
        "person,people", "What the pictures show: one and several of it."
    )
    judge_url: str = option(
        "https://example.com/pictures",
        "Where Mechanical Turk's page finds the pictures.",
    )
    evaluate_real: bool = option(False, "Measure photographs instead.")


@dataclasses.dataclass(frozen=True)
class JudgeScore(Options):
    """Options of `judge_score`."""

    judge_dir: str = option("", "Folder that --mode=judge_kit wrote.", paths=1)
    answers: str = option(
        "",
        "CSV file, folder or glob of them; `answers` in the kit by default.",
        paths=1,
    )
    judge_annotators: int = option(
        3, "Answers that a pair must have.", minimum=1
    )
    judge_min_checks: float = option(
        0.8,
        "Fraction of the attention checks that an annotator must answer right.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class ImportReference(RunFolder, Options):
    """Options of `import_reference`."""

    reference_dir: str = option("", "Folder that the authors dumped.", paths=1)
    d_i: int = option(50, "Size of the identity code z_i.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Queue(OutputFolder, DataFolder, Options):
    """Options of `queue`."""

    trainings: str = option(
        "",
        "JSON file: a list of trainings, each with a name, flags, and minutes "
        "if it is not to train all its steps.",
        paths=1,
    )
    evaluate_trained: bool = option(True, "Evaluate what is trained.")
    evaluate_flags: str = option("", "Flags of that evaluation.")
    nice: int = option(
        15, "Niceness of the trainings, 0 to 19.", minimum=0, maximum=19
    )
