"""The proof of the tracker: `pressdiff run`, pass by pass, against the site.

Not collected by pytest under this name. When the live tracker is merged:

1. wire the clock in `drive.run_in_process` (`Effects` needs `now`, `sleep` and `monotonic`; pacing,
   deadlines of a run and the `captured_at` of looks must take them from there);
2. `git mv tests/site/drive_tracker.py tests/site/test_tracker.py`;
3. `make test` runs the small world, `make drill` the rest. `python -m tests.site 1` prints every
   finding pass by pass, which is the way to look for a mistake.
"""

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from tests.corpus.dice import Dice
from tests.site.drive import Drive, Setting
from tests.site.faults import DRILL
from tests.site.kill import differences, go_killed, tables
from tests.site.memory import run_measured
from tests.site.script import make_world
from tests.site.world import Size

MB = 1024 * 1024
KILLS = 20


def test_a_small_world_is_kept_without_a_mistake(tmp_path: Path) -> None:
    """12 releases, 6 steps, a full pass and an unchanged one."""
    with Drive(Setting.small(1), tmp_path / "watch") as drive:
        for one in drive.go_on():
            if one.number in (1, 3):
                assert drive.findings() == []
        _, cost, dear = drive.unchanged()
        assert dear == []
        assert cost.not_modified
        assert drive.findings() == []


@pytest.mark.drill
@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_world_is_kept_without_a_mistake(seed: int, tmp_path: Path) -> None:
    """200 releases, 15 steps, every fault once for one attempt and once for a whole step."""
    with Drive(Setting.large(seed, DRILL), tmp_path / "watch") as drive:
        for one in drive.go_on():
            assert drive.findings() == [], f"after pass {one.number}"
        one, cost, dear = drive.unchanged()
        print(f"unchanged pass {one.number}: {cost}")
        assert dear == []
        assert drive.findings() == []


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(3, 13))
def test_more_small_worlds(seed: int, tmp_path: Path) -> None:
    with Drive(Setting.small(seed), tmp_path / "watch") as drive:
        for one in drive.go_on():
            assert drive.findings() == [], f"after pass {one.number}"


@pytest.mark.drill
def test_killed_runs_leave_the_same_tables(tmp_path: Path) -> None:
    """20 kills at random moments, and a run to the end of each step after them."""
    setting = replace(Setting.small(1).on_real_time(), faults=())
    steps, dice = setting.world.size.steps, Dice(1, "kill")
    with Drive(setting, tmp_path / "whole") as drive:
        for step in range(steps):
            drive.go(step, full=step == steps // 2)
        assert drive.findings() == []
        whole = tables(drive.shell, drive.server.origin)
        longest_s = max((one.finished_at - one.started_at).total_seconds() for one in drive.passes)
    with Drive(setting, tmp_path / "killed") as drive:
        met = 0
        for step in range(steps):
            kills = KILLS // steps + (step < KILLS % steps)
            met += go_killed(drive, step, kills, dice, longest_s=longest_s)
        assert met >= KILLS // 2
        assert differences(whole, tables(drive.shell, drive.server.origin)) == []
        assert drive.findings() == []


def watch(size: Size) -> Setting:
    """A world without faults, on real time."""
    return replace(Setting(make_world(1, size), ()).on_real_time())


@pytest.mark.drill
def test_five_thousand_releases_fit_in_memory(tmp_path: Path) -> None:
    with Drive(watch(Size(5000, 4, 50)), tmp_path / "watch") as drive:
        for step in (0, 1):
            drive.set_out(step)
            ran, peak = run_measured(drive.shell, "--recheck", "all")
            print(f"5,000 releases, pass {step}: {peak / MB:.0f} MB")
            assert ran.code in (0, 3), ran.err
            assert peak < 500 * MB
        scenes = [drive.setting.world.scene(step) for step in (0, 1)]
        ever = {
            key
            for scene in scenes
            for key, one in scene.standings.items()
            if one.presence == "live"
        }
        assert drive.shell.sql("select count(*) AS n from releases")[0]["n"] == len(ever)


@pytest.mark.drill
def test_memory_does_not_grow_from_run_to_run(tmp_path: Path) -> None:
    peaks = []
    with Drive(watch(Size(200, 4, 20)), tmp_path / "watch") as drive:
        for number in range(50):
            drive.set_out(min(number, 4))
            ran, peak = run_measured(drive.shell, "--recheck", "all")
            assert ran.code in (0, 3), ran.err
            peaks.append(peak)
    print("MB:", [round(peak / MB) for peak in peaks])
    assert median(peaks[-10:]) < 1.1 * median(peaks[5:15])
