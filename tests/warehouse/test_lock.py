"""One writer at a time: the second says whom it waits for, and gives up in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.errors import WarehouseBusyError
from warehouse.lock import writer_lock

_HOLD = """
import sys
from pathlib import Path
from warehouse.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "run", 0, lambda s: None, print):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_waits_and_then_says_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    waits: list[float] = []
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(WarehouseBusyError, match=f"process {holder.pid} .pressdiff run. is"),
            writer_lock(path, "ingest", 1.0, waits.append, said.append),
        ):
            pytest.fail("the lock was held by another process")
        assert sum(waits) == pytest.approx(1.0, abs=0.15)
        assert said == [
            f"waiting for process {holder.pid} (pressdiff run), which is writing to this warehouse"
        ]
        holder.communicate("")
    with writer_lock(path, "ingest", 0, waits.append, said.append):
        assert str(os.getpid()) in path.read_text()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    with writer_lock(path, "run", 0, lambda _: None, lambda _: None):
        assert path.exists()
