"""The configuration: frozen dataclasses, one for each concern.

Each field is a flag of the same name (`flags.py`); its metadata says in one
line what it means. `Experiment` is what determines a trained model, so it is
what a checkpoint carries and a resumed run must agree with.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Collection

AUTO = "auto"
LARGEST = 2**31 - 1  # What TensorFlow's sizes and steps are counted in.


def option(
    default,
    help: str,
    choices: tuple = (),
    minimum=None,
    maximum=None,
    paths: int = 0,
):
    """A field with its one-line meaning and the values that it may take.

    `paths` says that it is one path, or with more than 1 paths by commas.
    """
    if type(default) is int and maximum is None:
        maximum = LARGEST
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": choices,
            "minimum": minimum,
            "maximum": maximum,
            "paths": paths,
        },
    )


def broken_rule(field: dataclasses.Field, value) -> str:
    """What a field's value must be and is not; "" if it is right."""
    kind, meta = type(field.default), field.metadata
    low, high = meta["minimum"], meta["maximum"]
    if type(value) is not kind:
        return kind.__name__
    if meta["choices"] and value not in meta["choices"]:
        return f"one of {meta['choices']}"
    if kind is not str and not math.isfinite(value):
        return "finite"
    if low is not None and value < low:
        return f"at least {low}"
    if high is not None and value > high:
        return f"at most {high}"
    return ""


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What is trained. The defaults are the reference's SD-DCGAN."""

    model: str = option("sd_dcgan", "System to train; see README.")
    discriminator: str = option(
        "siamese",
        "Where the images of a tuple meet.",
        choices=("siamese", "stacked"),
    )
    loss: str = option(
        "dcgan",
        "Adversarial loss; it also picks the optimizer.",
        choices=("dcgan", "lsgan", "wgan", "wgan-gp", "hinge"),
    )
    image_size: int = option(
        64,
        "Side in pixels.",
        choices=(32, 64, 128, 256),
    )
    k: int = option(2, "Images in an identity tuple; 1 is vanilla.", minimum=1)
    d_i: int = option(50, "Size of the identity code z_i.", minimum=1)
    d_o: int = option(50, "Size of the observation code z_o.", minimum=1)
    dim: int = option(64, "Width of the networks next to the image.", minimum=1)
    batch_size: int = option(16, "Tuples in the global batch.", minimum=1)
    d_steps_per_g_step: int = option(
        1, "Discriminator updates for each generator update.", minimum=1
    )
    gamma: float = option(
        0.5, "BEGAN: wanted ratio of L(G) to L(x), the diversity.", minimum=0
    )
    lambda_k: float = option(0.001, "BEGAN: learning rate of k_t.", minimum=0)
    known_identities: int = option(
        0,
        "Identities that a model knows one by one; those of the data, which "
        "must be named only without any.",
        minimum=0,
    )
    commonalities: str = option(
        "",
        "What tuples agree in, by commas: identity, observation, labels of the "
        "records; a+b is both. Empty: the identity.",
    )
    augment: str = option(
        "none",
        "What a discriminator's tuples, real and generated, go through.",
        choices=("none", "diffaug", "diffaug_weak"),
    )
    mirror: bool = option(
        False,
        "sd_projected: mirror photographs at random, each by itself. For "
        "faces, not for letters.",
    )
    features: str = option(
        "efficientnet_lite0",
        "sd_projected: the frozen network whose features D sees; none: the "
        "picture itself at four resolutions.",
        choices=("efficientnet_lite0", "efficientnet_lite1", "none"),
    )
    pixel_scale: bool = option(
        False,
        "sd_projected: D sees the picture itself too, beside the features.",
    )
    tuple_norm: str = option(
        "batch",
        "sd_projected: what heads that judge tuples normalise, the batch or "
        "each tuple by itself.",
        choices=("batch", "tuple"),
    )
    single_weight: float = option(
        1.0,
        "sd_projected: weight of the heads that judge single pictures.",
        minimum=0,
    )
    tuple_weight: float = option(
        1.0,
        "sd_projected: weight of the heads that judge tuples.",
        minimum=0,
    )
    mismatched_weight: float = option(
        0.0,
        "sd_projected: share in [0, 1] of photographs of different subjects "
        "among the tuples that D is to refuse.",
        minimum=0,
        maximum=1,
    )
    r1_weight: float = option(
        0.0,
        "R1: weight of D's squared gradient at real tuples; 0: none.",
        minimum=0,
    )
    spectral_norm: bool = option(
        False, "Divide D's kernels by their largest singular value."
    )
    ema_decay: float = option(
        0.0,
        "Decay in [0, 1) of the average of the generator's weights, which is "
        "then what is sampled and exported; 0: none.",
        minimum=0,
    )
    ema_half_life_images: float = option(
        0.0,
        "As ema_decay, by the generated images after which a weight counts "
        "half; 0: ema_decay.",
        minimum=0,
    )
    seed: int = option(
        0,
        "Seed of weights, data order and latents.",
        minimum=0,
        maximum=2**32 - 1,
    )
    precision: str = option(
        "float32",
        "Arithmetic of the networks; auto: bfloat16 where the processor has "
        "it and a short check shows that losses agree.",
        choices=("float32", "mixed_bfloat16", AUTO),
    )

    @property
    def average_decay(self) -> float:
        """The decay of the average of the generator's weights; 0: none."""
        if not self.ema_half_life_images:
            return self.ema_decay
        images = self.batch_size * self.k
        return 0.5 ** (images / self.ema_half_life_images)

    def to_json(self) -> str:
        """The fields as JSON with sorted names."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True)

    @classmethod
    def from_fields(cls, fields: dict) -> "Experiment":
        """The experiment of fields by name, as `to_json` writes them.

        A field that is younger than the text gets its default: what is added
        here must default to what was done before it.

        Raises:
            ValueError: If a field is unknown or its value not one it may take.
        """
        if type(fields) is not dict:
            raise ValueError(
                f"A configuration must be a JSON object. Received: {fields!r}"
            )
        fields = dict(fields)
        known = {field.name for field in dataclasses.fields(cls)}
        odd = set(fields) - known
        if odd:
            raise ValueError(
                "The configuration is of a newer version, with unknown fields "
                f"{sorted(odd)}. Received: fields={sorted(fields)}"
            )
        for field in dataclasses.fields(cls):
            value = fields.get(field.name, field.default)
            if type(field.default) is float and type(value) is int:
                value = fields[field.name] = float(value)
            rule = broken_rule(field, value)
            if rule:
                raise ValueError(
                    f"`{field.name}` of a configuration must be {rule}. "
                    f"Received: {field.name}={value!r}"
                )
        return cls(**fields)

    def fingerprint(self) -> str:
        """12 hexadecimal digits that differ when any field does."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def differences(self, other: "Experiment") -> list[str]:
        """`name: self's value != other's value` of each differing field."""
        ours, theirs = dataclasses.asdict(self), dataclasses.asdict(other)
        return [
            f"{name}: {ours[name]!r} != {theirs[name]!r}"
            for name in ours
            if ours[name] != theirs[name]
        ]


# Defaults of a model that are not those of the reference's SD-DCGAN.
MODEL_DEFAULTS = {
    "sd_projected": {
        "loss": "hinge",
        "augment": "diffaug_weak",
        "d_i": 64,
        "d_o": 64,
        "dim": 32,
        "ema_half_life_images": 20_000.0,
        "mismatched_weight": 0.3,
        "tuple_weight": 3.0,
    },
}


def with_model_defaults(
    experiment: Experiment, named: Collection[str]
) -> Experiment:
    """A new experiment with the defaults of its model.

    Args:
        experiment: What the user asks for.
        named: Fields that the user named, which stay.
    """
    defaults = MODEL_DEFAULTS.get(experiment.model, {})
    unnamed = {name: v for name, v in defaults.items() if name not in named}
    if "ema_decay" in named:
        unnamed.pop("ema_half_life_images", None)
    return dataclasses.replace(experiment, **unnamed)


@dataclasses.dataclass(frozen=True)
class Training:
    """How a training run goes; none of it changes what is trained."""

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
    keep_checkpoints: int = option(5, "Latest checkpoints kept.", minimum=1)
    keep_every_hours: float = option(
        6.0, "One checkpoint in so many hours is kept for good.", minimum=0.1
    )
    cache_gb: float = option(
        8.0, "Decoded data up to this size is held in memory.", minimum=0
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
    strategy: str = option(
        "mirrored",
        "Replicas: the GPUs of this machine, or of all in TF_CONFIG.",
        choices=("mirrored", "multi_worker"),
    )
    jit_compile: bool = option(
        False, "Compile steps by XLA; for one GPU, or one processor."
    )
    logical_cpus: int = option(
        0, "Train on so many logical CPUs instead of GPUs.", minimum=0
    )
    init_from: str = option(
        "", "Run folder whose networks to start from.", paths=1
    )
    dry_run: bool = option(False, "Print the configuration, then stop.")


@dataclasses.dataclass(frozen=True)
class Sampling:
    """What `--mode=sample` writes."""

    output_dir: str = option(
        "",
        "Folder for the pictures; a folder in the run's by default.",
        paths=1,
    )
    num_identities: int = option(8, "Rows of the grid.", minimum=1)
    num_observations: int = option(8, "Columns of the grid.", minimum=1)
    codes: str = option("", "npz with z_i [n,d_i] and z_o [n,d_o].", paths=1)
    codes_as: str = option(
        "pairs",
        "Codes of the file one by one, or each z_i with each z_o.",
        choices=("pairs", "grid"),
    )
    identities: str = option(
        "", "Names, by commas, of training identities that the model knows."
    )
    share: str = option(
        "", "One of --commonalities that alone is shared along a row."
    )
    truncate: float = option(
        1.0, "Factor on the codes, in (0, 1]: less variety.", minimum=0
    )


@dataclasses.dataclass(frozen=True)
class Interpolation:
    """What `--mode=interpolate` writes."""

    ends: str = option(
        "0,1", "Two seeds; with --codes two rows of the file, from 0."
    )
    rows: int = option(8, "Steps along z_i.", minimum=1)
    columns: int = option(8, "Steps along z_o.", minimum=1)
    frames: int = option(
        12, "Frames of the animation on each of its 4 ways.", minimum=1
    )
    frame_milliseconds: int = option(
        80, "Time of a frame.", minimum=10, maximum=65_535
    )


@dataclasses.dataclass(frozen=True)
class Projection:
    """What `--mode=project` looks for."""

    images: str = option(
        "", "A photograph, a folder or a glob of them.", paths=1
    )
    crop: str = option(
        "center",
        '"center", "none", "pad", "face" or "left,top,right,bottom", as '
        "for build_records.",
    )
    restarts: int = option(4, "Descents from different codes.", minimum=1)
    projection_steps: int = option(200, "Steps of a descent.", minimum=1)
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
class Reference:
    """What `--mode=import_reference` reads."""

    reference_dir: str = option("", "Folder that the authors dumped.", paths=1)


@dataclasses.dataclass(frozen=True)
class Exporting:
    """What `--mode=export` writes."""

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
class Exploring:
    """What `--mode=explore` shows, to whom, and what it takes."""

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
class Benchmark:
    """What `--mode=bench` measures."""

    bench_steps: int = option(5, "Timed training steps.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What `--mode=evaluate` measures, and with which verifier."""

    num_pairs: int = option(10_000, "Pairs, half of them matched.", minimum=2)
    verifier: str = option(
        "facenet", "facenet, or the folder of --mode=train_verifier.", paths=1
    )
    verifier_steps: int = option(
        2000, "Steps of --mode=train_verifier.", minimum=1
    )
    verifier_width: int = option(
        32, "Channels of the trained verifier's first stage.", minimum=1
    )
    evaluate_real: bool = option(False, "Measure photographs instead.")
    bootstrap_samples: int = option(
        1000, "Resamples behind each interval.", minimum=1
    )
    factor_steps: int = option(
        3000,
        "Training steps of the model that reads the data set's known factors; "
        "0: none.",
        minimum=0,
    )
    runs: str = option("", "Run folders of --mode=table, by commas.", paths=2)
    report: bool = option(False, "Write a page of HTML beside the numbers.")


@dataclasses.dataclass(frozen=True)
class Judging:
    """What `--mode=judge_kit` writes and `--mode=judge_score` asks for."""

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
        "Share of the attention checks that an annotator must answer right.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that one command of main.py is told."""

    mode: str
    run_dir: str
    data_dir: str
    traceback: bool
    experiment: Experiment
    training: Training
    sampling: Sampling
    exporting: Exporting
    exploring: Exploring
    benchmark: Benchmark
    interpolation: Interpolation
    projection: Projection
    reference: Reference
    evaluation: Evaluation
    judging: Judging
    # Experiment fields that the user named: a run folder supplies the others.
    named: frozenset = frozenset()
    # Likewise fields of `training`, "data_dir" and "verifier"; None: all.
    told: frozenset | None = None
