"""Figures of a report that say nothing, and factors that are not read."""

from sdgan_tf.evaluation import report_tables


def test_figures_that_say_nothing():
    line = {"auc": 0.55, "id_div": 0.2, "photographs_told_apart": False}
    assert "not meaningful" in report_tables.number(line, "auc")
    assert report_tables.number(line, "id_div") == "0.2000"
    line["photographs_told_apart"] = True
    assert report_tables.number(line, "auc") == "0.5500"


def test_factors_that_are_not_read_are_not_drawn():
    found = {"of": "identity", "z_i": 0.77, "z_o": 0.11}
    read, unread = (
        report_tables.factors_table(
            {"factors": {"hat": found | {"read_from_photographs": r}}}
        )
        for r in (0.31, 0.29)
    )
    assert "0.77" in read and 'class="bar"' in read
    assert "0.29" in unread and "not predicted well enough" in unread
    assert "0.77" not in unread and 'class="bar"' not in unread
