"""The configuration file, read and checked: what is watched, and where the warehouse lies.

Without a file the embedded default holds: source `csto` with its files, warehouse in `./data`, and
no network, for that needs `[http] contact`. Every path is relative to the file's folder.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.errors import SettingsError
from parsers.model import Source
from parsers.source_file import SourceError, parse_source
from parsers.sources import load_shipped, shipped_ids
from parsers.toml_lines import line_of
from warehouse.duck import Place

DEFAULT_FILE = "pressdiff.toml"


@dataclass(frozen=True, slots=True)
class Watched:
    """One source a configuration watches."""

    source: Source
    schedule: str | None
    """Cron, in the source's time zone; None: only when asked."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All a command needs to know."""

    root: Path
    """The folder that paths are relative to."""
    file: Path | None
    """The configuration file; None: the embedded default."""
    place: Place
    lock_wait_s: float
    contact: str | None
    """Goes into the User-Agent; None: the network is off."""
    watched: tuple[Watched, ...]

    def source(self, source_id: str) -> Source | None:
        """The source with this id: one that is watched, else a shipped one, else None."""
        for one in self.watched:
            if one.source.id == source_id:
                return one.source
        return load_shipped(source_id) if source_id in shipped_ids() else None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Warehouse(_Table):
    path: Annotated[str, Field(min_length=1)] = "data"
    lock_wait_s: Annotated[float, Field(ge=0)] = 60.0


class _Http(_Table):
    contact: Annotated[str, Field(min_length=1)] | None = None


class _Source(_Table):
    use: Annotated[str, Field(min_length=1)]
    schedule: Annotated[str, Field(min_length=1)] | None = None


class _File(_Table):
    warehouse: _Warehouse = _Warehouse()
    http: _Http = _Http()
    source: list[_Source] = [_Source(use="csto")]


def load_settings(path: Path | None, folder: Path) -> Settings:
    """The settings of a file; without one of `pressdiff.toml` in `folder`, else the default.

    Raises SettingsError when the file is missing, is no TOML, or holds a key or value that has no
    meaning here.
    """
    if path is None and (folder / DEFAULT_FILE).exists():
        path = folder / DEFAULT_FILE
    if path is None:
        return _settings(_File(), folder.resolve(), None, "")
    text = _read(path)
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    try:
        file = _File.model_validate(said)
    except ValidationError as error:
        raise SettingsError(_explain(path, text, error)) from error
    return _settings(file, path.resolve().parent, path, text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error


def _settings(file: _File, root: Path, path: Path | None, text: str) -> Settings:
    watched: list[Watched] = []
    for index, entry in enumerate(file.source):
        where = f"{path}:{line_of(text, ('source', index, 'use'))}: source[{index}].use"
        source = load_source(entry.use, root, where)
        if source.id in (one.source.id for one in watched):
            raise SettingsError(f"{where}: the source {source.id!r} is listed twice")
        watched.append(Watched(source, entry.schedule))
    return Settings(
        root=root,
        file=path,
        place=Place(root / file.warehouse.path),
        lock_wait_s=file.warehouse.lock_wait_s,
        contact=file.http.contact,
        watched=tuple(watched),
    )


def load_source(use: str, root: Path, where: str) -> Source:
    """The source a `use` names: a shipped id, or the path of a source file.

    `where` opens the message of the SettingsError raised when there is no such source.
    """
    if use in shipped_ids():
        return load_shipped(use)
    path = root / use
    if not path.is_file():
        raise SettingsError(
            f"{where}: {use!r} is neither a shipped source ({', '.join(shipped_ids())}) "
            f"nor a file; {path} does not exist"
        )
    try:
        return parse_source(_read(path), str(path))
    except SourceError as error:
        raise SettingsError(str(error)) from error


def _explain(path: Path, text: str, error: ValidationError) -> str:
    """The first fault as one sentence with file, line and key."""
    fault = error.errors(include_url=False)[0]
    location = tuple(fault["loc"])
    line = line_of(text, location) or line_of(text, location[:-1])
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    where = f"{path}:{line}" if line else str(path)
    return f"{where}: {key.removeprefix('.')}: {_sentence(fault)}"


def _sentence(fault: Any) -> str:
    kind = fault["type"]
    if kind == "extra_forbidden":
        return "there is no such key; see README.md, Configuration"
    if kind == "missing":
        return "this key is required"
    return f"{fault['msg'].removeprefix('Input s').replace('hould', 'should', 1)}"
