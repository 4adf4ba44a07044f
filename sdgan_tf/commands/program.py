"""From the command line to a command, and from an error to one line.

`main.py --mode=COMMAND` and `sdgan COMMAND` are the same program.
"""

import difflib
import logging
import os
import runpy
import sys
from importlib import metadata

from absl import app
from absl import flags as absl_flags

from sdgan_tf import allocator, environment
from sdgan_tf.commands import flags, help
from sdgan_tf.commands.registry import COMMANDS, PROGRAMS

# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130
HELP, VERSION = {"--help", "-help", "-h", "--helpshort", "-?"}, {"--version"}


def main_py() -> None:
    """Is `main.py`: the command is the value of --mode."""
    _prepare("main.py")
    flags.define()
    app.run(run, flags_parser=_parse_main_py)


def sdgan() -> None:
    """Is `sdgan`: the command is the first argument."""
    _prepare("sdgan")
    given = sys.argv[1:]
    name = given[0] if given else "--help"
    if name in HELP:
        print(help.overview("sdgan"))
    elif name in VERSION:
        print(version())
    elif name in PROGRAMS:
        sys.argv = [f"sdgan {name}", *given[1:]]
        runpy.run_module(
            PROGRAMS[name].module, run_name="__main__", alter_sys=True
        )
    else:
        mode = name.replace("-", "_")
        if mode not in COMMANDS:
            known = [*PROGRAMS, *(c.shown for c in COMMANDS.values())]
            near = difflib.get_close_matches(name, known, 1)
            advice = f" Did you mean: sdgan {near[0]} ?" if near else ""
            sys.exit(
                f"sdgan: no command {name!a}.{advice} `sdgan --help` lists "
                "them."
            )
        flags.define()
        argv = [f"sdgan {name}", f"--mode={mode}", *given[1:]]
        app.run(run, argv=argv, flags_parser=_parse_sdgan)


def _prepare(program: str) -> None:
    try:
        environment.prepare()
    except ImportError as error:
        sys.exit(f"{program}: {error}")


def version() -> str:
    """The version of the installed package, or of this source tree."""
    try:
        return f"sdgan_tf {metadata.version('sdgan_tf')}"
    except metadata.PackageNotFoundError:
        return "sdgan_tf, not installed as a package"


def run(argv: list[str]) -> None:
    """Runs the command of --mode; flags are parsed.

    Args:
        argv: The program's name and what is no flag.
    """
    program = os.path.basename(argv[0])
    if len(argv) > 1:
        # As ASCII where it holds what is not seen.
        given = argv[1] if argv[1].isprintable() else ascii(argv[1])
        advice = f". Did you mean --mode={given} ?" if given in COMMANDS else ""
        sys.exit(f"{program}: not a flag: {given}{advice}")
    logging.getLogger().setLevel(logging.WARNING)
    allocator.keep_freed_memory()
    command = COMMANDS[absl_flags.FLAGS.mode]
    try:
        options = flags.options(command.options, absl_flags.FLAGS)
    except ValueError as error:
        sys.exit(f"{program}: {error}")
    try:
        command.run(options)
    except KeyboardInterrupt:
        print(f"{program}: --mode={command.name} interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        from sdgan_tf.commands import faults

        if options.traceback or not faults.is_users(error):
            raise
        sys.exit(f"{program}: {faults.explain(error, command.name, options)}")


def _parse_main_py(argv: list[str]) -> list[str]:
    """Parses the flags; shows help where it is asked for."""
    if VERSION & set(argv):
        print(version())
        sys.exit()
    if not HELP & set(argv):
        return flags.parse(argv)
    left = flags.parse([a for a in argv if a not in HELP])
    command = COMMANDS[absl_flags.FLAGS.mode]
    print(help.of_command(f"{left[0]} --mode={command.name}", command))
    modes = ", ".join(COMMANDS)
    print(f"\nOther modes: {modes}. Their flags: --mode=MODE --help")
    sys.exit()


def _parse_sdgan(argv: list[str]) -> list[str]:
    """Parses the flags of one command; shows help where it is asked for."""
    if HELP & set(argv):
        name = argv[1].removeprefix("--mode=")
        print(help.of_command(argv[0], COMMANDS[name]))
        sys.exit()
    left = flags.parse(argv)
    flags.check_own(argv, COMMANDS[absl_flags.FLAGS.mode])
    return left
