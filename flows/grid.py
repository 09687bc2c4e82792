"""Rows as a table for eyes: aligned columns, one line a row, nothing a terminal would obey.

On a terminal columns are shortened to fit, or the rows stand one below the other when there are
too many of them; anywhere else nothing is shortened.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, TextIO

from rich.cells import cell_len, set_cell_size

from warehouse.values import csv_text
from warehouse.visible import visible

Row = Sequence[Any]
Cells = Sequence[str | None]

NULL = "-"
_LEAST_WIDTH = 12
"""To this many cells a column may be shortened; beyond that rows stand one below the other."""
_CHUNK_ROWS = 1000
_GAP = "  "


def cells(row: Row) -> Cells:
    """A row's values as they stand in a table; None for NULL."""
    return [None if value is None else visible(csv_text(value)) for value in row]


def fit(widths: Sequence[int], room: int) -> list[int] | None:
    """The widths with the widest cut until all fit in `room` cells; None when they cannot.

    >>> fit([16, 10, 200], 80), fit([3, 4], 80), fit([100] * 9, 80)
    ([16, 10, 50], [3, 4], None)
    """
    left = room - len(_GAP) * (len(widths) - 1)
    if sum(min(width, _LEAST_WIDTH) for width in widths) > left:
        return None
    cap = max(widths)
    while sum(min(width, cap) for width in widths) > left:
        cap -= 1
    return [min(width, cap) for width in widths]


class Pen:
    """Where a table goes: its width and whether styles may be used."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.room: int | None = None
        """In cells; None where nothing is to be shortened."""
        self._styled = False
        if out.isatty():
            from rich.console import Console  # 50 ms that a pipe need not wait for

            console = Console(file=out)
            self.room = console.width
            self._styled = not console.no_color

    def line(self, text: str) -> None:
        """Write a line."""
        self.out.write(text + "\n")

    def styled(self, text: str, code: int) -> str:
        """The text in a style: 1 bold, 2 dim."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._styled and text else text


def write_table(columns: Sequence[str], rows: Iterable[Row], pen: Pen) -> None:
    """Write rows as they come; the widths are those of the first _CHUNK_ROWS."""
    names = [visible(name) for name in columns]
    source = iter(rows)
    first = list(islice(source, _CHUNK_ROWS))
    shown = chain(map(cells, first), map(cells, source))
    natural = _natural_widths(names, first)
    widths = natural if pen.room is None else fit(natural, pen.room)
    if widths is None:
        _write_stacked(names, shown, pen)
        return
    right = [_is_number(row[number] for row in first) for number in range(len(names))]
    pen.line(pen.styled(_line(list(names), widths, right, pen), 1))
    pen.line(pen.styled(_GAP.join("-" * width for width in widths), 2))
    for row in shown:
        pen.line(_line(row, widths, right, pen))


def _natural_widths(names: Sequence[str], rows: Sequence[Row]) -> list[int]:
    widths = [cell_len(name) for name in names]
    for row in rows:
        found = (cell_len(text or NULL) for text in cells(row))
        widths = [max(pair) for pair in zip(widths, found, strict=True)]
    return widths


def _is_number(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


def _line(row: Cells, widths: Sequence[int], right: Sequence[bool], pen: Pen) -> str:
    parts = []
    for text, width, to_right in zip(row, widths, right, strict=True):
        shown = NULL if text is None else text
        length = cell_len(shown)
        if length > width and pen.room is not None:  # elsewhere a later, wider row shifts its line
            shown, length = set_cell_size(shown, width - 1) + "…", width
        space = " " * (width - length)
        drawn = pen.styled(shown, 2) if text is None else shown
        parts.append(space + drawn if to_right else drawn + space)
    return _GAP.join(parts).rstrip()


def _write_stacked(names: Sequence[str], rows: Iterable[Cells], pen: Pen) -> None:
    """Each row as one line a column, and an empty line between rows."""
    widest = max(map(cell_len, names))
    for number, row in enumerate(rows):
        if number:
            pen.line("")
        for name, text in zip(names, row, strict=True):
            start = name + " " * (widest - cell_len(name)) + _GAP
            shown = NULL if text is None else text
            left = None if pen.room is None else max(pen.room - cell_len(start), 2)
            if left is not None and cell_len(shown) > left:
                shown = set_cell_size(shown, left - 1) + "…"
            pen.line(pen.styled(start, 1) + (pen.styled(shown, 2) if text is None else shown))


def write_document(document: Mapping[str, Any], pen: Pen) -> None:
    """Write what has one value as `name  value`, then each list below its name: of things with
    columns as a table, of texts as paragraphs."""
    plain = {name: value for name, value in document.items() if not isinstance(value, list)}
    if plain:
        _write_stacked([visible(name) for name in plain], [cells(list(plain.values()))], pen)
    for name, value in document.items():
        if not isinstance(value, list):
            continue
        pen.line("")
        pen.line(pen.styled(visible(name), 1))
        if value and all(isinstance(one, dict) for one in value):
            columns = list(dict.fromkeys(key for one in value for key in one))
            write_table(columns, [[one.get(key) for key in columns] for one in value], pen)
        else:
            pen.line("\n\n".join(visible(csv_text(one)) for one in value) if value else NULL)
