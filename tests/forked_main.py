"""Runs main.py again and again, each time in a fork of this process.

To import TensorFlow, most of a start, is done once; each run then starts
TensorFlow itself. Reads lines of JSON: `{"flags": [...], "output": PATH}` is
answered with the process's id, `{"wait": ID}` with its exit code. A run may be
given an `address_space` in bytes.
"""

import json
import os
import resource
import sys

from absl import app

from sdgan_tf import environment
from sdgan_tf.commands import flags, program

environment.prepare()
# What is forked with it.
from sdgan_tf.training import trainer  # noqa: E402, F401


def start(given: list[str], output: str, address_space: int = 0) -> int:
    """Forks a process that is main.py; gives its id."""
    pid = os.fork()
    if pid:
        return pid
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    if address_space:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    app.run(program.run, argv=["main.py", *given], flags_parser=flags.parse)


if __name__ == "__main__":
    flags.define()
    for line in sys.stdin:
        command = json.loads(line)
        if "wait" in command:
            _, status = os.waitpid(command["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            given = command.pop("flags")
            print(start(given, **command), flush=True)
