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
        "Steps between small evaluations with --verifier; the best "
        "checkpoint is kept. 0: no evaluations.",
        minimum=0,
    )
    evaluate_pairs: int = option(
        500, "Pairs of a small evaluation, half of them matched.", minimum=8
    )
    keep_best_by: str = option(
        "pair_kernel",
        "Metric of the small evaluations by which the best "
        "checkpoint is chosen.",
        choices=("pair_kernel", "auc", "best_accuracy", "id_div", "all_div"),
    )
    keep_checkpoints: int = option(
        5, "Number of latest checkpoints to keep.", minimum=1
    )
    keep_every_hours: float = option(
        6.0,
        "Keep one checkpoint permanently for every so many hours.",
        minimum=0.1,
    )
    device_gb: float = option(
        0.0,
        "Hold the decoded data on each GPU instead if they are at "
        "most this large.",
        minimum=0,
    )
    collapse_limit: float = option(
        0.02,
        "Warn if the diversity of the fixed sample grid is below this.",
        minimum=0,
    )
    stop_on_collapse: bool = option(
        False,
        "Stop instead of only warning of a collapse, and do not save "
        "the collapsed state.",
    )
    init_from: str = option(
        "", "Run folder from whose networks to start.", paths=1
    )
    dry_run: bool = option(
        False,
        "Print the configuration and, with --data_dir, the time, "
        "memory and disk space that training takes; then stop.",
    )
    experiment: Experiment = Experiment()


@dataclasses.dataclass(frozen=True)
class Bench(Devices, Options):
    """Options of `bench`."""

    bench_steps: int = option(5, "Number of timed training steps.", minimum=1)
    experiment: Experiment = Experiment()


@dataclasses.dataclass(frozen=True)
class Sample(
    Columns, Codes, Photographs, Seed, OutputFolder, RunFolder, Options
):
    """Options of `sample`."""

    num_identities: int = option(8, "Rows of the grid.", minimum=1)
    codes_as: str = option(
        "pairs",
        "Use the codes of the file in pairs, or combine each z_i "
        "with each z_o.",
        choices=("pairs", "grid"),
    )
    identities: str = option(
        "",
        "Names of training identities to sample, separated by "
        "commas, for models that know them. Put a name that contains "
        "a comma in double quotes.",
    )
    share: str = option(
        "",
        "The one of --commonalities that is shared along a row; all "
        "other codes vary.",
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
        "0,1",
        "Two seeds, A,B. With --codes: two rows of the file, counted from 0.",
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
        False, "Estimate one z_i for all photographs, which show one subject."
    )
    perceptual_weight: float = option(
        0.0,
        "Weight of the distance in the embedding of --verifier: the "
        "grey levels that a squared distance of 1 counts. 0: compare "
        "pixels only.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Export(OutputFolder, RunFolder, Options):
    """Options of `export`."""

    format: str = option(
        "saved_model",
        "SavedModel for TensorFlow Serving, ONNX, weights alone, or "
        "a page that generates in the browser.",
        choices=("saved_model", "onnx", "weights", "web"),
    )
    signatures: str = option(
        "all",
        "Signatures of a SavedModel. batchable: only those that a "
        "server with --enable_batching can batch.",
        choices=("all", "batchable"),
    )
    onnxruntime_web_dir: str = option(
        "",
        "Folder with onnxruntime-web for the page. Default: npm downloads it.",
        paths=1,
    )


@dataclasses.dataclass(frozen=True)
class Explore(Animation, Crop, Descent, Seed, RunFolder, Options):
    """Options of `explore`."""

    explore_address: str = option(
        "127.0.0.1", "Address to listen at. 0.0.0.0: the whole network."
    )
    explore_port: int = option(
        7860, "Port to listen at. 0: any free port.", minimum=0
    )
    explore_rows: int = option(
        6, "Number of identities in the grid.", minimum=1
    )
    explore_columns: int = option(
        8, "Number of observations in the grid.", minimum=1
    )
    upload_count: int = option(8, "Most photographs in one upload.", minimum=1)
    upload_megabytes: float = option(
        10.0, "Largest photograph, in 1e6 bytes.", minimum=0
    )
    upload_megapixels: float = option(
        40.0, "Largest photograph, in 1e6 pixels.", minimum=0
    )


@dataclasses.dataclass(frozen=True)
class Evaluate(Measures, DataFolder, RunFolder, Options):
    """Options of `evaluate`."""

    evaluate_real: bool = option(
        False, "Use photographs of the data set instead of generated pictures."
    )
    report: bool = option(
        False, "Also write an HTML page with charts and pairs."
    )


@dataclasses.dataclass(frozen=True)
class Table(Measures, OutputFolder, DataFolder, Options):
    """Options of `table`."""

    runs: str = option("", "Run folders, separated by commas.", paths=2)


@dataclasses.dataclass(frozen=True)
class Dataset(Verifier, Seed, OutputFolder, DataFolder, RunFolder, Options):
    """Options of `dataset`."""

    dataset_identities: int = option(
        1000, "Number of identities to write.", minimum=1
    )
    dataset_pictures: int = option(
        10, "Number of pictures of each identity.", minimum=1
    )
    dataset_format: str = option(
        "folders",
        "One folder per identity, a built data set to train on, or "
        "tar files for WebDataset.",
        choices=("folders", "records", "webdataset"),
    )
    min_distance: float = option(
        0.0,
        "Smallest distance, in the embedding of --verifier, between "
        "two identities, and between an identity and the training "
        "identities of --data_dir. 0: no limit.",
        minimum=0,
    )
    outliers: float = option(
        0.0,
        "Largest distance, in the embedding of --verifier, of a "
        "picture from its identity; pictures beyond it are replaced. "
        "0: no limit.",
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
        12, "Pairs of a batch, including its attention checks.", minimum=3
    )
    judge_checks: int = option(
        2, "Attention checks of a batch; the two kinds alternate.", minimum=2
    )
    judge_subject: str = option(
        "person,people",
        "What the pictures show, in the singular and the plural.",
    )
    judge_url: str = option(
        "https://example.com/pictures",
        "Address from which Mechanical Turk's page loads the pictures.",
    )
    evaluate_real: bool = option(
        False, "Use photographs of the data set instead of generated pictures."
    )


@dataclasses.dataclass(frozen=True)
class JudgeScore(Options):
    """Options of `judge_score`."""

    judge_dir: str = option("", "Folder that --mode=judge_kit wrote.", paths=1)
    answers: str = option(
        "",
        "CSV file, folder or glob of answers. Default: the folder "
        "`answers` in the kit.",
        paths=1,
    )
    judge_annotators: int = option(
        3, "Answers that a pair needs to be scored.", minimum=1
    )
    judge_min_checks: float = option(
        0.8,
        "Fraction of the attention checks that an annotator must answer "
        "correctly.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class ImportReference(RunFolder, Options):
    """Options of `import_reference`."""

    reference_dir: str = option(
        "", "Folder of the authors' exported weights (a dump).", paths=1
    )
    d_i: int = option(50, "Size of the identity code z_i.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Queue(OutputFolder, DataFolder, Options):
    """Options of `queue`."""

    trainings: str = option(
        "",
        "JSON file with a list of trainings. Each has a name, flags "
        "and, to limit its time, minutes.",
        paths=1,
    )
    evaluate_trained: bool = option(True, "Evaluate each training that ends.")
    evaluate_flags: str = option("", "Flags of these evaluations.")
    nice: int = option(
        15, "Niceness of the trainings, from 0 to 19.", minimum=0, maximum=19
    )
