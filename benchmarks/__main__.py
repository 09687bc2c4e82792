"""Every benchmark, one after the other: `python -m benchmarks`, or `make bench`."""

import runpy
import sys

CHEAP = {
    "neighbours": ["--documents", "4000", "--rounds", "2"],
    "growth": ["--sizes", "2000", "20000"],
    "ties": ["--releases", "4000"],
    "million": ["--releases", "20000"],
    "packing": ["--releases", "400"],
    "years": ["--commits", "60"],
    "upkeep": ["--runs", "1440"],
}
"""Smaller figures than each benchmark gives by itself."""

for name in (
    "reading",
    "intake",
    "diffing",
    "neighbours",
    "growth",
    "ties",
    "rechecking",
    "rereading",
    "catalogs",
    "million",
    "packing",
    "years",
    "upkeep",
):
    print(f"\n== benchmarks.{name}", flush=True)
    sys.argv = [name, *CHEAP.get(name, [])]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
