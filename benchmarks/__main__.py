"""Every benchmark, one after the other: `python -m benchmarks`, or `make bench`."""

import runpy

for name in ("reading", "intake", "diffing", "catalogs"):
    print(f"\n== benchmarks.{name}")
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
