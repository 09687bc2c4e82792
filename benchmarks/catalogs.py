"""A commit and a question on both catalogs: SQLite beside the files, PostgreSQL over a bucket.

`python -m benchmarks.catalogs [--commits N]`; the wheels of PostgreSQL and SeaweedFS are needed.
Wall clock in milliseconds, for most of it is waiting; trust the ratio, taken in one run.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.warehouse.servers import missing, running_servers
from tests.warehouse.writer_server import look
from warehouse.duck import connect_reader
from warehouse.lock import writing
from warehouse.place import Place
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store
from warehouse.upkeep import merge_files

AT = datetime(2026, 3, 1, tzinfo=UTC)
LOOKS = 50
_ONE = "select headline, text from releases where url = 'https://lakes.example/7/'"


def timed(act: Callable[[], object]) -> float:
    """How many milliseconds it takes."""
    started = time.perf_counter()
    act()
    return 1e3 * (time.perf_counter() - started)


def measure(place: Place, commits: int) -> dict[str, float]:
    """Medians: a commit of LOOKS new looks, a lock, a cold question and a warm one."""
    store = Store.open(place, AT)

    def commit(number: int) -> None:
        at = AT + timedelta(minutes=number)
        looks = [look(f"https://lakes.example/{n}/", at, f"{number}") for n in range(LOOKS)]
        store.begin()
        Recorder(store, Stamp(f"r{number}", at)).record("lakes", looks)
        store.commit()

    def lock() -> None:
        with writing(place, "bench", 0, time.sleep, print):
            pass

    def ask() -> None:
        connection = connect_reader(place)
        connection.execute(_ONE).fetchall()
        connection.close()

    found = {
        "commit": statistics.median(timed(lambda n=n: commit(n)) for n in range(commits)),
        "lock": statistics.median(timed(lock) for _ in range(7)),
        f"release, cold, {commits} commits": statistics.median(timed(ask) for _ in range(5)),
        "merge": timed(lambda: merge_files(store)),
        "release, cold, merged": statistics.median(timed(ask) for _ in range(5)),
    }
    store.close()
    connection = connect_reader(place)
    warm = [timed(lambda: connection.execute(_ONE).fetchall()) for _ in range(6)]
    connection.close()
    return {**found, "release, warm, merged": statistics.median(warm[1:])}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=20)
    commits = parser.parse_args().commits
    if reason := missing():
        print(reason)
        return
    with running_servers() as servers, tempfile.TemporaryDirectory() as folder:
        embedded = measure(Place(Path(folder) / "embedded"), commits)
        scaled = measure(servers.place(Path(folder) / "scaled"), commits)
    print(f"{'ms':36} {'embedded':>9} {'scaled':>9} {'ratio':>6}")
    for name, one in embedded.items():
        print(f"{name:36} {one:9.1f} {scaled[name]:9.1f} {scaled[name] / one:6.1f}")


if __name__ == "__main__":
    main()
