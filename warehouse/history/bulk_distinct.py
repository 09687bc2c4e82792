"""The distinct values of an array by an open table, compiled by numba."""

import numpy as np

from warehouse.history.bulk_machine import jit

_u64 = np.uint64
_0, _1 = _u64(0), _u64(1)


@jit
def table_size(count):  # type: ignore[no-untyped-def]
    """The size of an open table that so many values leave three quarters empty or more."""
    size = 16
    while size < 4 * count:
        size *= 2
    return size


@jit
def append_distinct(values, count, table, out, at):  # type: ignore[no-untyped-def]
    """The distinct values from `at` on; returns where they end. A value of 0 would be lost."""
    size = table_size(count)
    table[:size] = _0
    for i in range(count):
        value = values[i]
        slot = value & _u64(size - 1)
        while table[slot] != _0 and table[slot] != value:
            slot = (slot + _1) & _u64(size - 1)
        if table[slot] == _0:
            table[slot] = value
            out[at] = value
            at += 1
    return at
