"""How this process deals with memory that it freed."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT_BYTES = 32 << 20
"""What the C library can be told at most: larger pieces go back to the system when freed."""
_MOST_KEPT_BYTES = 1 << 30


def keep_freed_memory() -> None:
    """Have the C library use again what was freed, where it would hand that back to the system.

    For work that asks for the same few megabytes thousands of times: the system zeroes every page
    that it hands out, a second or more a gigabyte in a virtual machine. Does nothing where the C
    library has no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT_BYTES)
