"""What the catalog names is on the disk first: every data file and its folder before the commit.

Seen from inside (which syncs come before COMMIT), and from outside with strace: the catalog's own
write that names a file comes after that file's fsync.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import warehouse.duck
from tests.flows.shell import ROOT, Shell
from warehouse import parts

_CALL = re.compile(r"^\d+ +(fsync|fdatasync|pwrite64|write)\(\d+<([^>]*)>(.*)$", re.S)
_NAME = re.compile(r"ducklake-[0-9a-f-]{36}\.parquet")


def _ingest(shell: Shell, number: int) -> None:
    headline = "Observers of the Council took part in the exercise near Minsk"
    body = f"On May 13, 2024, in Minsk, {number + 10} observers took part in the exercise."
    shell.write("a.txt", f"{headline}\n{headline}\n14.05.2024\n{body}\n")
    at = f"2024-06-{number + 1:02}T00:00:00Z"
    assert shell("ingest", "a.txt", "--source", "csto", "--captured-at", at).code == 0


def test_every_new_file_is_synced_before_the_commit_that_names_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[Path] = set()
    known: set[Path] = set()
    commits = []
    fsync, bare = os.fsync, warehouse.duck.connect_bare

    def recording(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.add(path.with_suffix("") if path.suffix == ".part" else path)  # then it is renamed
        fsync(handle)

    class Connection:
        def __init__(self) -> None:
            self._connection = bare()

        def execute(self, statement: str, *values: Any) -> Any:
            if statement == "commit":
                data = shell.folder / "data"
                files = {p for p in data.rglob("*") if p.suffix in (".parquet", ".gz")}
                new = files - known
                folders = {folder for p in new for folder in p.parents if folder != data.parent}
                wanted = new | {folder for folder in folders if folder.is_relative_to(data)}
                # the folder of evidence is made before the lake, and holds a name of its own
                commits.append((len(new), {path for path in wanted - synced if path != data}))
                known.update(files)
                synced.clear()
            return self._connection.execute(statement, *values)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    monkeypatch.setattr(warehouse.duck, "connect_bare", Connection)
    monkeypatch.setattr(os, "fsync", recording)
    monkeypatch.setattr(parts, "FEWEST_FILES", 2)
    for number in range(2):
        _ingest(shell, number)
    assert shell("maintain", "--no-check").code == 0
    whole = [True] * 6
    assert [count > 0 for count, _ in commits] == whole, "made, two runs, merged, packed, figures"
    assert [missed for _, missed in commits] == [set()] * 6


@pytest.mark.drill
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_catalogs_write_that_names_a_file_comes_after_its_fsync(shell: Shell) -> None:
    _ingest(shell, 0)
    _ingest(shell, 1)
    for words in (("run",), ("maintain", "--no-check")):
        if words == ("run",):
            shutil.copytree(ROOT / "seeds", shell.folder / "seeds")
        trace = shell.folder / "trace.txt"
        subprocess.run(
            ["strace", "-f", "-y", "-s", "70000", "-e", "trace=fsync,fdatasync,pwrite64,write",
             "-o", str(trace), sys.executable, "-m", "flows.cli", *words],
            cwd=shell.folder, check=True, capture_output=True, timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        named = _check_order(trace)
        assert len(named) > 5


def _check_order(trace: Path) -> set[str]:
    """The new files that the catalog was seen to name; each has to be on the disk by then."""
    named: set[str] = set()
    synced: set[str] = set()
    made: set[str] = set()
    for line in trace.read_text("utf-8", "replace").splitlines():
        call = _CALL.match(line)
        if call is None:
            continue
        name, path, rest = call[1], call[2], call[3]
        if name.endswith("sync"):
            synced |= {Path(path).name, path}
        elif path.endswith(".parquet"):
            made.add(Path(path).name)
        elif path.endswith("catalog.sqlite-wal"):
            for file in made & set(_NAME.findall(rest)):
                assert file in synced, f"{file} is in the catalog and not yet on the disk"
                folder = next(one for one in synced if one.endswith(f"/{file}"))
                assert str(Path(folder).parent) in synced
                named.add(file)
    return named
