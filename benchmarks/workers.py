"""One worker against two over the same sources: `python -m benchmarks.workers [--by BY]`.

`--by share`: a worker is one `pressdiff run` of its share of the sources; `source`: a process and a
commit for each source; `prefect`: the same as workers of a work pool on a Prefect server.

Every source is a site of its own on loopback, asked every `--delay-s` seconds; the archive lies in
PostgreSQL and a bucket and is empty at the start of each pass; what each pass left is checked. Most
of the time is waiting, so the wall clock tells, if the machine does little else.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.flows.fleet import Pass, Work, run_alone, run_by_prefect, sites
from tests.warehouse.servers import Servers, missing, running_servers
from warehouse.duck import connect_reader
from warehouse.verify import verify

_RUNS: dict[str, Callable[..., Pass]] = {
    "share": partial(run_alone, at_once=None),
    "source": run_alone,
    "prefect": run_by_prefect,
}
_COUNTED = """
select (select count(*) from releases), (select count(*) from revisions)
"""


def one_pass(
    work: Work, servers: Servers, workers: int, pages: int, run: Callable[..., Pass]
) -> float:
    """Seconds that so many workers take on a new archive."""
    with tempfile.TemporaryDirectory() as made:
        place = servers.place(Path(made) / "seen")
        done = run(work, place, Path(made), workers)
        connection = connect_reader(place)
        found = connection.execute(_COUNTED).fetchall()
        connection.close()
        wanted = len(work.sites) * pages
        assert found == [(wanted, wanted)], (found, done.said)
        assert not verify(place, lambda *_: None).damaged
    print(f"{workers} workers: {done.took_s:.1f} s, sources of each {list(done.taken.values())}")
    return done.took_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=40)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--delay-s", type=float, default=0.2)
    parser.add_argument("--by", choices=_RUNS, default="source")
    asked = parser.parse_args()
    if reason := missing():
        print(reason)
        return
    run = _RUNS[asked.by]
    print(f"{asked.sources} sources of {asked.pages} pages, {asked.delay_s:g} s between requests")
    with running_servers() as servers, sites(asked.sources, asked.pages, asked.delay_s) as work:
        one, two = (one_pass(work, servers, workers, asked.pages, run) for workers in (1, 2))
    print(f"two workers are {one / two:.2f} times as fast as one")


if __name__ == "__main__":
    main()
