"""The command `judge_kit`: pairs and pages for human judges."""

import os

from data_pipeline.records import DataSet
from sdgan_tf.commands.options import JudgeKit
from sdgan_tf.evaluation.judging import kit, kit_writing, pages
from sdgan_tf.runs import Run


def run(options: JudgeKit) -> None:
    """Writes a kit: see `kit` for what is in its folder.

    Raises:
        FileExistsError: If the output folder is not empty.
        FileNotFoundError: If there is no checkpoint or data set.
        ValueError: If an option is missing or does not fit another.
    """
    _check(options)
    batches = kit.plan(
        options.num_pairs,
        options.judge_batch_size,
        options.judge_checks,
        options.seed,
    )
    num_checks = len(batches) * options.judge_batch_size - options.num_pairs
    numbers = options.num_pairs, num_checks, options.seed
    if options.evaluate_real:
        data = DataSet.open(options.data_dir)
        pictures = kit_writing.real_pictures(data, *numbers)
    else:
        pictures = kit_writing.generated_pictures(
            Run(options.run_dir), *numbers
        )
    written = kit_writing.write_kit(
        options.output_dir,
        batches,
        pictures,
        judge_subject=options.judge_subject,
        judge_url=options.judge_url,
        seed=options.seed,
    )
    page = os.path.join(written.folder, os.path.dirname(kit.PAGE))
    print(
        f"Kit {written.name}: {options.num_pairs} pairs and {num_checks} "
        f"attention checks in {len(batches)} batches. For the judges: {page}"
    )


def _check(options: JudgeKit) -> None:
    """First what is wrong at once, then what takes minutes."""
    pages.subject_words(options.judge_subject)
    if not (options.run_dir or options.evaluate_real):
        raise ValueError(
            "--run_dir is missing: the folder of a trained run. (For "
            "pairs of photographs, pass --evaluate_real.)"
        )
    if options.evaluate_real and not options.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    if not options.output_dir:
        raise ValueError("--output_dir is missing: a new folder for the kit.")
    kit_writing.check_folder(options.output_dir)
