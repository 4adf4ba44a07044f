"""Photographs go into packs and come out of them."""

import pytest

from data_pipeline.build import packing
from data_pipeline.build.photograph import Photograph

PHOTOGRAPHS = [
    Photograph("a/b.png", "Zoë/李", "b"),
    Photograph(
        "a/b\udcff.png",
        "1",
        "",
        (("colour", 'red, "1"'), ("size", "")),
        "valid",
        ((0.1, 2 / 3), (4.0, 5.25)),
        "00ff" * 8,
    ),
]


def test_what_is_packed_is_unpacked():
    unpacked = packing.unpack(packing.pack(PHOTOGRAPHS))
    assert unpacked == PHOTOGRAPHS
    assert type(unpacked[1].labels) is tuple
    assert {type(eye) for eye in unpacked[1].eyes} == {tuple}
    assert packing.unpack(packing.pack([])) == []


def test_packs_keep_the_order():
    photographs = [Photograph(f"{n}.png", "x", str(n)) for n in range(7)]
    packs = list(packing.in_packs(iter(photographs), 3))
    assert [len(packing.unpack(pack)) for pack in packs] == [3, 3, 1]
    assert list(packing.unpack_all(packs)) == photographs
    assert list(packing.in_packs([], 3)) == []


def test_photographs_of_one_key_share_a_pack(monkeypatch):
    monkeypatch.setattr(packing, "HELD", 4)
    photographs = [Photograph(f"{n}.png", "x", str(n)) for n in range(6)]
    keys = [0, 1, 0, 0, 1, 0]
    do = packing.PackByKey()
    do.start_bundle()
    given = [
        element
        for keyed in zip(keys, photographs, strict=True)
        for element in do.process(keyed)
    ]
    assert [
        (key, [p.observation for p in packing.unpack(pack)])
        for key, pack in given
    ] == [(0, ["0", "2", "3"]), (1, ["1"])]
    assert [
        (key, [p.observation for p in packing.unpack(pack)])
        for key, pack in (last.value for last in do.finish_bundle())
    ] == [(1, ["4"]), (0, ["5"])]
    assert list(do.finish_bundle()) == []


@pytest.mark.parametrize("n", [100, 1000])
def test_a_packed_photograph_takes_few_bytes(n):
    identities = [f"{i // 10:06d}" for i in range(n)]
    photographs = [
        Photograph(f"/data/faces/{identity}/{i:07d}.png", identity, f"{i:07d}")
        for i, identity in enumerate(identities)
    ]
    assert len(packing.pack(photographs)) < 20 * n
