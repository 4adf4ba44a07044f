"""Freed memory is used again, counted by the pages that the kernel gave."""

import os
import subprocess
import sys

import pytest
from absl import flags as absl_flags

from sdgan_tf.allocator import peak_memory_gb
from sdgan_tf.commands import flags, program
from sdgan_tf.commands.registry import Command

COUNT = """
import resource
import numpy as np
from sdgan_tf.allocator import keep_freed_memory

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

print(int({keep} and keep_freed_memory()))
np.ones(1 << 23)
before = pages()
for _ in range(10):
    np.ones(1 << 23)
print(pages() - before)
"""
PAGES = (8 << 23) // os.sysconf("SC_PAGE_SIZE")  # Of one such array.


def count(keep: bool, **environment: str) -> tuple[int, int]:
    """Whether memory is kept, and the pages that ten arrays took."""
    clean = {k: v for k, v in os.environ.items() if "MALLOC" not in k}
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(keep=keep)],
        env={**clean, **environment, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=True,
    )
    kept, pages = map(int, done.stdout.split())
    return kept, pages


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="glibc's allocator"
)
def test_the_next_array_needs_no_new_pages():
    kept, pages = count(keep=True)
    assert kept and pages < PAGES / 10
    # What it is against: each array is mapped and cleared anew.
    kept, pages = count(keep=False)
    assert not kept and pages > 5 * PAGES / 512


def test_the_users_own_settings_stay():
    kept, _ = count(keep=True, MALLOC_ARENA_MAX="2")
    assert not kept


def test_main_sets_it_before_anything_else(monkeypatch):
    calls = []
    values = absl_flags.FlagValues()
    flags.define(values)
    values(["main.py"])
    monkeypatch.setattr(program.absl_flags, "FLAGS", values)
    monkeypatch.setattr(
        program.allocator, "keep_freed_memory", lambda: calls.append("kept")
    )
    monkeypatch.setattr(
        Command, "run", lambda command, options: calls.append(command.name)
    )
    program.run(["main.py"])
    assert calls == ["kept", "train"]


def test_peak_memory_is_in_gigabytes():
    # A process with TensorFlow in it.
    assert 0.1 < peak_memory_gb() < 100
