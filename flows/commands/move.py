"""`migrate-warehouse`: an embedded warehouse into the configured one."""

import time
from pathlib import Path

from flows.commands.shared import FAILED, OK, Options, settings_of, speaker
from flows.effects import utc_now
from flows.errors import UsageError
from warehouse.lock import writing
from warehouse.move import folder_place, move_warehouse
from warehouse.verify import verify


def migrate_warehouse(options: Options, folder: Path) -> int:
    """Copy the warehouse of a folder into the configured one, and check the copy."""
    settings = settings_of(options)
    say = speaker(options)
    source, target = folder_place(folder), settings.place
    if source.root.resolve() == target.root.resolve() and not target.scaled:
        raise UsageError(f"{folder} is the configured warehouse itself; configure the new one")
    wait_s = settings.lock_wait_s
    with (
        writing(source, "migrate-warehouse", wait_s, time.sleep, say),
        writing(target, "migrate-warehouse", wait_s, time.sleep, say),
    ):
        rows = move_warehouse(source, target, utc_now(), lambda _what, _many: None)
    found = verify(target, lambda _what, _many: None)
    damage = [one for one in found.findings if one.severity == "damage"]
    for one in damage:
        say(f"{one.subject}: {one.sentence}")
    say(
        f"copied {rows} rows and the evidence of {found.captures} captures to {target.said}: "
        + (f"{len(damage)} damaged" if damage else "all as recorded; the old one is untouched")
    )
    return FAILED if damage else OK
