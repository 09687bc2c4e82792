"""The drive starts a tracker at each step and asks its warehouse; a poor tracker is found out."""

from collections import Counter
from pathlib import Path

from tests.flows.shell import Ran, Shell
from tests.site.client import ask
from tests.site.clock import Clock
from tests.site.drive import Drive, Setting
from tests.site.kill import differences, run_killed, tables
from tests.site.memory import run_measured


def test_a_tracker_that_keeps_one_page_is_found_out(tmp_path: Path) -> None:
    """It asks for one page without robots.txt and files it under a name of its own."""
    folder = tmp_path / "watch"

    def start(shell: Shell, clock: Clock, *_words: str) -> Ran:
        page = ask(drive.server.origin + drive.setting.world.items[0].path)
        shell.write("page.html", page.payload, mtime=clock.now().timestamp())
        return shell("ingest", "page.html", "--source", "lakes")

    with Drive(Setting.small(1), folder, start) as drive:
        drive.go(0)
        findings = drive.findings()
        assert any("before robots.txt" in one for one in findings)
        assert any("does not say who asks" in one for one in findings)
        assert any("release 1 is lost" in one for one in findings)
        assert any("a release that never was" in one for one in findings)
        there = tables(drive.shell, drive.server.origin)
        assert there["releases"].total() == 1
        assert differences(there, there) == []
        fewer = {**there, "releases": Counter[str]()}
        assert [one[:27] for one in differences(there, fewer)] == [
            "releases: only the first has"[:27]
        ]


def test_a_run_is_killed_and_measured(shell: Shell) -> None:
    """As processes; neither asks for anything."""
    assert run_killed(shell, ("--help",), 0.02)
    assert not run_killed(shell, ("--help",), 60)
    ran, peak = run_measured(shell, "--help")
    assert ran.code == 0
    assert "--recheck" in ran.out
    assert 5e6 < peak < 5e8
