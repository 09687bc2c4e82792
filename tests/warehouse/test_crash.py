"""A run that dies at any moment leaves the last committed run; running again gives its rows."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.duck import Place, connect_reader
from warehouse.verify import verify

ROOT = Path(__file__).resolve().parents[2]
_FACTS = (
    "select release_id, revision_id, revision, text_digest, seen_at, changed_after, capture_id "
    "from revisions order by all",
    "select capture_id, digest, outcome, release_id from captures order by all",
    "select capture_id, seq, text from teasers order by all",
)


class CrashServer:
    """Runs that die at a chosen effect."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warehouse.crash_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def run(self, root: Path, effects_until_death: int = 0, what: str = "run") -> int:
        """The wait status: 0 when the run ended by itself, SIGKILL when it was killed."""
        return self.kill(root, effects_until_death, 0, what)[0]

    def kill(self, root: Path, effect: int, delay_us: int, what: str = "run") -> tuple[int, int]:
        """Kill a run just before an effect, or so long after it began; the wait status, and the
        last effect that it began."""
        assert self._process.stdin
        assert self._process.stdout
        print(root, effect, what, delay_us, file=self._process.stdin, flush=True)
        status, last = self._process.stdout.readline().split()
        return int(status), int(last)

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def crashes() -> Iterator[CrashServer]:
    server = CrashServer()
    yield server
    server.close()


def effects(root: Path) -> list[tuple[int, str]]:
    """The effects of the last run that lived: microseconds since its start, and a name."""
    lines = (root / "effects").read_text().splitlines()
    return [(int(at), name) for at, _, name in (line.partition(" ") for line in lines)]


def facts(root: Path) -> list[list[tuple[object, ...]]]:
    """What the warehouse says, without what differs from run to run."""
    place = Place(root / "data")
    if not place.exists:
        return []
    connection = connect_reader(place, " ".join(_FACTS))
    try:
        return [connection.execute(query).fetchall() for query in _FACTS]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, crashes: CrashServer
) -> tuple[Path, list[object], list[object]]:
    """A folder with one committed run and files for a second, and what holds before and after."""
    root = tmp_path_factory.mktemp("crash")
    seeds = sorted((ROOT / "seeds/csto").glob("*.txt"))
    (root / "in").mkdir()
    for seed in seeds[:3]:
        shutil.copy2(seed, root / "in")
    assert crashes.run(root) == 0
    before = facts(root)
    for seed in seeds[3:]:
        shutil.copy2(seed, root / "in")
    text = (root / "in" / seeds[1].name).read_text("utf-8")
    (root / "in" / seeds[1].name).write_text(text.replace("substantive dialogue", "dialogue"))
    after_root = root.with_name(root.name + "-after")
    shutil.copytree(root, after_root)
    assert crashes.run(after_root) == 0
    after = facts(after_root)
    assert [len(rows) for rows in after] > [len(rows) for rows in before]
    return root, list(before), list(after)


def few(last: int) -> list[int]:
    """Some moments over the whole run, and the last ones: COMMIT and what follows it."""
    return sorted({last // 4, last // 2, 3 * last // 4, last - 1, last})


def two(last: int) -> list[int]:
    """Of upkeep: amid merging, and between a pack and the commit that names it, or near it."""
    return [last // 3, last * 5 // 6]


def every(last: int) -> list[int]:
    """Every moment there is."""
    return list(range(1, last + 1))


@pytest.mark.parametrize("moments", [few, pytest.param(every, marks=pytest.mark.drill)])
def test_killed_at_any_effect_and_run_again(
    world: tuple[Path, list[object], list[object]],
    crashes: CrashServer,
    moments: Callable[[int], list[int]],
) -> None:
    root, before, after = world
    last = len(effects(root.with_name(f"{root.name}-after")))
    assert last > 30
    seen = {"before": 0, "after": 0}
    for at in moments(last):
        trial = root.with_name(f"{root.name}-killed-{at}")
        shutil.copytree(root, trial)
        assert crashes.run(trial, at) == signal.SIGKILL
        left = facts(trial)
        assert left in (before, after), f"half a run is visible after death at effect {at}"
        seen["before" if left == before else "after"] += 1
        assert not verify(Place(trial / "data"), lambda *_: None).damaged
        assert crashes.run(trial) == 0
        assert facts(trial) == after, f"running again after death at effect {at} differs"
        shutil.rmtree(trial)
    assert seen["before"] > 2
    assert seen["after"] > 0


@pytest.mark.parametrize(
    ("days", "moments"),
    [
        pytest.param("0", two, id="merging and packing"),
        pytest.param("0", every, id="merging and packing, every", marks=pytest.mark.drill),
        pytest.param("40", few, id="cleaning up", marks=pytest.mark.drill),
        pytest.param("40", every, id="cleaning up, every", marks=pytest.mark.drill),
    ],
)
def test_upkeep_killed_at_any_effect_loses_nothing(
    world: tuple[Path, list[object], list[object]],
    crashes: CrashServer,
    tmp_path: Path,
    moments: Callable[[int], list[int]],
    days: str,
) -> None:
    """Upkeep merges and packs; 40 days later it drops snapshots and removes the files of before."""
    base = tmp_path / "base"
    shutil.copytree(world[0].with_name(world[0].name + "-after"), base)
    if days != "0":
        assert crashes.run(base, what="0") == 0
    whole = tmp_path / "whole"
    shutil.copytree(base, whole)
    assert crashes.run(whole, what=days) == 0
    last = len(effects(whole))
    assert _stored(whole) != _stored(base)
    for at in moments(last):
        trial = tmp_path / f"{at}"
        shutil.copytree(base, trial)
        assert crashes.run(trial, at, days) == signal.SIGKILL
        assert facts(trial) == world[2]
        assert not verify(Place(trial / "data"), lambda *_: None).damaged
        assert crashes.run(trial, what=days) == 0
        assert facts(trial) == world[2]
        found = verify(Place(trial / "data"), lambda *_: None)
        assert not found.damaged
        packs = [one for one in found.findings if "/packs/" in one.subject]
        assert len(packs) <= 1, "at most one that was whole when its writer died"
        shutil.rmtree(trial)


def _stored(root: Path) -> set[str]:
    data = root / "data"
    return {path.name for room in ("files", "evidence") for path in (data / room).rglob("*.*")}
