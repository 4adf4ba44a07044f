"""Answers from files, of the page and of Mechanical Turk; bad files."""

import csv
import json

import pytest

from sdgan_tf.evaluation.judging.answer_files import answer_files, read_answers

PAGE = "kit,annotator,batch,pair,answer"


@pytest.fixture
def read(small_kit, tmp_path):
    """Reads answers from lines of text; gives (annotator, pair, answer)s."""

    def from_lines(*lines):
        path = tmp_path / "answers.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return [
            (vote.annotator, vote.pair, vote.answer)
            for vote in read_answers([str(path)], small_kit)
        ]

    return from_lines


@pytest.fixture
def read_mturk(small_kit, tmp_path):
    """Reads assignments on the first batch from dicts of their columns."""

    def from_rows(*rows):
        first = list(small_kit.key)[:4]
        common = {
            "HITId": "3X",
            "AssignmentStatus": "Approved",
            "WorkerId": "A1",
            "Input.kit": small_kit.name,
            "Input.batch": "1",
        } | {f"Input.picture_{n}": f"{p}.png" for n, p in enumerate(first, 1)}
        path = tmp_path / "results.csv"
        with open(path, "w", newline="") as file:
            columns = dict.fromkeys([*common, *(n for r in rows for n in r)])
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(common | row for row in rows)
        return read_answers([str(path)], small_kit)

    return from_rows


def test_the_page(read, small_kit):
    name, (first, second) = small_kit.name, list(small_kit.key)[:2]
    # As spreadsheet programs save it.
    assert read(
        "\ufeff" + PAGE,
        f'"{name}","Ann, ""A""",1,{first},same',
        f"{name}, bob ,1,{second},different",
    ) == [('Ann, "A"', first, "same"), ("bob", second, "different")]


@pytest.mark.parametrize(
    "answers",
    [
        {"Answer.pair_1": "same", "Answer.pair_2": "different"},
        {
            "Answer.pair_1.same": "true",
            "Answer.pair_1.different": "false",
            "Answer.pair_2.same": "FALSE",
            "Answer.pair_2.different": "TRUE",
        },
        {
            "Answer.taskAnswers": json.dumps(
                [
                    {
                        "pair_1": {"same": True, "different": False},
                        "pair_2": {"same": False, "different": True},
                    }
                ]
            )
        },
        {
            "Answer.taskAnswers": json.dumps(
                [{"pair_1": "same", "pair_2": "different"}]
            )
        },
    ],
    ids=["values", "flat", "json", "json values"],
)
def test_mechanical_turk(read_mturk, small_kit, answers):
    first, second = list(small_kit.key)[:2]
    # What was rejected, and pairs that were left open, do not count.
    found = read_mturk(
        answers,
        answers | {"WorkerId": "A2", "AssignmentStatus": "Rejected"},
        answers | {"WorkerId": "A3"},
    )
    assert [(v.annotator, v.pair, v.answer) for v in found] == [
        ("A1", first, "same"),
        ("A1", second, "different"),
        ("A3", first, "same"),
        ("A3", second, "different"),
    ]
    assert found[-1].place.endswith("results.csv:4")


def test_bad_lines(read, small_kit):
    name, pair = small_kit.name, next(iter(small_kit.key))
    good = f"{name},ann,1,{pair},same"
    for line, message in (
        (f"beef,ann,1,{pair},same", "another kit than .*Received: kit='beef'"),
        (f"{name},ann,1,{name}-99999,same", "no such pair.*-99999'"),
        (f"{name},ann,1,{pair},yes", "must be 'same' or.*answer='yes'"),
        (f"{name}, ,1,{pair},same", "must name its annotator"),
        (f"{name},ann,1,{pair}", "as many fields"),
        (f"{name},ann,1,{pair},same,x", "as many fields"),
        (f'{name},"ann"x,1,{pair},same', "is not a CSV"),
    ):
        with pytest.raises(ValueError, match=r"answers.csv:3: .*" + message):
            read(PAGE, good, line)


def test_bad_files(read, read_mturk, small_kit, tmp_path):
    with pytest.raises(ValueError, match=r":1: .*\['batch'\] are missing"):
        read("kit,annotator,pair,answer")
    with pytest.raises(ValueError, match=r"columns=\[\]"):
        read("")
    with pytest.raises(ValueError, match="'Input.picture_1'.*are missing"):
        read("WorkerId,Input.kit", "A1,x")
    path = tmp_path / "latin.csv"
    path.write_bytes(PAGE.encode() + b"\n\xe9")
    with pytest.raises(ValueError, match="latin.csv: .*UTF-8"):
        read_answers([str(path)], small_kit)
    for text in ("{", "[]", "[1]", "3"):
        with pytest.raises(ValueError, match=r":2: .*list of one form"):
            read_mturk({"Answer.taskAnswers": text})
    with pytest.raises(ValueError, match="another kit"):
        read_mturk({"Answer.pair_1": "same", "Input.kit": "beef"})


@pytest.mark.parametrize("name", ["answers", "kit [v2]", "x[1-9]", "b\\c"])
def test_files_folders_and_globs(tmp_path, name):
    folder = str(tmp_path / name)
    (tmp_path / name).mkdir()
    names = ("a (1).csv", "a.csv", "b[2].csv", "notes.txt")
    for name in (*names, "._a.csv"):
        (tmp_path / folder / name).touch()
    paths = [f"{folder}/{name}" for name in names]
    assert answer_files(folder) == paths[:3]
    assert answer_files(f"{folder}/a*.csv") == paths[:2]
    assert answer_files(paths[1]) == paths[1:2]
    assert answer_files(paths[2]) == paths[2:3]
    assert answer_files(f"{tmp_path}/*/a.csv") == paths[1:2]
    for nothing in (f"{folder}/c*.csv", f"{folder}/none", f"{folder}/c.csv"):
        with pytest.raises(FileNotFoundError, match="no CSV file. Received"):
            answer_files(nothing)
