"""The command `import_reference`: the authors' generators as run folders."""

from sdgan_tf.commands.options import ImportReference
from sdgan_tf.reference.systems import import_dump


def run(options: ImportReference) -> None:
    """Writes the run folder of a dump, and the codes of Figure 1.

    Raises:
        FileNotFoundError: If there is no dump, or one of its files is missing.
        ValueError: If an option is missing, or the dump is damaged.
    """
    if not options.reference_dir:
        raise ValueError("--reference_dir is missing: the folder of a dump.")
    if not options.run_dir:
        raise ValueError("--run_dir is missing: the run folder to write.")
    named = options.d_i if "d_i" in options.named else None
    imported = import_dump(options.reference_dir, options.run_dir, named)
    experiment = imported.experiment
    print(
        f"{experiment.model} of step {imported.step}, image_size="
        f"{experiment.image_size}, dim={experiment.dim}, d_i={experiment.d_i}, "
        f"d_o={experiment.d_o}: {imported.run.folder}"
    )
    if imported.codes:
        print(f"Codes of Figure 1, for --codes_as=grid: {imported.codes}")
