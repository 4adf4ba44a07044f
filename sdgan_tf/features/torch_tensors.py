"""Reads the tensors of a PyTorch file without PyTorch and without pickle.

A `.pth` file of the format before PyTorch 1.6 is a row of pickles followed by
raw numbers. A pickle is a program that could do anything, so it is not run:
its opcodes are read one by one, and any that is not needed to name tensors is
an error.
"""

import collections
import pickletools
from collections.abc import Callable

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
STORAGES: dict[object, np.dtype] = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch LongStorage": np.dtype("<i8"),
}
ORDERED_DICT = "collections OrderedDict"
REBUILD = "torch._utils _rebuild_tensor_v2"
LITERALS = frozenset(
    (
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "BINUNICODE",
        "SHORT_BINUNICODE",
    )
)
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class UnsafeFile(ValueError):
    """A file holds something else than tensors."""


# (storage's key, offset, shape, strides): a tensor before its numbers are read.
View = collections.namedtuple("View", "key offset shape strides")


def read_tensors(path: str) -> dict[str, np.ndarray]:
    """Reads all tensors of a `.pth` file of PyTorch's older format.

    Args:
        path: The file.

    Returns:
        Arrays by name, float32 or int64.

    Raises:
        FileNotFoundError: If there is no such file.
        UnsafeFile: If it holds anything but tensors, or is cut short.
    """
    with open(path, "rb") as file:
        types: dict[str, np.dtype] = {}
        try:
            if _Program(types).run(file) != MAGIC:
                raise UnsafeFile("it is not of PyTorch's older format")
            if _Program(types).run(file) != PROTOCOL:
                raise UnsafeFile("its version is unknown")
            system = _Program(types).run(file)
            if not system.get("little_endian"):
                raise UnsafeFile("it is not little endian")
            views = _Program(types).run(file)
            keys = _Program(types).run(file)
            storages = {key: _numbers(file, types[key]) for key in keys}
            return {
                name: _array(storages[view.key], view)
                for name, view in views.items()
            }
        except UnsafeFile as error:
            raise UnsafeFile(
                f"A file of weights must hold tensors only: {error}. "
                f"Received: path={path!r}"
            ) from error
        except (
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            AttributeError,
        ) as error:
            raise UnsafeFile(
                "A file of weights cannot be read: it is damaged or of "
                f"another format ({error}). Received: path={path!r}"
            ) from error


def _numbers(file, dtype: np.dtype) -> np.ndarray:
    """The numbers of the next storage: a count, then that many."""
    count = int(np.frombuffer(_exactly(file, 8), "<i8")[0])
    if count < 0:
        raise UnsafeFile(f"a storage counts {count} numbers")
    return np.frombuffer(_exactly(file, count * dtype.itemsize), dtype)


def _exactly(file, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise UnsafeFile("it is cut short")
    return data


def _array(numbers: np.ndarray, view: View) -> np.ndarray:
    """A contiguous copy of a tensor, whatever its strides were."""
    sizes = [int(n) for n in (view.offset, *view.shape, *view.strides)]
    if min(sizes) < 0:
        raise UnsafeFile("a tensor's size is negative")
    last = view.offset + sum(
        (n - 1) * s for n, s in zip(view.shape, view.strides, strict=True)
    )
    if 0 not in view.shape and last >= len(numbers):
        raise UnsafeFile("a tensor is larger than its storage")
    strided = np.lib.stride_tricks.as_strided(
        numbers[view.offset :],
        view.shape,
        [stride * numbers.itemsize for stride in view.strides],
        writeable=False,
    )
    return np.array(strided, order="C")


class _Program:
    """One pickle, read as the description of tensors that it is.

    Args:
        types: The type of each storage by its key; it is added to.
    """

    def __init__(self, types: dict[str, np.dtype]):
        self.types = types
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.opcodes: dict[str, Callable] = {
            "PROTO": lambda _: None,
            "GLOBAL": self._global,
            "MARK": lambda _: self.marks.append(len(self.stack)),
            "BINPUT": self._put,
            "LONG_BINPUT": self._put,
            "BINGET": lambda key: self.stack.append(self.memo[key]),
            "LONG_BINGET": lambda key: self.stack.append(self.memo[key]),
            "EMPTY_DICT": lambda _: self.stack.append({}),
            "EMPTY_LIST": lambda _: self.stack.append([]),
            "EMPTY_TUPLE": lambda _: self.stack.append(()),
            "TUPLE": lambda _: self.stack.append(tuple(self._marked())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "BINPERSID": self._storage,
            "REDUCE": self._reduce,
            "SETITEM": self._set_item,
            "SETITEMS": self._set_items,
            "APPENDS": self._append,
            # Notes of PyTorch's modules, which no tensor needs.
            "BUILD": lambda _: self.stack.pop(),
        }

    def run(self, file):
        """The value that the pickle at the file's position describes."""
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "STOP":
                return self.stack.pop()
            if opcode.name in LITERALS:
                self.stack.append(argument)
            elif opcode.name in CONSTANTS:
                self.stack.append(CONSTANTS[opcode.name])
            elif opcode.name in self.opcodes:
                self.opcodes[opcode.name](argument)
            else:
                raise UnsafeFile(f"it uses the opcode {opcode.name}")
        raise UnsafeFile("it is cut short")

    def _global(self, name: str) -> None:
        if name not in (ORDERED_DICT, REBUILD, *STORAGES):
            raise UnsafeFile(f"it asks for {name.replace(' ', '.')!r}")
        self.stack.append(name)

    def _put(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    def _marked(self) -> list:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _tuple(self, size: int) -> None:
        items = tuple(self.stack[-size:])
        del self.stack[-size:]
        self.stack.append(items)

    def _storage(self, _) -> None:
        kind, storage, key, _, _, view = self.stack.pop()
        if kind != "storage" or view is not None:
            raise UnsafeFile(f"it refers to {kind!r}")
        self.types[key] = STORAGES[storage]
        self.stack.append(key)

    def _reduce(self, _) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if function == ORDERED_DICT and arguments == ():
            self.stack.append({})
        elif function == REBUILD:
            self.stack.append(View(*arguments[:4]))
        else:
            raise UnsafeFile(f"it calls {function!r}")

    def _set_item(self, _) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][key] = value

    def _set_items(self, _) -> None:
        items = self._marked()
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def _append(self, _) -> None:
        items = self._marked()
        self.stack[-1].extend(items)
