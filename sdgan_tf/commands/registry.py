"""The commands by name."""

import dataclasses

from data_pipeline import startup
from sdgan_tf.commands import options
from sdgan_tf.commands.shared_options import Options


@dataclasses.dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: The value of --mode, and its module in this package, whose
            function `run` takes the options.
        options: The class of its options.
        summary: What it does, in a line.
    """

    name: str
    options: type[Options]
    summary: str

    @property
    def shown(self) -> str:
        """The name as `sdgan` takes it."""
        return self.name.replace("_", "-")

    def run(self, given: Options) -> None:
        """Runs the command.

        Its module is imported now: TensorFlow takes seconds, and a wrong flag
        is known before.
        """
        module = startup.import_quietly(f"sdgan_tf.commands.{self.name}")
        module.run(given)


@dataclasses.dataclass(frozen=True)
class Program:
    """A command of `sdgan` that is a program with flags of its own.

    Attributes:
        shown: The name as `sdgan` takes it.
        module: The module whose function `run` takes the arguments.
        summary: What it does, in a line.
    """

    shown: str
    module: str
    summary: str


PROGRAMS = {
    program.shown: program
    for program in (
        Program(
            "build",
            "data_pipeline.build_records",
            "Builds a data set from photographs.",
        ),
        Program(
            "synthesize",
            "data_pipeline.synthetic",
            "Draws synthetic portraits for tests and demos.",
        ),
    )
}


COMMANDS = {
    command.name: command
    for command in (
        Command("train", options.Train, "Trains a model; the default."),
        Command("sample", options.Sample, "Generates pictures from codes."),
        Command(
            "interpolate",
            options.Interpolate,
            "Interpolates between two codes.",
        ),
        Command(
            "project",
            options.Project,
            "Estimates the codes of photographs.",
        ),
        Command(
            "evaluate",
            options.Evaluate,
            "Measures a generator by the paper's protocol.",
        ),
        Command(
            "table", options.Table, "Compares several generators in a table."
        ),
        Command(
            "dataset",
            options.Dataset,
            "Writes a data set of generated identities.",
        ),
        Command(
            "train_verifier",
            options.TrainVerifier,
            "Trains a verifier, a network that tells subjects apart.",
        ),
        Command(
            "judge_kit",
            options.JudgeKit,
            "Writes pairs and pages for human judges.",
        ),
        Command(
            "judge_score",
            options.JudgeScore,
            "Scores the answers of human judges.",
        ),
        Command(
            "explore", options.Explore, "Serves a page to explore a generator."
        ),
        Command(
            "export", options.Export, "Exports a generator for other programs."
        ),
        Command(
            "import_reference",
            options.ImportReference,
            "Imports the authors' released weights.",
        ),
        Command(
            "queue",
            options.Queue,
            "Runs a list of trainings, one after another.",
        ),
        Command(
            "bench", options.Bench, "Measures the time of a training step."
        ),
    )
}
