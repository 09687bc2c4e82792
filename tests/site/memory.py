"""How much memory `pressdiff run` takes, with every process it starts."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.flows.shell import ROOT, Ran, Shell

_SAMPLE_S = 0.1


def run_measured(shell: Shell, *words: str) -> tuple[Ran, int]:
    """What the command did, and the most bytes that it and its children held at one time; pages
    that several of them share are counted once (proportional set size)."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    clean |= {"PREFECT_HOME": str(shell.folder / ".prefect"), "NO_COLOR": "1"}
    out, err = shell.folder / "run.out", shell.folder / "run.err"
    with out.open("wb") as told, err.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "run", *words],
            cwd=shell.folder, stdout=told, stderr=said, stdin=subprocess.DEVNULL,
            env={**clean, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        )  # fmt: skip
        peak = 0
        while child.poll() is None:
            peak = max(peak, sum(map(_held_bytes, _session(child.pid))))
            time.sleep(_SAMPLE_S)
    return Ran(child.returncode, out.read_text(), err.read_text()), peak


def _session(leader: int) -> list[Path]:
    """The processes of a session."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if int(fields[3]) == leader:
                found.append(place)
    return found


def _held_bytes(place: Path) -> int:
    try:
        lines = (place / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it ended meanwhile
    kib = next((line.split()[1] for line in lines if line.startswith("Pss:")), "0")
    return int(kib) * 1024
