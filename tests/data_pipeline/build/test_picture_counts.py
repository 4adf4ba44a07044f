"""Tests of the line that says how far a build has come."""

import io
import time

from data_pipeline.build import picture_counts
from data_pipeline.build.picture_counts import INSPECTED, WRITTEN, Watch


def count(folder, what, number):
    for _ in range(number):
        picture_counts.count(str(folder), what)


def test_lines(tmp_path):
    folder = tmp_path / "temporary"
    watch = Watch(str(folder), 2000, None)
    assert watch.line(0.0) == ""
    count(folder, INSPECTED, 500)
    assert watch.line(10.0) == "Inspected 500 of 2,000 pictures"
    count(folder, INSPECTED, 500)
    # 50 a second: 1,000 more take 20 s.
    assert watch.line(20.0) == "Inspected 1,000 of 2,000 pictures, 0:20 left"
    count(folder, WRITTEN, 10)
    assert watch.line(40.0) == "Wrote 10 of 2,000 pictures"
    count(folder, WRITTEN, 10)
    assert watch.line(41.0) == "Wrote 20 of 2,000 pictures, 3:18 left"
    # Of those that were inspected 1,880 are left out.
    picture_counts.expect(str(folder), 120)
    assert watch.line(41.0) == "Wrote 20 of 120 pictures, 0:10 left"


def test_lines_are_shown_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_counts, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(picture_counts, "SECONDS", {False: 0.01})
    stream = io.StringIO()
    count(tmp_path, INSPECTED, 3)
    with Watch(str(tmp_path), 9, stream):
        deadline = time.monotonic() + 20
        while not stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
    # Once, however often it is looked at.
    assert stream.getvalue() == "Inspected 3 of 9 pictures\n"


def test_nothing_is_shown_where_there_are_no_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_counts, "QUIET_SECONDS", 0.01)
    picture_counts.count("gs://bucket/folder", INSPECTED)
    stream = io.StringIO()
    with Watch("gs://bucket/folder", 9, stream):
        time.sleep(0.05)
    assert not stream.getvalue()
