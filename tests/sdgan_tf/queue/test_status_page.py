"""The page of a queue."""

from sdgan_tf.queue.jobs import Job, Record
from sdgan_tf.queue.status_page import status_page


def test_it_shows_time_grid_and_error_and_escapes_them(tmp_path):
    record = Record(Job("a", (), 90.0), tmp_path / "a")
    record.state, record.seconds, record.error = "failed", 600.0, "<b>no"
    grids = tmp_path / "a" / "samples"
    grids.mkdir(parents=True)
    for step in (5, 10):
        (grids / f"samples_grid-{step:08d}.png").touch()
    page = status_page([record], tmp_path)
    assert "<td>0:10 h</td><td>1:20 h</td>" in page
    assert 'src="a/samples/samples_grid-00000010.png"' in page
    assert "<pre>&lt;b&gt;no</pre>" in page and "<b>" not in page


def test_nothing_is_left_of_what_is_done(tmp_path):
    record = Record(Job("a", (), 1.0), tmp_path / "a")
    record.state = "done"
    assert "<td>0:00 h</td><td></td>" in status_page([record], tmp_path)
