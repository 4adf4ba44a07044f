"""Near duplicates of a collection: found whatever band they share."""

import base64
import dataclasses

import numpy as np
import pytest
from PIL import Image

from data_pipeline import records
from data_pipeline.build import manifest as manifests
from data_pipeline.build import near_duplicates, perceptual_hash
from data_pipeline.build.photograph import Photograph


def looks_of(signs) -> list[str]:
    found = np.zeros(len(signs), perceptual_hash.LOOK)
    found["signs"] = signs
    return [base64.b85encode(f.tobytes()).decode() for f in found]


def photographs(signs, identities):
    return [
        Photograph(f"{n}.png", identity, str(n), look=look)
        for n, (look, identity) in enumerate(
            zip(looks_of(signs), identities, strict=True)
        )
    ]


def found_by_bands(shown) -> dict[str, set[str]]:
    """Of each path its partners in the buckets of all bands."""
    bands = near_duplicates._Bands()
    bands.start_bundle()
    list(map(list, map(bands.process, shown)))
    buckets = {}
    for element in bands.finish_bundle():
        key, packed = element.value
        buckets.setdefault(key, []).append(packed)
    names = {near_duplicates.number_of(p): p.path for p in shown}
    found = {}
    for bucket in buckets.items():
        for number, other in near_duplicates.partners(bucket):
            found.setdefault(names[number], set()).add(names[other])
    return found


def test_whatever_bits_differ():
    """Any four of 64 bits, also four in four different bands."""
    rng = np.random.default_rng(0)
    base = int(rng.integers(0, 1 << 63))
    for _ in range(50):
        bits = rng.choice(64, 4, replace=False)
        other = base ^ int(sum(1 << int(bit) for bit in bits))
        shown = photographs([base, other], "ab")
        assert found_by_bands(shown) == {"0.png": {"1.png"}, "1.png": {"0.png"}}
    assert sum(near_duplicates._WIDTHS) == 64


def test_five_bits_and_one_identity_are_no_pair():
    assert not found_by_bands(photographs([0b11111, 0], "ab"))
    assert not found_by_bands(photographs([1, 0], "aa"))


def test_one_partner_for_each(monkeypatch):
    """Of the smallest number, whatever lies in the rows between."""
    monkeypatch.setattr(near_duplicates, "ROWS", 3)
    shown = photographs([7] * 20, "abcde" * 4)
    order = sorted(shown, key=near_duplicates.number_of)
    found = found_by_bands(shown)
    assert len(found) == 20
    for photograph in shown:
        first = next(p for p in order if p.identity != photograph.identity)
        assert found[photograph.path] == {first.path}


def test_thin(monkeypatch):
    """A picture stays that is near to one that was dropped, and to no other."""
    monkeypatch.setattr(near_duplicates, "ROWS", 2)
    shown = photographs([0, 0b1111, 0b11111111, 1 << 40, 0b1], "aaaaa")
    blank = dataclasses.replace(shown[0], path="blank.png", look=None)
    kept, dropped = near_duplicates.thin([blank, *shown])
    assert [p.path for p in kept] == ["blank.png", "0.png", "2.png"]
    assert dropped == ["1.png", "3.png", "4.png"]
    assert near_duplicates.thin([blank]) == ([blank], [])


@pytest.fixture
def with_near_duplicates(source):
    """Ada, Bob and Cid with three pictures; Bob has one of Ada's, smaller.

    Cid has one of his own twice, once compressed.
    """
    rng = np.random.default_rng(0)

    def patches():
        colours = rng.integers(0, 256, [16, 16, 3], dtype=np.uint8)
        return Image.fromarray(colours).resize((96, 96))

    for name in ("Ada", "Bob", "Cid"):
        (source / name).mkdir(parents=True)
        for number in range(3):
            picture = patches()
            picture.save(source / name / f"{number}.png")
            if (name, number) == ("Ada", 1):
                picture.resize((64, 64)).save(source / "shared.png")
    (source / "shared.png").rename(source / "Bob/of Ada.png")
    with Image.open(source / "Cid/2.png") as picture:
        picture.save(source / "Cid/2 small.jpg", quality=60)


def test_they_are_listed(
    with_near_duplicates, build, read_records, images_of, source, target
):
    manifest = build("folders", source, target)
    assert images_of(read_records(target)) == {"Ada": 3, "Bob": 4, "Cid": 4}
    ada = {"path": f"{source}/Ada/1.png", "identity": "Ada"}
    bob = {"path": f"{source}/Bob/of Ada.png", "identity": "Bob"}
    assert manifest["near_duplicates"] == [
        ada | {"like": bob},
        bob | {"like": ada},
    ]
    text = manifests.summary(manifest)
    assert (
        "2 near duplicates under two identities (--drop_near_duplicates leaves "
        f"them out)\n  Ada, {source}/Ada/1.png: like Bob, {source}/Bob/of "
        "Ada.png\n"
    ) in text
    assert "left out" not in text


def test_they_are_left_out(
    with_near_duplicates, build, read_records, images_of, source, target
):
    manifest = build("folders", source, target, drop_near_duplicates=True)
    read = read_records(target)
    assert images_of(read) == {"Ada": 2, "Bob": 3, "Cid": 3}
    assert not {("Ada", "1"), ("Bob", "of Ada"), ("Cid", "2")} & {
        (r["identity"], r["observation"]) for r in read
    }
    assert manifest["near_duplicates_of_one_identity"] == [
        f"{source}/Cid/2.png"
    ]
    text = manifests.summary(manifest)
    assert "left out: 2 near duplicates under two identities\n" in text
    assert "left out: 1 near duplicates within an identity" in text
    assert records.DataSet.open(str(target)).build_id == manifest["build_id"]


@pytest.mark.parametrize("drop", [False, True])
def test_what_goes_on(drop):
    """A look goes on only where an identity is thinned by it."""
    near, other = photographs([1, 9], "ab")
    numbers = np.array([near_duplicates.number_of(near)], np.int64)
    told = list(near_duplicates.tell_apart(near, numbers, drop))
    tagged = told.pop(0)
    assert (tagged.tag, tagged.value) == ("near", (numbers[0], "0.png", "a"))
    assert told == ([] if drop else [dataclasses.replace(near, look=None)])
    (passed,) = near_duplicates.tell_apart(other, numbers, drop)
    assert passed.look == (other.look if drop else None)
