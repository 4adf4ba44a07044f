"""Files of tensors, and files that would do more than hold tensors."""

import struct

import numpy as np
import pytest

from sdgan_tf.features.torch_tensors import UnsafeFile, read_tensors

PROTO, STOP = b"\x80\x02", b"."
MARK, TUPLE, REDUCE = b"(", b"t", b"R"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values) -> bytes:
    return MARK + b"".join(map(number, values)) + TUPLE


def tensor(key: str, count: int, offset: int, shape, strides) -> bytes:
    """A tensor as PyTorch describes it."""
    storage = (
        MARK
        + text("storage")
        + b"ctorch\nFloatStorage\n"
        + text(key)
        + text("cpu")
        + number(count)
        + b"N"
        + TUPLE
        + b"Q"
    )
    arguments = storage + number(offset) + numbers(shape) + numbers(strides)
    hooks = b"ccollections\nOrderedDict\n)" + REDUCE
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + MARK
        + arguments
        + b"\x89"
        + hooks
        + TUPLE
        + REDUCE
    )


def file_of(
    tensors: dict[str, bytes], storages: dict[str, list[float]]
) -> bytes:
    """A whole file; `tensors` are descriptions by name."""
    magic = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
    system = b"}" + text("little_endian") + b"\x88s"
    items = b"".join(text(name) + value for name, value in tensors.items())
    state = b"ccollections\nOrderedDict\n)" + REDUCE + MARK + items + b"u"
    keys = b"]" + MARK + b"".join(map(text, storages)) + b"e"
    data = PROTO + b"\x8a\x0a" + magic + STOP
    for program in (number(1001), system, state, keys):
        data += PROTO + program + STOP
    for values in storages.values():
        data += struct.pack("<q", len(values))
        data += np.array(values, "<f4").tobytes()
    return data


@pytest.fixture
def write(tmp_path):
    def write(data: bytes) -> str:
        path = tmp_path / "weights.pth"
        path.write_bytes(data)
        return str(path)

    return write


def test_a_tensor_and_one_with_strides_of_its_own(write):
    path = write(
        file_of(
            {
                "plain": tensor("a", 6, 0, (2, 3), (3, 1)),
                # The transpose, and the last column, of the same numbers.
                "turned": tensor("a", 6, 0, (3, 2), (1, 3)),
                "column": tensor("a", 6, 2, (2,), (3,)),
                "other": tensor("b", 1, 0, (), ()),
            },
            {"a": [0, 1, 2, 3, 4, 5], "b": [7]},
        )
    )
    tensors = read_tensors(path)
    assert list(tensors) == ["plain", "turned", "column", "other"]
    np.testing.assert_array_equal(tensors["plain"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["turned"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(tensors["column"], [2, 5])
    assert tensors["other"] == 7 and tensors["turned"].flags.c_contiguous


ATTACKS = {
    # What pickle would run.
    "a function": (b"cos\nsystem\n" + text("true") + b"\x85R", "'os.system'"),
    "a builtin": (b"cbuiltins\neval\n" + text("1") + b"\x85R", "eval"),
    "a call of text": (text("os") + b")R", "it calls 'os'"),
    "an object": (b")\x81", "opcode NEWOBJ"),
    "a stacked name": (text("os") + text("system") + b"\x93", "STACK_GLOBAL"),
    "an extension": (b"\x82\x01", "opcode EXT1"),
    "an old object": (b"(ios\nsystem\n", "opcode INST"),
    "a storage of a file": (
        MARK + text("module") + b"NNNNN" + TUPLE + b"Q",
        "it refers to 'module'",
    ),
    "a strange storage": (
        MARK
        + text("storage")
        + text("os system")
        + text("a")
        + text("cpu")
        + number(1)
        + b"N"
        + TUPLE
        + b"Q",
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_but_tensors_is_read(name, write, monkeypatch):
    monkeypatch.setattr("os.system", lambda *_: pytest.fail("it ran"))
    code, message = ATTACKS[name]
    path = write(file_of({"weight": code}, {"a": [1.0]}))
    with pytest.raises(UnsafeFile, match=message) as error:
        read_tensors(path)
    assert path in str(error.value)


DAMAGES = {
    "outside": ({"w": tensor("a", 4, 0, (5,), (1,))}, "larger than its"),
    "far strides": ({"w": tensor("a", 4, 0, (2,), (9,))}, "larger than its"),
    "before": ({"w": tensor("a", 4, -1, (2,), (1,))}, "negative"),
    "backwards": ({"w": tensor("a", 4, 3, (4,), (-1,))}, "negative"),
    "no storage": ({"w": tensor("b", 4, 0, (4,), (1,))}, "cannot be read"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_tensors_stay_in_their_storage(name, write):
    tensors, message = DAMAGES[name]
    with pytest.raises(UnsafeFile, match=message):
        read_tensors(write(file_of(tensors, {"a": [0, 1, 2, 3]})))


def test_every_shorter_file_is_refused(write):
    whole = file_of({"w": tensor("a", 4, 0, (4,), (1,))}, {"a": [0, 1, 2, 3]})
    for size in range(len(whole)):
        with pytest.raises(UnsafeFile):
            read_tensors(write(whole[:size]))


def test_a_newer_format_is_named(write):
    with pytest.raises(UnsafeFile, match="cannot be read"):
        read_tensors(write(b"PK\x03\x04" + bytes(100)))
    with pytest.raises(UnsafeFile, match="PyTorch's older format"):
        read_tensors(write(PROTO + number(5) + STOP))
