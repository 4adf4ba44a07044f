"""Flags of the processor."""

import pytest

from sdgan_tf import hardware


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("model name\t: A\nflags\t\t: fpu avx512_bf16 sse\n", True),
        ("flags\t\t: fpu avx512f amx_bf16\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags\t\t: fpu avx512f avx512vl\n", False),
        ("bugs\t\t: avx512_bf16\n", False),
        (None, False),
    ],
)
def test_what_the_processor_says(cpu, text, has):
    cpu(text)
    assert hardware.has_bfloat16() == has
