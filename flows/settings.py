"""The configuration file, read and checked: what is watched, and where the warehouse lies.

Without a file the embedded default holds: source `csto` with its files, warehouse in `./data`, and
no network, for that needs `[http] contact`. Every path is relative to the file's folder.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from flows.errors import SettingsError
from parsers.model import Source
from parsers.source_file import parse_source
from parsers.sources import load_shipped, shipped_ids
from parsers.toml_lines import line_of
from parsers.toml_tables import Checks, FaultError, TomlError, TomlFile, number, text
from warehouse.duck import Place

DEFAULT_FILE = "pressdiff.toml"


@dataclass(frozen=True, slots=True)
class Watched:
    """One source a configuration watches."""

    source: Source
    schedule: str | None
    """Cron, in the source's time zone; None: only when asked."""

    def interval_s(self) -> float | None:
        """Seconds from one run to the next, at the shortest of a day; None: no schedule."""
        if self.schedule is None:
            return None
        from cronsim import CronSim

        fires = list(islice(CronSim(self.schedule, datetime(2026, 1, 1, tzinfo=UTC)), 25))
        return min((after - before).total_seconds() for before, after in pairwise(fires))


@dataclass(frozen=True, slots=True)
class Entry:
    """A `[[source]]` of a configuration, not yet loaded."""

    use: str
    schedule: str | None
    where: str
    """File, line and key, for errors."""


@dataclass(frozen=True)
class Settings:
    """All a command needs to know."""

    root: Path
    """The folder that paths are relative to."""
    file: Path | None
    """The configuration file; None: the embedded default."""
    place: Place
    lock_wait_s: float
    keep_snapshots_days: float
    """How long `maintain` keeps the lake's own snapshots; revisions are kept for ever."""
    contact: str | None
    """Goes into the User-Agent; None: the network is off."""
    entries: tuple[Entry, ...]
    maintain_schedule: str
    """Cron, UTC: when `pressdiff schedule` cares for the warehouse."""
    recheck_schedule: str | None
    """Cron, in each source's time zone: when sources that seldom run are looked at besides."""
    secrets_block: str | None
    """Names the Prefect block that holds the secrets of runs which Prefect starts."""

    @cached_property
    def watched(self) -> tuple[Watched, ...]:
        """The sources it names, loaded. Raises SettingsError.

        Not loaded before they are asked for: a question in SQL needs none.
        """
        watched: list[Watched] = []
        for entry in self.entries:
            source = load_source(entry.use, self.root, entry.where)
            if source.id in (one.source.id for one in watched):
                raise SettingsError(f"{entry.where}: the source {source.id!r} is listed twice")
            watched.append(Watched(source, entry.schedule))
        return tuple(watched)

    def source(self, source_id: str) -> Source | None:
        """The source with this id: one that is watched, else a shipped one, else None."""
        for one in self.watched:
            if one.source.id == source_id:
                return one.source
        return load_shipped(source_id) if source_id in shipped_ids() else None


def _cron(value: Any) -> str:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(text(value), datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise FaultError(f"is no cron expression: {error}.") from None
    return str(value)


_PASSWORD = re.compile(r"(?i)(?:^|[\s?&])\w*password\s*=|//[^/@]*:[^/@]+@")


def _catalog(value: Any) -> str:
    """libpq's connection string behind `postgres:`."""
    said = text(value)
    if not said.startswith("postgres:"):
        raise FaultError('must begin with "postgres:"; without it the catalog lies in `path`.')
    if _PASSWORD.search(said):
        raise FaultError("must not hold a password; set PGPASSWORD, or use a ~/.pgpass file.")
    return said.removeprefix("postgres:")


def _bucket(value: Any) -> str:
    said = text(value).rstrip("/")
    if not said.startswith("s3://") or len(said) == len("s3://"):
        raise FaultError('must be "s3://bucket/prefix".')
    if re.search(r"[?@#\s]", said):
        raise FaultError("must be bucket and prefix alone; who we are comes from AWS_* variables.")
    return said


def _block(value: Any) -> str:
    said = text(value)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", said):  # what is no name may be a secret
        raise FaultError("must be the name of a Prefect block: small letters, digits, dashes.")
    return said


_WAREHOUSE: Checks = {
    "path": text,
    "catalog": _catalog,
    "data_path": _bucket,
    "secrets": _block,
    "lock_wait_s": number,
    "keep_snapshots_days": number,
}
_HTTP: Checks = {"contact": text}
_SOURCE: Checks = {"use": text, "schedule": _cron}
_SCHEDULE: Checks = {"maintain": _cron, "recheck": _cron}
_TABLES = ("warehouse", "http", "schedule", "source")
_NIGHTLY = "43 3 * * *"
_EMBEDDED = TomlFile('[[source]]\nuse = "csto"\n', "the embedded default")


def load_settings(path: Path | None, folder: Path) -> Settings:
    """The settings of a file; without one of `pressdiff.toml` in `folder`, else the default.

    Raises SettingsError when the file is missing, is no TOML, or holds a key or value that has no
    meaning here. Source files are read when `watched` is first asked for.
    """
    if path is None and (folder / DEFAULT_FILE).exists():
        path = folder / DEFAULT_FILE
    try:
        file = _EMBEDDED if path is None else TomlFile(_read(path), str(path))
        return _settings(file, (path.parent if path else folder).resolve(), path)
    except TomlError as error:
        raise SettingsError(str(error)) from error


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text") from error
    except OSError as error:
        raise SettingsError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def _settings(file: TomlFile, root: Path, path: Path | None) -> Settings:
    for key in file.data:
        if key not in _TABLES:
            raise file.unknown((key,), _TABLES)
    warehouse = file.table(("warehouse",), file.data.get("warehouse", {}), _WAREHOUSE)
    http = file.table(("http",), file.data.get("http", {}), _HTTP)
    schedule = file.table(("schedule",), file.data.get("schedule", {}), _SCHEDULE)
    return Settings(
        root=root,
        file=path,
        place=_place(file, root, warehouse),
        lock_wait_s=warehouse.get("lock_wait_s", 60.0),
        keep_snapshots_days=warehouse.get("keep_snapshots_days", 30.0),
        contact=http.get("contact"),
        entries=tuple(
            Entry(one["use"], one.get("schedule"), _where(file, index))
            for index, one in enumerate(file.tables("source", _SOURCE, "use"))
        ),
        maintain_schedule=schedule.get("maintain", _NIGHTLY),
        recheck_schedule=schedule.get("recheck"),
        secrets_block=warehouse.get("secrets"),
    )


def _place(file: TomlFile, root: Path, warehouse: dict[str, Any]) -> Place:
    catalog, bucket = warehouse.get("catalog"), warehouse.get("data_path")
    for key, other in (("catalog", "data_path"), ("data_path", "catalog")):
        if key in warehouse and other not in warehouse:
            raise file.error(("warehouse", key), f"needs {other} beside it.")
    return Place(root / warehouse.get("path", "data"), catalog, bucket)


def _where(file: TomlFile, index: int) -> str:
    return f"{file.name}:{line_of(file.content, ('source', index, 'use'))}: source[{index}].use"


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
    except TomlError as error:
        raise SettingsError(str(error)) from error
