"""A careful tracker is found right on the site; one that is careless in one way is found out."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.site.careful import Careful
from tests.site.drive import Drive, Setting
from tests.site.faults import Fault, plan_faults
from tests.site.script import make_world
from tests.site.world import Size


def findings(setting: Setting, folder: Path, carelessness: str = "") -> list[str]:
    """All that is found wrong on the way and in the end."""
    with Drive(setting, folder) as drive:
        tracker = Careful(drive.server.origin, drive.clock, 2.5, carelessness)
        drive.start = tracker.start
        found: dict[str, None] = {}
        for _ in drive.go_on():
            hits, others = drive.server.hits, drive.other.connections
            found.update(dict.fromkeys(drive.judge().findings(tracker.rows())))
            found.update(dict.fromkeys(drive.log_judge().findings(hits, drive.passes, others)))
        _, cost, dear = drive.unchanged()
        assert cost.by_kind.get("robots", 0) == (carelessness != "robots")
        assert (cost.not_modified > 0) is (carelessness != "validators")
        found.update(dict.fromkeys(dear))
        return list(found)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_careful_tracker_has_no_findings(seed: int, tmp_path: Path) -> None:
    assert findings(Setting.small(seed), tmp_path) == []


def test_a_careful_tracker_has_no_findings_in_a_long_world(tmp_path: Path) -> None:
    """Every mood of the site, every fate, every fault."""
    world = make_world(1, Size(24, 15, 8))
    assert findings(Setting(world, plan_faults(world)), tmp_path) == []


CARELESS = {
    "robots": "before robots.txt",
    "delay": "s after request",
    "waiting": "s too early after",
    "length": "is a false edit",
    "ports": "the other port was contacted",
    "once": "is withdrawn, not missing",
    "noise": "is a false edit",
    "notice": "opened no incident",
    "validators": "were not conditional",
    "forget": "does not say that it was moved from",
}


@pytest.mark.parametrize("carelessness", CARELESS)
def test_a_careless_tracker_is_found_out(carelessness: str, tmp_path: Path) -> None:
    setting = Setting.small(1)
    if carelessness in ("length", "ports"):
        kind = "too_long" if carelessness == "length" else "redirect_to_other_port"
        path = setting.world.items[2].path
        setting = replace(setting, faults=(Fault(kind, 1, path, key=2),))
    found = findings(setting, tmp_path, carelessness)
    assert any(CARELESS[carelessness] in one for one in found), found
