"""A tracker killed at random moments and started again: the same tables as never killed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.corpus.dice import Dice
from tests.flows.shell import ROOT, Shell
from tests.site.drive import Drive
from tests.site.rows import ask_together

_TABLES = {
    "releases": "select url, headline, published_on, status, kind, revision, text from releases",
    "revisions": "select r.url, v.revision, v.headline, v.published_on, v.text, v.cause,"
    " v.change_class, v.reverts_to from revisions AS v join releases AS r using (release_id)",
    "urls": "select r.url AS release, u.url, u.role from release_urls AS u"
    " join releases AS r using (release_id)",
    "changes": "select r.url, c.revision, c.seq, c.field, c.op, c.kind, c.before, c.after"
    " from changes AS c join releases AS r using (release_id)",
}
"""What is the same however often a run was begun: no ids, no times."""


def tables(shell: Shell, origin: str) -> dict[str, Counter[str]]:
    """The rows of each table, addresses without the port."""

    def plain(row: dict[str, Any]) -> str:
        return repr(sorted(row.items())).replace(origin, "")

    answers = ask_together(shell.sql, _TABLES)
    return {name: Counter(map(plain, rows)) for name, rows in answers.items()}


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> list[str]:
    """Rows that only one side has, as sentences."""
    found = []
    for name in _TABLES:
        for side, rows in (("first", one[name] - other[name]), ("second", other[name] - one[name])):
            found += [f"{name}: only the {side} has {row[:400]}" for row in rows]
    return found


def run_killed(shell: Shell, words: tuple[str, ...], after_s: float) -> bool:
    """Start `pressdiff run` as a process and kill it, with all it started, after that time.

    Whether it was still running then.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    clean |= {"PREFECT_HOME": str(shell.folder / ".prefect"), "NO_COLOR": "1"}
    log = Path(shell.folder / "killed.log")
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "run", *words],
            cwd=shell.folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            env={**clean, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        )  # fmt: skip
        try:
            child.wait(after_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return True
        return False


def go_killed(drive: Drive, step: int, kills: int, dice: Dice, *, longest_s: float) -> int:
    """One step of a drive on real time, killed that often at random moments, then run to its end;
    how many kills met a running process. A look made by a killed run belongs to the pass."""
    drive.set_out(step)
    started_at = drive.clock.now()
    full = step == drive.setting.world.size.steps // 2
    words = ("--recheck", "all", *(["--full"] if full else []))
    met = 0
    for _ in range(kills):
        met += run_killed(drive.shell, words, 0.2 + dice.roll() * longest_s)
        drive.site.turn_to(step)  # a killed attempt has used no fault up
    ran = drive.start(drive.shell, drive.clock, *words)
    drive.told.append(ran.err)
    drive.arrived(step, started_at, full=full, recheck="all", code=ran.code)
    return met
