"""The page's files name each other rightly, and nothing of elsewhere."""

import json
import re

from sdgan_tf.explorer import site_files

FILES = {path.name: path.read_text() for path in site_files.SITE.iterdir()}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}


def imports(text):
    return set(re.findall(r'from "\./([^"]+)"', text))


def test_scripts_are_there_and_loaded_at_once():
    # A worker's own are not the page's.
    wanted, found = {"page.js"}, set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted |= imports(SCRIPTS[name]) - found
    page = FILES["index.html"]
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', page)
    assert set(preloaded) == found - {"page.js"}
    assert set(SCRIPTS) == found | {site_files.WORKER}


def test_elements_that_scripts_name_are_there():
    ids = set(re.findall(r'\bid="([^"]+)"', FILES["index.html"]))
    for name, text in SCRIPTS.items():
        named = set(re.findall(r'(?:element|#element)\("([^"$]+)"\)', text))
        named |= set(re.findall(r'getElementById\("([^"]+)"\)', text))
        assert named <= ids, (name, named - ids)


def test_nothing_comes_from_elsewhere():
    for name, text in FILES.items():
        addresses = set(re.findall(r"https?://[^\s\"')]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name


def test_what_is_read_is_never_markup():
    for name, text in SCRIPTS.items():
        for unsafe in ("innerHTML", "outerHTML", "insertAdjacent", "eval("):
            assert unsafe not in text, name


def test_the_start_file():
    start = json.loads(
        site_files.start_file("browser", ["a", "b"], {"seed": 1})
    )
    assert start == {
        "backend": "browser",
        "generators": [
            {"name": "a", "folder": "generators/0"},
            {"name": "b", "folder": "generators/1"},
        ],
        "settings": {"seed": 1},
    }
