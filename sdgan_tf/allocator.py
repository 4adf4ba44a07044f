"""The process' memory: what it took, and what it keeps for the next step."""

import ctypes
import os
import resource
import sys

# Of glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX, M_ARENA_MAX = -1, -2, -4, -8
TOP_PAD = 1 << 28  # Bytes.


def keep_freed_memory() -> bool:
    """Lets glibc's allocator give nothing back to the system.

    It maps each large tensor afresh and unmaps it when it is freed, so that
    every step has the kernel clear a gigabyte, page by page. From one heap that
    never shrinks the next step gets the same pages again.

    Call it before there is much to keep and before threads have heaps of their
    own. Nothing happens where the user has set the allocator by glibc's
    environment variables, or under another one.

    Returns:
        Whether it was set.
    """
    if any(
        name.startswith("MALLOC_") or name == "GLIBC_TUNABLES"
        for name in os.environ
    ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    options = {
        M_MMAP_MAX: 0,
        M_ARENA_MAX: 1,
        M_TRIM_THRESHOLD: (1 << 31) - 1,
        M_TOP_PAD: TOP_PAD,
    }
    return all([mallopt(name, value) for name, value in options.items()])


def peak_memory_gb() -> float:
    """The largest resident memory of this process so far, in 1e9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes of 1024 bytes, macOS bytes.
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9
