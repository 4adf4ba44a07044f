"""From the command line to a command, and from an error to one line.

`main.py --mode=COMMAND` and `sdgan COMMAND` are the same program.
"""

import difflib
import functools
import importlib
import logging
import os
import sys

from absl import app
from absl import flags as absl_flags

import sdgan_tf
from data_pipeline import startup
from data_pipeline.help_text import ASKED
from sdgan_tf import allocator, environment
from sdgan_tf.commands import flags, help
from sdgan_tf.commands.registry import COMMANDS, PROGRAMS, Command

VERSION = f"sdgan_tf {sdgan_tf.__version__}"


def main_py() -> None:
    """Is `main.py`: the command is the value of --mode."""
    flags.define()
    app.run(run, flags_parser=_parse_main_py)


def sdgan() -> None:
    """Is `sdgan`: the command is the first argument."""
    name, *given = sys.argv[1:] or ["--help"]
    program = f"sdgan {name}"
    if name in ASKED:
        print(help.overview("sdgan"))
    elif name == "--version":
        print(VERSION)
    elif name in PROGRAMS:
        importlib.import_module(PROGRAMS[name].module).run([program, *given])
    elif command := COMMANDS.get(name.replace("-", "_")):
        flags.define()
        app.run(
            run,
            argv=[program, *given],
            flags_parser=functools.partial(_parse_sdgan, command),
        )
    else:
        known = [*PROGRAMS, *(c.shown for c in COMMANDS.values())]
        near = difflib.get_close_matches(name, known, 1)
        advice = f" Did you mean: sdgan {near[0]} ?" if near else ""
        sys.exit(
            f"sdgan: no command {name!a}.{advice} `sdgan --help` lists them."
        )


def run(argv: list[str]) -> None:
    """Runs the command of --mode; flags are parsed.

    Args:
        argv: The program's name and what is no flag.
    """
    program = os.path.basename(argv[0])
    if len(argv) > 1:
        # As ASCII where it holds what is not seen.
        given = argv[1] if argv[1].isprintable() else ascii(argv[1])
        known = program == "main.py" and given.replace("-", "_") in COMMANDS
        advice = f". Did you mean --mode={given} ?" if known else ""
        sys.exit(f"{program}: not a flag: {given}{advice}")
    logging.getLogger().setLevel(logging.WARNING)
    allocator.keep_freed_memory()
    command = COMMANDS[absl_flags.FLAGS.mode]
    try:
        environment.prepare()
        options = flags.options(command.options, absl_flags.FLAGS)
    except (ImportError, ValueError) as error:
        sys.exit(f"{program}: {error}")
    of = f" --mode={command.name}" if program == "main.py" else ""
    with startup.interruptible(f"{program}:{of}"):
        _run(command, options, program)


def _run(command: Command, options: flags.Options, program: str) -> None:
    try:
        command.run(options)
    except Exception as error:
        from sdgan_tf.commands import error_messages

        if options.traceback or not error_messages.is_users(error):
            raise
        sys.exit(
            f"{program}: {error_messages.explain(error, command.name, options)}"
        )


def _parse_main_py(argv: list[str]) -> list[str]:
    """Parses the flags; shows help where it is asked for."""
    if "--version" in argv:
        print(VERSION)
        sys.exit()
    if not ASKED & set(argv):
        return flags.parse(argv)
    left = flags.parse([a for a in argv if a not in ASKED])
    command = COMMANDS[absl_flags.FLAGS.mode]
    print(help.of_command(f"{left[0]} --mode={command.name}", command))
    modes = ", ".join(COMMANDS)
    print(f"\nOther modes: {modes}. Their flags: --mode=MODE --help")
    sys.exit()


def _parse_sdgan(command: Command, argv: list[str]) -> list[str]:
    """Parses the flags of one command; shows help where it is asked for."""
    if ASKED & set(argv):
        print(help.of_command(argv[0], command))
        sys.exit()
    flags.check_own(argv, command)
    left = flags.parse(argv)
    # A flagfile may name a mode of main.py.
    absl_flags.FLAGS["mode"].value = command.name
    return left
