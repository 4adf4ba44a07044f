"""From the command line to a command, and from an error to one line."""

import logging
import sys

from sdgan_tf import allocator
from sdgan_tf.commands import flags
from sdgan_tf.commands.registry import COMMANDS

# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130


def main(argv: list[str]) -> None:
    """Runs the command of --mode; flags are parsed.

    Args:
        argv: The program's name and what is no flag.
    """
    if len(argv) > 1:
        # As ASCII where it holds what is not seen.
        given = argv[1] if argv[1].isprintable() else ascii(argv[1])
        advice = f". Did you mean --mode={given} ?" if given in COMMANDS else ""
        sys.exit(f"main.py: not a flag: {given}{advice}")
    logging.getLogger().setLevel(logging.WARNING)
    allocator.keep_freed_memory()
    command = COMMANDS[flags.flags.FLAGS.mode]
    try:
        options = flags.options(command.options)
    except ValueError as error:
        sys.exit(f"main.py: {error}")
    try:
        command.run(options)
    except KeyboardInterrupt:
        print(f"main.py: --mode={command.name} interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        from sdgan_tf.commands import faults

        if options.traceback or not faults.is_users(error):
            raise
        sys.exit(f"main.py: {faults.explain(error, command.name, options)}")
