"""What the compiled files are made with: the decorator, and instructions that numba does not offer.

Numba keeps compiled code until the file a function stands in changes, and does not notice a change
in another file that it calls into or has constants of. So what is kept is named by all our sources.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from warehouse.history.bulk_tables import TABLE_END


def digest_of(folder: Path) -> str:
    """Of all Python files there."""
    sources = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    return blake2b(b"\0".join(sources), digest_size=6).hexdigest()


_SOURCES = digest_of(Path(__file__).parent)


def jit(function: Any) -> Any:
    """The function compiled, and kept compiled where there is a folder to keep it in."""
    function.__qualname__ += f"_{_SOURCES}"  # by which numba names the files it keeps
    try:
        return numba.njit(nogil=True, cache=True, boundscheck=False)(function)
    except RuntimeError:  # neither the source's folder nor the user's can be written
        return numba.njit(nogil=True, boundscheck=False)(function)


@intrinsic
def eight_bytes(_typing, data, at):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """The 8 bytes of an array from a place on, aligned or not, the first one lowest."""

    def code(context, builder, signature, args):  # type: ignore[no-untyped-def]
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.gep(array.data, [args[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), code


@intrinsic
def zeros_below(_typing, value):  # type: ignore[no-untyped-def]
    """How many bits below the lowest that is set; 64 without any."""

    def code(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(value), code


@intrinsic
def bits_set(_typing, value):  # type: ignore[no-untyped-def]
    """How many bits are set."""

    def code(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.ctpop(args[0])

    return types.uint64(value), code


def _sixty_four(compare: str) -> Any:
    """An intrinsic: which of the 64 bytes from a place on compare so with a byte, lowest first."""

    @intrinsic
    def found(_typing, data, at, byte):  # type: ignore[no-untyped-def]  # noqa: ARG001
        def code(context, builder, signature, args):  # type: ignore[no-untyped-def]
            array = context.make_array(signature.args[0])(context, builder, args[0])
            place = builder.gep(array.data, [args[1]])
            many = ir.VectorType(ir.IntType(8), 64)
            block = builder.load(builder.bitcast(place, many.as_pointer()), align=1)
            first = builder.insert_element(
                ir.Constant(many, ir.Undefined),
                builder.trunc(args[2], ir.IntType(8)),
                ir.Constant(ir.IntType(32), 0),
            )
            each = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
            byte_64_times = builder.shuffle_vector(first, ir.Constant(many, ir.Undefined), each)
            bits = builder.icmp_unsigned(compare, block, byte_64_times)
            return builder.bitcast(bits, ir.IntType(64))

        return types.uint64(data, types.int64, types.int64), code

    return found


bytes_below = _sixty_four("<")
bytes_equal = _sixty_four("==")


@jit
def code_point(data, at):  # type: ignore[no-untyped-def]
    """The code point at a place and its width; TABLE_END for all from there on."""
    byte = np.int64(data[at])
    if byte < 0x80:
        return byte, 1
    # the last character of a buffer may have been cut
    second = np.int64(data[at + 1]) & 63 if at + 1 < len(data) else 0
    if byte < 0xE0:
        return (byte & 31) << 6 | second, 2
    third = np.int64(data[at + 2]) & 63 if at + 2 < len(data) else 0
    point = (byte & 15) << 12 | second << 6 | third
    return (TABLE_END if byte >= 0xF0 else min(point, TABLE_END)), 3
