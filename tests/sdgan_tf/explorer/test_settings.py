"""Settings: their ranges, and what the page is told."""

import pytest

from sdgan_tf.explorer.settings import Settings


@pytest.mark.parametrize(
    "bad", [{"seed": -1}, {"seed": 2**53}, {"rows": 0}, {"columns": 17}]
)
def test_ranges(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ValueError, match=rf"`{name}` must.*{name}={value}"):
        Settings(**bad)


def test_what_the_page_is_told():
    settings = Settings(seed=4, rows=2, upload_count=3)
    assert settings.of_page() == {
        "seed": 4,
        "rows": 2,
        "columns": 8,
        "frames": 12,
        "frame_milliseconds": 80,
    }
    assert settings.of_uploads() == {"count": 3, "megabytes": 10.0}
