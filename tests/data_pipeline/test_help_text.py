"""The text of `--help`."""

import pytest
from absl import flags

from data_pipeline import build_records, help_text, synthetic


@pytest.fixture(params=[build_records, synthetic])
def program(request):
    """A program whose flags are defined."""
    before = set(flags.FLAGS)
    request.param._define_flags()
    yield request.param
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)


def test_each_flag_of_a_program_is_in_one_section(program):
    named = [name for names in program.SECTIONS.values() for name in names]
    assert sorted(named) == sorted(
        flag.name
        for flag in flags.FLAGS.flags_by_module_dict()[program.__name__]
    )
    summary = "What it does. " * 10
    text = help_text.of_program("x", summary, program.SECTIONS, flags.FLAGS)
    assert text.startswith("usage: x [--flag=value ...]\n\nWhat it does. ")
    assert max(map(len, text.splitlines())) <= help_text.WIDTH
    assert text.count("\n  --") == len(named)
    assert "  <" not in text


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        (("a", "Text.", 3), "  --a                         Text. (default: 3)"),
        (("a", "Text.", ""), "  --a                         Text."),
        (("a", "Text.", None), "  --a                         Text."),
        (
            ("a", "Text.", "b", ("b", "c")),
            "  --a                         Text. (one of b, c; default: b)",
        ),
        (
            ("a", "Text.", True),
            "  --[no]a                     Text. (default: on)",
        ),
        (("a", "Text.", False), "  --[no]a                     Text."),
        (
            ("a" * 26, "Text.", 0),
            f"  --{'a' * 26}\n{' ' * 30}Text. (default: 0)",
        ),
    ],
)
def test_a_flag_s_entry(flag, text):
    assert help_text.flag_entry(*flag) == text


def test_a_long_text_is_wrapped():
    lines = help_text.entry("--a", "word " * 20).splitlines()
    assert len(lines) == 2 and max(map(len, lines)) <= 80
    assert lines[1].startswith(" " * 30 + "word")


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("/x/data_pipeline/synthetic.py", "python -m data_pipeline.synthetic"),
        ("sdgan synthesize", "sdgan synthesize"),
    ],
)
def test_usage(called, shown):
    assert help_text.usage(called, "data_pipeline.synthetic") == shown
