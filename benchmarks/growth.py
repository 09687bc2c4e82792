"""How `dedup` grows with the table: CPU, memory and an index, drawn as a curve.

    python -m benchmarks.growth [--sizes 10000 100000 1000000] [--folder FOLDER] [--svg FILE.svg]

Each size is read in a process of its own, on one thread and on two, then put into an index, and
1,001 new documents (half of them edits of known ones) are compared with it in a fresh process.
CPU is of the whole process, start-up included. Corpora of invented releases are kept in FOLDER,
where they are made once: ten minutes for a million. The curve goes to FILE.svg.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.neighbours.corpus import Writer, make_corpus
from warehouse.dedup import DedupSettings, dedup

NEW = 1001


def main() -> None:
    """Print one table; draw one curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is not None:
        run(*options.run)
        return
    folder = options.folder or Path(tempfile.mkdtemp(prefix="pressdiff-growth-"))
    try:
        folder.mkdir(exist_ok=True)
        found = [measure(size, folder) for size in options.sizes]
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    print_table(found)
    if options.svg is not None:
        options.svg.write_text(curve([(f["rows"], f["one"]["cpu_s"]) for f in found]))


def measure(size: int, folder: Path) -> dict[str, Any]:
    """All figures of one size."""
    source, index = folder / f"{size}.parquet", folder / f"{size}.index"
    if not source.exists():
        write(source, make_corpus(size, seed=5).texts, 0)
    new = folder / f"{size}.new.parquet"
    write(new, new_texts(source), 10**9)
    shutil.rmtree(index, ignore_errors=True)
    one, two = (apart(source, threads) for threads in (1, 2))
    apart(source, 1, index)
    apart(new, 1, index)  # what the first look at a file costs is the disk's, not ours
    fresh = apart(new, 1, index)
    files = [path for path in index.rglob("*") if path.is_file()]
    texts = sum(p.stat().st_size for p in files if p.stem in ("texts", "blocks"))
    known = sum(p.stat().st_size for p in files) - texts
    shutil.rmtree(index)
    rows = pq.read_metadata(source).num_rows
    return {
        "rows": rows, "one": one, "two": two, "fresh": fresh,
        "index": round(known / rows), "texts": round(texts / rows),
    }  # fmt: skip


def apart(source: Path, threads: int, index: Path | None = None) -> dict[str, Any]:
    """What `run` says in a process of its own."""
    own = [sys.executable, "-m", "benchmarks.growth", "--run", str(source), str(threads)]
    done = subprocess.run(
        [*own, *([str(index)] if index else [])], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def run(source: str, threads: str, index: str | None = None) -> None:
    """One run; a new table leaves an index as it is."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        summary = dedup(
            DedupSettings(threads=int(threads)), Path(source), "id", "text", Path(folder) / "pairs",
            against=Path(index) if index else None, add=".new." not in source,
        )  # fmt: skip
    print(
        json.dumps(
            {
                "cpu_s": time.process_time(),
                "wall_s": time.perf_counter() - start,
                "peak_mb": peak_mb(),
                "candidates": summary.candidates,
                "pairs": sum(summary.pairs.values()),
            }
        )
    )


def peak_mb() -> int:
    """The most memory this program held; `getrusage` counts that of the process it began as too."""
    said = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in said.splitlines() if line[:6] == "VmHWM:")) >> 10


def new_texts(source: Path) -> list[str]:
    """Half of them known texts with 4 % of the words changed, half releases never seen."""
    writer = Writer(99)
    known = pq.read_table(source, columns=["text"])["text"]
    rows = np.random.default_rng(4).integers(len(known), size=NEW)
    return [
        "\n\n".join(
            writer.edited(known[int(row)].as_py().split("\n\n"), 0.04) if i % 2
            else writer.release()
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip


def write(path: Path, texts: list[str], first: int) -> None:
    """A table of texts numbered from `first`."""
    ids = pa.array(range(first, first + len(texts)))
    pq.write_table(pa.table({"id": ids, "text": texts}), path, compression="zstd")


def print_table(found: list[dict[str, Any]]) -> None:
    """One row a size."""
    print("| documents | CPU s | us/document | peak MB | two threads: CPU s, wall share |", end="")
    print(" 1,001 new: CPU s | peak MB | candidates | index bytes | texts bytes |")
    print("| ---: " * 10 + "|")
    for f in found:
        one, two, fresh = f["one"], f["two"], f["fresh"]
        print(
            f"| {f['rows']:,} | {one['cpu_s']:.1f} | {one['cpu_s'] / f['rows'] * 1e6:.0f}"
            f" | {one['peak_mb']:,} | {two['cpu_s']:.1f}, {two['wall_s'] / one['wall_s']:.2f}"
            f" | {fresh['cpu_s']:.2f} | {fresh['peak_mb']} | {fresh['candidates']:,}"
            f" | {f['index']} | {f['texts']} |"
        )


def curve(points: list[tuple[int, float]]) -> str:
    """CPU seconds over documents, both axes by powers of ten, as SVG."""
    left, top, width, height = 60, 20, 480, 260
    log = np.log10(np.array(points, float))
    low, high = np.floor(log.min(axis=0) + 1e-9), np.ceil(log.max(axis=0) - 1e-9)
    high = np.maximum(high, low + 1)

    def place(value: np.ndarray) -> tuple[float, float]:
        x, y = (value - low) / (high - low)
        return round(left + width * float(x), 1), round(top + height * (1 - float(y)), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 40} '
        f'{top + height + 50}" font-family="sans-serif" font-size="12" fill="#333">',
        "<title>CPU seconds of pressdiff dedup by number of documents</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for axis, style in ((0, 'text-anchor="middle"'), (1, 'text-anchor="end"')):
        for power in range(int(low[axis]), int(high[axis]) + 1):
            at, to = low.copy(), high.copy()
            at[axis] = to[axis] = power
            (x, y), (end_x, end_y) = place(at), place(to)
            parts.append(f'<path d="M{x} {y}L{end_x} {end_y}" stroke="#ddd"/>')
            label = f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
            shift_x, shift_y = (0, 18) if axis == 0 else (-8, 4)
            parts.append(f'<text x="{x + shift_x}" y="{y + shift_y}" {style}>{label}</text>')
    spots = [place(point) for point in log]
    line = "L".join(f"{x} {y}" for x, y in spots)
    parts.append(f'<path d="M{line}" fill="none" stroke="#06c" stroke-width="2"/>')
    for (x, y), (rows, cpu_s) in zip(spots, points, strict=True):
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#06c"/>')
        text = f"{cpu_s:.1f} s, {cpu_s / rows * 1e6:.0f} us each"
        inside = x < left + width / 2  # below the line where it begins, above it where it ends
        anchor, shift = ("start", (8, 14)) if inside else ("end", (-8, -10))
        at_spot = f'x="{x + shift[0]:.1f}" y="{y + shift[1]:.1f}"'
        parts.append(f'<text {at_spot} text-anchor="{anchor}">{text}</text>')
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">documents'
        " (CPU seconds upwards)</text></svg>"
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
