"""Rebuilds the time lines that looks may change, and appends revisions and what changed in them."""

from collections.abc import Iterable, Mapping, Sequence

from warehouse.history.classify import CLASSIFIER_VERSION
from warehouse.history.decide import History, Identity, ReadLook, settle_history, unsettled
from warehouse.model import Look, Revision
from warehouse.rows import (
    Pair,
    Row,
    Stamp,
    by_pair,
    comparison_rows,
    edit_rows,
    revision_reading_row,
    revision_row,
)
from warehouse.store import Store


class TimeLines:
    """Keeps the revisions of releases."""

    def __init__(self, store: Store, stamp: Stamp) -> None:
        self._store = store
        self._stamp = stamp
        self.touched: set[str] = set()
        """Releases whose time line may have changed."""

    def keep(self, source_id: str, looks: Sequence[ReadLook], identity: Identity) -> frozenset[str]:
        """Append the revisions these looks make; the captures that opened an edit."""
        releases = {identity.release_of[look.unit] for look in looks}
        releases |= {was for _, was in identity.moved}
        releases |= {one.release_id for one, _ in identity.moved if one.release_id}
        known = self._store.revisions(releases - identity.fresh)
        newest = {release_id: many[-1] for release_id, many in known.items()}
        lines = self._lines(looks, identity, unsettled(looks, identity, newest))
        self.touched |= lines.keys()
        history = settle_history(source_id, lines, known)
        self.append(history, lines)
        return history.edits

    def append(self, history: History, lines: Mapping[str, Sequence[Look]]) -> None:
        """Append the revisions of a history that these time lines settled, and how they differ
        from those before."""
        reading_ids = {look.capture_id: look.reading_id for line in lines.values() for look in line}
        revisions = [one for done in history.reconciled for one in done.appended]
        closed = [entry for done in history.reconciled for entry in done.superseded]
        rows = [revision_row(one, self._stamp) for one in revisions]
        self._store.append("revision_log", rows)
        self._store.append(
            "superseded", [{"entry_id": entry, **self._stamp.columns} for entry in closed]
        )
        self._store.append(
            "revision_readings",
            [revision_reading_row(row, reading_ids[row["capture_id"]]) for row in rows],
        )
        changes = self._compare(revisions)
        self._store.append("edit_log", [edit for row in rows for edit in edit_rows(row, changes)])

    def _compare(self, revisions: Sequence[Revision]) -> dict[Pair, list[Row]]:
        """Append what changed between texts that follow each other, once for each pair; what
        changed by pair."""
        pairs = {(one.before_text_id, one.text_id) for one in revisions if one.before_text_id}
        if not pairs:
            return {}
        done = self._store.compared(CLASSIFIER_VERSION, {after for _, after in pairs})
        text_ids = {text_id for pair in pairs - done for text_id in pair}
        states = self._store.states(text_ids)
        compared: list[Row] = []
        changes: list[Row] = []
        for before, after in sorted(pairs - done):
            row, found = comparison_rows(
                (before, after), states[before], states[after], self._stamp
            )
            compared.append(row)
            changes += found
        known = self._store.changes_between(CLASSIFIER_VERSION, pairs & done)
        self._store.append("comparisons", compared)
        self._store.append("change_log", changes)
        return by_pair([*changes, *known])

    def _lines(
        self, looks: Sequence[ReadLook], identity: Identity, releases: Iterable[str]
    ) -> dict[str, list[Look]]:
        """All looks at these releases, those of this batch included."""
        lines: dict[str, list[Look]] = {release_id: [] for release_id in releases}
        received = {one.release_id for one, _ in identity.moved}
        for release_id, held in self._store.looks(set(lines) - (identity.fresh - received)).items():
            lines[release_id] += held
        for look in looks:
            if (release_id := identity.release_of[look.unit]) in lines:
                lines[release_id].append(_line_look(look))
        return lines


def _line_look(look: ReadLook) -> Look:
    assert look.staged.digest is not None
    assert look.staged.reading_id is not None
    return Look(
        look.staged.capture_id,
        look.staged.captured_at,
        look.staged.digest,
        look.staged.url,
        look.staged.reading_id,
        look.key.text_id,
        look.key.text_digest,
        look.staged.parser_version,
    )
