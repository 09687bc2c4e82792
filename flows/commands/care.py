"""Commands that care for a warehouse and its machine: `export`, `verify`, `doctor`, `init`."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from flows.commands.shared import FAILED, OK, Options, as_utc, settings_of, speaker
from flows.effects import utc_now
from flows.errors import SettingsError, UsageError
from flows.output import print_rows
from flows.settings import DEFAULT_FILE, Settings
from flows.tracking import api_configured
from warehouse.duck import Place, connect_for, extension_path
from warehouse.encoder import installed_encoder
from warehouse.errors import WarehouseError
from warehouse.export import export as export_views
from warehouse.manifest import compare_manifest, write_manifest
from warehouse.verify import verify as verify_warehouse

_NO_TRANSLATION = "`pip install 'pressdiff[translation]'` adds a model of 33 MB"
_LOW_DISK_BYTES = 1024**3


def export(options: Options, folder: Path, fmt: str, as_of: datetime | None) -> int:
    """Every view to a folder."""
    settings = settings_of(options)
    summary = export_views(
        settings.place, folder, fmt, as_utc(as_of), utc_now(), lambda _view, _rows: None
    )
    speaker(options)(f"wrote {len(summary.files)} files to {folder}")
    return OK


def verify(options: Options, manifest: Path | None, fmt: str) -> int:
    """Whether all is there and as it was."""
    place = settings_of(options).place
    say = speaker(options)
    found = verify_warehouse(place, lambda _what, _many: None)
    findings = [*found.findings]
    if manifest is not None and found.whole:
        findings += compare_manifest(manifest, found.links)
    print_rows(
        ["severity", "subject", "finding"],
        [(one.severity, one.subject, one.sentence) for one in findings],
        fmt,
    )
    damage = sum(one.severity == "damage" for one in findings)
    say(
        f"checked {found.captures} captures, {found.texts} texts, {found.files} Parquet files and "
        f"the chain of {len(found.links)} commits: "
        + (f"{damage} damaged" if damage else "all as recorded")
    )
    if manifest is not None and not damage:
        digest = write_manifest(manifest, place.said, found.links, utc_now())
        say(f"wrote {manifest}, sha-256 {digest}")
    return FAILED if damage else OK


def doctor(options: Options, fmt: str) -> int:
    """What this machine and configuration can and cannot do."""
    rows = list(_diagnose(options))
    print_rows(["check", "state", "finding"], rows, fmt)
    return FAILED if any(state == "fail" for _, state, _ in rows) else OK


def _diagnose(options: Options) -> Iterator[tuple[str, str, str]]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield ("python", "ok" if sys.version_info >= (3, 11) else "fail", version)
    for name in ("ducklake", "sqlite_scanner", "postgres_scanner", "httpfs"):
        yield _try(f"extension {name}", partial(_extension, name))
    try:
        settings = settings_of(options)
    except SettingsError as error:
        yield ("configuration", "fail", str(error))
        return
    said = str(settings.file) if settings.file else "the embedded default"
    yield ("configuration", "ok", f"{said}: {', '.join(_ids(settings)) or 'no source'}")
    yield _folder_check(settings.place)
    yield _try("warehouse", lambda: _warehouse(settings.place))
    on = f"on; contact {settings.contact}" if settings.contact else "off: [http] contact is not set"
    yield ("network", "ok", on)
    encoder = installed_encoder()
    proposes = f"proposed by {encoder.name}" if encoder else "not proposed: " + _NO_TRANSLATION
    yield ("translations", "ok", proposes)
    tracked = "configured: runs are tracked" if api_configured() else "none: runs go at once"
    yield ("prefect API", "ok", tracked)


def _ids(settings: Settings) -> list[str]:
    return [one.source.id for one in settings.watched]


def _folder_check(place: Place) -> tuple[str, str, str]:
    there = next(folder for folder in (place.root, *place.root.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        return ("folder", "fail", f"{there} cannot be written")
    state = "ok" if free > _LOW_DISK_BYTES else "warn"
    return ("folder", state, f"{place.root}: {free / 1024**3:.1f} GiB free")


def _extension(name: str) -> str:
    return extension_path(name).name


def _warehouse(place: Place) -> str:
    if not place.exists:
        return f"none in {place.said} yet; `pressdiff run` makes one"
    counted = "select count(*) from runs"
    connection = connect_for(place, counted)
    try:
        row = connection.execute(counted).fetchone()
    finally:
        connection.close()
    return f"{row[0] if row else 0} runs in {place.said}"


def _try(check: str, look: Callable[[], str]) -> tuple[str, str, str]:
    try:
        return (check, "ok", look())
    except WarehouseError as error:
        return (check, "fail", str(error))


_STARTER = """\
# pressdiff configuration. Every path is relative to this file's folder.

[warehouse]
path = "data"                     # the archive: catalog, Parquet files, evidence

[http]
# The network stays off until you say who you are: this URL goes into the User-Agent, so that a
# publisher can find out why you fetch.
# contact = "https://example.org/why-we-fetch"

[[source]]
use = "csto"                      # a shipped source (csto, generic), or the path of a source file
schedule = "17 * * * *"           # cron
"""


def init(folder: Path) -> int:
    """A configuration file to start from."""
    path = folder / DEFAULT_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_STARTER)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already; it was left as it is") from error
    print(path)
    return OK
