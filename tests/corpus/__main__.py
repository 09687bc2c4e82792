"""`python -m tests.corpus dumps|pages N DIR`: files to read, and `DIR.truth.jsonl` beside them.

`python -m tests.corpus agree N`: how often the reader of the source csto tells the truth.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tests.corpus.dumps import make_dump
from tests.corpus.judge import agreement
from tests.corpus.pages import LAYOUTS, make_page
from tests.corpus.truth import CaptureTruth


def made(
    kind: str, count: int, first: int, layout: str
) -> Iterator[tuple[str, bytes, CaptureTruth]]:
    """Name, bytes and truth of each capture."""
    for seed in range(first, first + count):
        if kind == "dumps":
            yield f"{seed:06}.txt", *make_dump(seed)
        else:
            yield f"{seed:06}.html", *make_page(seed, layout)


def agree(count: int, first: int) -> None:
    """Print the share of captures in which every field is right, and what differs how often."""
    from parsers.engine import read
    from parsers.sources import load_shipped

    source = load_shipped("csto")
    for kind, layout in (("dumps", ""), *(("pages", layout) for layout in LAYOUTS)):
        captures = ((body, truth) for _, body, truth in made(kind, count, first, layout))
        total, agreed, fields, complaints = agreement(captures, lambda seen: read(seen, source))
        print(f"\n{kind} {layout}: differences by field {dict(fields.most_common())}")
        for variant in sorted(total, key=lambda name: (agreed[name] / total[name], name)):
            share = 100 * agreed[variant] / total[variant]
            print(f"  {share:6.2f} %  {agreed[variant]:6} of {total[variant]:6}  {variant}")
        print("\n".join(complaints[:3]))


def plain(value: Any) -> Any:
    """What JSON has no form for: dates in ISO 8601, sets as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value))


def main() -> None:
    """Write the captures, overwriting what bears their names."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("kind", choices=("dumps", "pages", "agree"))
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--first", type=int, default=0, help="seed of the first capture")
    parser.add_argument("--layout", choices=LAYOUTS, default="bitrix")
    asked = parser.parse_args()
    if asked.kind == "agree":
        agree(asked.count, asked.first)
        return
    if asked.folder is None:
        parser.error("a folder is needed")
    asked.folder.mkdir(parents=True, exist_ok=True)
    folder = asked.folder.resolve()
    beside = folder.parent / f"{folder.name}.truth.jsonl"
    with beside.open("w", encoding="utf-8") as lines:
        for name, body, truth in made(asked.kind, asked.count, asked.first, asked.layout):
            (folder / name).write_bytes(body)
            row = {"file": name, **asdict(truth)}
            lines.write(json.dumps(row, default=plain, ensure_ascii=False) + "\n")
    print(f"{asked.count} {asked.kind} in {asked.folder}, truth in {beside}")


if __name__ == "__main__":
    main()
