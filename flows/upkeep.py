"""What `pressdiff maintain` does: plain functions, called at once or as a Prefect flow."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from flows.settings import Settings
from warehouse.discard import discard_copied, discard_drafts, discard_unnamed
from warehouse.finding import Finding
from warehouse.growth import Earlier, Growth, growth, read_earlier
from warehouse.kept_gaps import keep_gaps
from warehouse.lock import writing
from warehouse.repack import repack
from warehouse.staging import remove_abandoned
from warehouse.store import Store
from warehouse.upkeep import (
    forget_snapshots,
    leave_figures,
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
    evidence_removed: int
    """Files whose records were copied into larger ones two days ago or earlier."""
    unnamed_removed: int
    """Files that no row names; 0 unless asked for."""
    evidence_packed: int
    packs: int
    """How many files of evidence were copied, into how many."""
    growth: tuple[Growth, ...]
    earlier: Earlier | None
    """With what `growth` compares; None: this was the first upkeep."""
    findings: tuple[Finding, ...]
    """Damage met on the way."""
    verified: Verified | None
    """None: not asked for."""

    @property
    def damaged(self) -> bool:
        """Whether anything kept was found lost or altered."""
        return bool(self.findings) or (self.verified is not None and self.verified.damaged)


def maintain(
    settings: Settings,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
    *,
    check: bool,
    remove_unnamed: bool = False,
) -> Maintained:
    """Bring the schema up to date, clean up, merge, pack evidence, and check if asked to.

    The writer's lock is held for the catalog's part, and again for a moment after each pack: the
    reading and copying of evidence takes long, and no run should wait for it.
    """
    place = settings.place
    run_id = f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    def locked() -> AbstractContextManager[None]:
        return writing(place, "maintain", settings.lock_wait_s, sleep, say)

    with locked():
        store = Store.open(place, now())
        try:
            remove_abandoned(place.staging)
            removed = remove_old_files(store, now())  # before merging puts more aside
            dropped = forget_snapshots(store, now(), settings.keep_snapshots_days)
            keep_gaps(store)  # of sources that a killed run left, or an older pressdiff
            before, after = merge_files(store)
        finally:
            store.close()
    unnamed = 0
    if remove_unnamed:
        with locked():
            unnamed = discard_unnamed(place, now())
    discard_drafts(place, now())
    discarded = discard_copied(place, locked, now())
    packed = repack(place, run_id, locked, now)
    with locked():
        store = Store.open(place, now())
        try:
            earlier = read_earlier(store.connection, now())
            held = leave_figures(store, place, run_id, now())
        finally:
            store.close()
    verified = verify(place, lambda _what, _many: None) if check else None
    return Maintained(
        removed, dropped, before, after, discarded.files, unnamed, packed.files, packed.packs,
        tuple(growth(held, earlier, now())), earlier, (*discarded.findings, *packed.findings),
        verified,
    )  # fmt: skip
