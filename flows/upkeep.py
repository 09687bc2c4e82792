"""What `pressdiff maintain` does: plain functions, called at once or as a Prefect flow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flows.settings import Settings
from warehouse.lock import writing
from warehouse.staging import remove_abandoned
from warehouse.store import Store
from warehouse.upkeep import (
    Holding,
    forget_snapshots,
    holdings,
    merge_files,
    remove_old_files,
)
from warehouse.verify import Verified, verify


@dataclass(frozen=True, slots=True)
class Maintained:
    """What was done, and what there is."""

    files_removed: int
    snapshots_dropped: int
    files_before: int
    files_after: int
    """Parquet files of the newest snapshot, before and after merging."""
    holdings: tuple[Holding, ...]
    verified: Verified | None
    """None: not asked for."""


def maintain(
    settings: Settings,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
    *,
    check: bool,
) -> Maintained:
    """Bring the schema up to date, clean up, merge, and check if asked to.

    All but the check is done under the writer's lock; a check only reads, and takes long.
    """
    place = settings.place
    with writing(place, "maintain", settings.lock_wait_s, sleep, say):
        store = Store.open(place, now())
        try:
            remove_abandoned(place.staging)
            removed = remove_old_files(store, now())  # before merging puts more aside
            dropped = forget_snapshots(store, now(), settings.keep_snapshots_days)
            before, after = merge_files(store)
            held = tuple(holdings(store, place))
        finally:
            store.close()
    verified = verify(place, lambda _what, _many: None) if check else None
    return Maintained(removed, dropped, before, after, held, verified)
