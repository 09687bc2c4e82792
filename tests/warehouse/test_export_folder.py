"""A folder that appears whole or not at all, and takes the place of nothing but its like."""

import errno
import fcntl
import json
import os
from pathlib import Path

import pytest

from warehouse.errors import WarehouseError
from warehouse.export_folder import replaced_folder


def fill(target: Path, name: str) -> None:
    """Export one file of this name."""
    with replaced_folder(target) as folder:
        assert list(folder.iterdir()) == []
        (folder / name).write_text(name)
        manifest = {"pressdiff_export": 1, "files": [{"file": name}]}
        (folder / "manifest.json").write_text(json.dumps(manifest))


class Killed(BaseException):
    """What no code of ours catches on purpose."""


def stop_half_way(folder: Path) -> None:
    """Write half a file, then die."""
    (folder / "half").write_text("half")
    raise Killed


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    fill(tmp_path / "a/b/out", "x")
    assert names(tmp_path / "a/b/out") == {"x", "manifest.json"}


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "x")
    assert names(tmp_path / "out") == {"x", "manifest.json"}


def test_an_earlier_export_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "out", "x")
    fill(tmp_path / "out", "y")
    assert names(tmp_path / "out") == {"y", "manifest.json"}
    assert names(tmp_path) == {"out"}


def test_through_a_link(tmp_path: Path) -> None:
    fill(tmp_path / "out", "x")
    (tmp_path / "link").symlink_to("out")
    fill(tmp_path / "link", "y")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "out") == {"y", "manifest.json"}


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WarehouseError, match=r"holds notes\.txt, which no export of ours wrote"):
        fill(tmp_path, "x")
    assert names(tmp_path) == {"notes.txt"}


def test_a_file_of_others_in_an_export_is_not_swept_away(tmp_path: Path) -> None:
    fill(tmp_path / "out", "x")
    (tmp_path / "out/notes.txt").write_text("mine")
    with pytest.raises(WarehouseError, match=r"notes\.txt"):
        fill(tmp_path / "out", "y")
    assert names(tmp_path / "out") == {"x", "manifest.json", "notes.txt"}


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "null", '{"pressdiff_export": 1}', "\xff"])
def test_a_manifest_of_others_is_none(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest, "latin-1")
    with pytest.raises(WarehouseError, match=r"holds manifest\.json"):
        fill(tmp_path, "x")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(WarehouseError, match="is a file"):
        fill(tmp_path / "out", "x")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_error_inside_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "out", "x")
    with pytest.raises(Killed), replaced_folder(tmp_path / "out") as folder:
        stop_half_way(folder)
    assert names(tmp_path) == {"out"}
    assert names(tmp_path / "out") == {"x", "manifest.json"}


@pytest.mark.parametrize("step", [1, 2])
def test_a_failed_rename_changes_nothing(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "out", "x")
    rename, calls = Path.rename, 0

    def failing(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == step:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output error"):
        fill(tmp_path / "out", "y")
    assert names(tmp_path / "out") == {"x", "manifest.json"}
    assert names(tmp_path) == {"out"}


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_export_killed_while_it_is_put_in_place_is_whole_afterwards(
    tmp_path: Path, step: int
) -> None:
    """Killed before the first rename, between the two, and before the old one is removed."""
    fill(tmp_path / "out", "x")
    new, old = tmp_path / ".out.pressdiff-new", tmp_path / ".out.pressdiff-old"
    new.mkdir()
    (new / "y").mkdir()
    manifest = {"pressdiff_export": 1, "files": [{"file": "y"}]}
    (new / "manifest.json").write_text(json.dumps(manifest))
    if step > 1:
        (tmp_path / "out").rename(old)
    if step > 2:
        new.rename(tmp_path / "out")
    with pytest.raises(Killed), replaced_folder(tmp_path / "out"):
        raise Killed
    assert names(tmp_path) == {"out"}
    assert names(tmp_path / "out") == {"y" if step > 2 else "x", "manifest.json"}


def test_two_exports_at_once_into_one_folder_are_refused(tmp_path: Path) -> None:
    new = tmp_path / ".out.pressdiff-new"
    new.mkdir()
    handle = os.open(new, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(WarehouseError, match=r"another export into .* is under way"):
            fill(tmp_path / "out", "x")
    finally:
        os.close(handle)
    assert names(tmp_path) == {".out.pressdiff-new"}
