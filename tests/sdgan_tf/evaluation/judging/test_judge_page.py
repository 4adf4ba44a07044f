"""The pages in a real browser, and what is made of what it saves."""

import csv
import os
import pathlib
import re

import pytest

from sdgan_tf.evaluation.judging import kit
from sdgan_tf.evaluation.judging.results import score_kit


@pytest.fixture
def url(small_kit):
    return pathlib.Path(small_kit.folder, kit.PAGE).as_uri()


def start(page, name: str, batch: int = 1) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Batch", exact=True).select_option(str(batch - 1))
    page.get_by_role("button", name="Start").click()


def choose(page, small_kit, index: int, by_key: bool, answer="") -> None:
    """Answers the pair on show, rightly unless told otherwise."""
    name, pair = list(small_kit.key.items())[index]
    picture = page.locator("#picture")
    assert picture.get_attribute("src") == f"pictures/{name}.png"
    page.wait_for_function(
        "() => document.getElementById('picture').naturalWidth > 0"
        " && document.getElementById('picture').complete"
    )
    answer = answer or pair.answer
    if by_key:
        page.keyboard.press({"same": "s", "different": "D"}[answer])
    else:
        label = {"same": "Same person", "different": "Different people"}
        page.get_by_role("button", name=label[answer]).click()


def save(page, folder: str) -> str:
    with page.expect_download() as download:
        page.locator(".save:visible").click()
    path = os.path.join(folder, kit.ANSWERS, download.value.suggested_filename)
    download.value.save_as(path)
    return path


def read(path: str) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_batch_by_keys_and_clicks(small_kit, url, new_page):
    page = new_page()
    page.goto(url)
    start(page, "  Ann   Lee ")
    where = page.locator("#where")
    assert where.inner_text() == "Batch 1, pair 1 of 4, 0 answered"
    assert page.get_by_role("button", name="Back").is_disabled()
    wrong = {"same": "different", "different": "same"}
    first = next(iter(small_kit.key.values()))
    choose(page, small_kit, 0, by_key=True, answer=wrong[first.answer])
    choose(page, small_kit, 1, by_key=False)
    # A mistake is undone.
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Back").click()
    pressed = page.locator("[aria-pressed=true]")
    assert pressed.get_attribute("id") == wrong[first.answer]
    choose(page, small_kit, 0, by_key=False)
    page.reload()
    assert where.inner_text() == "Batch 1, pair 3 of 4, 2 answered"
    assert len(read(save(page, small_kit.folder))) == 2
    choose(page, small_kit, 2, by_key=True)
    choose(page, small_kit, 3, by_key=True)
    assert "Batch 1 is done: all 4" in page.locator("#finished").inner_text()
    page.get_by_role("button", name="Next batch").click()
    for index in range(4, 8):
        choose(page, small_kit, index, by_key=index % 2 == 0)
    path = save(page, small_kit.folder)
    assert os.path.basename(path) == f"answers-{small_kit.name}-Ann_Lee.csv"
    assert [row["pair"] for row in read(path)] == list(small_kit.key)
    assert {row["annotator"] for row in read(path)} == {"Ann Lee"}
    line = score_kit(small_kit.folder, judge_annotators=1)
    assert line["accuracy"] == 1.0 and line["answers"] == 4
    assert line["annotators"] == 1 and line["judged_unmatched"] == 2


def test_annotators_are_apart_and_found_again(small_kit, url, new_page):
    page = new_page()
    page.goto(url)
    start(page, "ann", batch=2)
    choose(page, small_kit, 4, by_key=True)
    page.get_by_role("button", name="Other batch").click()
    batches = page.get_by_label("Batch", exact=True).locator("option")
    assert batches.all_inner_texts() == [
        "Batch 1: 0 of 4 answered",
        "Batch 2: 1 of 4 answered",
    ]
    start(page, 'bob "B", jr', batch=2)
    assert "pair 1 of 4, 0 answered" in page.locator("#where").inner_text()
    choose(page, small_kit, 4, by_key=True)
    (row,) = read(save(page, small_kit.folder))
    assert row["annotator"] == 'bob "B", jr'
    # A new tab, as on another day, asks who it is.
    tab = page.context.new_page()
    tab.goto(url)
    assert tab.get_by_label("Your name").input_value() == 'bob "B", jr'
    start(tab, "ann", batch=2)
    assert "pair 2 of 4, 1 answered" in tab.locator("#where").inner_text()


def test_keys_that_are_no_answers(small_kit, url, new_page):
    page = new_page()
    page.goto(url)
    page.keyboard.press("s")
    start(page, "sd")
    choose(page, small_kit, 0, by_key=True)
    page.keyboard.press("Control+d")
    page.keyboard.press("x")
    # A held key answers once.
    page.wait_for_function(
        "() => document.getElementById('picture').naturalWidth > 0"
    )
    page.keyboard.down("s")
    page.keyboard.down("s")
    page.keyboard.up("s")
    page.wait_for_timeout(200)
    assert "pair 3 of 4, 2 answered" in page.locator("#where").inner_text()


def test_a_missing_picture_cannot_be_answered(small_kit, url, new_page):
    name = kit.picture_name(next(iter(small_kit.key)))
    pathlib.Path(small_kit.folder, kit.PICTURES, name).unlink()
    page = new_page()
    page.goto(url)
    start(page, "ann")
    page.get_by_role("alert").wait_for()
    assert name in page.get_by_role("alert").inner_text()
    page.keyboard.press("s")
    page.get_by_role("button", name="Same person").click()
    assert "pair 1 of 4, 0 answered" in page.locator("#where").inner_text()


def test_without_storage_the_page_warns(small_kit, url, new_page):
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new Error('no storage'); } });"
    )
    page.goto(url)
    start(page, "ann")
    assert "keeps no" in page.get_by_role("alert").inner_text()
    choose(page, small_kit, 0, by_key=True)
    choose(page, small_kit, 1, by_key=True)
    assert len(read(save(page, small_kit.folder))) == 2


def test_a_telephone(small_kit, url, new_page):
    page = new_page(viewport={"width": 320, "height": 640}, has_touch=True)
    page.goto(url)
    start(page, "ann")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320
    for button in page.locator("button:visible").all():
        assert button.bounding_box()["height"] >= 44
    box = page.get_by_role("button", name="Different people").bounding_box()
    assert box["y"] + box["height"] <= 640


def test_mechanical_turk_layout(small_kit, new_page):
    """Answers the HITs as Amazon would show them; scores what it would save."""
    layout = pathlib.Path(small_kit.folder, kit.LAYOUT).read_text()
    pictures = pathlib.Path(small_kit.folder, kit.PICTURES).as_uri()
    layout = layout.replace("https://example.com/pictures", pictures)
    # Amazon's own script, which this test has no network for.
    layout = re.sub(r"<script.*?</script>", "", layout)
    results = []
    for row in read(os.path.join(small_kit.folder, kit.BATCHES)):
        path = pathlib.Path(small_kit.folder, f"hit{row['batch']}.html")
        path.write_text(
            re.sub(r"\$\{(\w+)\}", lambda match, row=row: row[match[1]], layout)
        )
        page = new_page()
        page.goto(path.as_uri())
        result = {"WorkerId": "A1", "AssignmentStatus": "Submitted"}
        result |= {f"Input.{name}": value for name, value in row.items()}
        for n in range(1, 5):
            pair = small_kit.key[row[f"picture_{n}"].removesuffix(".png")]
            group = page.get_by_role("group", name=f"Pair {n}")
            assert group.locator("img").evaluate("i => i.naturalWidth") == 68
            label = "Same person" if pair.answer == kit.SAME else "Different"
            group.get_by_label(label).check()
        for button in page.get_by_role("radio").all():
            name, value = map(button.get_attribute, ("name", "value"))
            result[f"Answer.{name}.{value}"] = str(button.is_checked()).lower()
        results.append(result)
    path = pathlib.Path(small_kit.folder, kit.ANSWERS, "Batch_1_results.csv")
    path.parent.mkdir()
    path.write_text(
        kit.csv_text([results[0], *(result.values() for result in results)])
    )
    line = score_kit(small_kit.folder, judge_annotators=1)
    assert line["accuracy"] == 1.0 and line["answers"] == 4
