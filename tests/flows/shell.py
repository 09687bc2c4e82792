"""A folder to work in, the seeds, and a way to run the command line as a user does."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """The JSON it printed."""
        return json.loads(self.out)


class Shell:
    """Runs `pressdiff` in a folder: in this process, or as a command of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> Ran:
        """Run in this process, which spares the second that a cold start takes."""
        out, err = StringIO(), StringIO()
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
                main(words)
        finally:
            os.chdir(before)
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out.getvalue(), err.getvalue())

    def command(
        self, *words: str, env: Mapping[str, str] | None = None, longest_s: float = 120
    ) -> Ran:
        """Run as a user does, in a process of its own."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        clean |= {"PREFECT_HOME": str(self.folder / ".prefect"), "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", *words],
            cwd=self.folder, capture_output=True, text=True, timeout=longest_s,
            env={**clean, "PYTHONPATH": str(ROOT), **(env or {})}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """The answer to a query."""
        ran = self("sql", query, "--format", "json")
        assert ran.code == 0, ran.err
        rows: list[dict[str, Any]] = ran.rows
        return rows

    def write(self, name: str, text: str | bytes, mtime: float | None = None) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A command line in an empty folder."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def seeded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `pressdiff run` took the seeds; copy it, do not change it."""
    folder = tmp_path_factory.mktemp("seeded")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    ran = Shell(folder)("run")
    assert ran.code == 0, ran.err
    return folder


@pytest.fixture
def seeded(seeded_template: Path, tmp_path: Path) -> Shell:
    """A command line in a folder of one's own in which the seeds were taken."""
    folder = tmp_path / "seeded"
    shutil.copytree(seeded_template, folder)
    return Shell(folder)


Dump = Callable[..., str]


def dump_of(headline: str, body: str, date: str | None = "14.05.2024") -> str:
    """The text of a dump: headline twice, date, body."""
    lines = [headline, "", headline + (f" {date}" if date else ""), "", *body.split("\n")]
    return "\n".join(lines) + "\n"


@pytest.fixture
def dump() -> Dump:
    """Makes the text of a dump."""
    return dump_of
