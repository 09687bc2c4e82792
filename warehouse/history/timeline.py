"""A release's revisions from its looks. Pure: a function of the set of looks, in any order.

A revision is a run of looks with the same normalised text. A file that says again what it said
before confirms, it does not change: when two files hold two texts of one release, reading both
again is no edit. (A page that says again what it said before is the publisher speaking now.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from warehouse.model import KnownRevision, Look, Revision, short_hash


@dataclass(frozen=True, slots=True)
class _Island:
    """A run of looks that held one text, in time order."""

    looks: tuple[Look, ...]

    @property
    def first(self) -> Look:
        return self.looks[0]

    @property
    def last(self) -> Look:
        return self.looks[-1]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What to append so that the lake says what the looks say."""

    appended: tuple[Revision, ...]
    superseded: tuple[str, ...]
    """`entry_id`s of rows that no longer hold."""


def order(look: Look) -> tuple[object, ...]:
    """The order of looks: time, then digest, then id, so that ties never depend on arrival."""
    return (look.captured_at, look.digest, look.capture_id)


def islands(looks: Iterable[Look]) -> list[_Island]:
    """The runs of equal text, oldest first."""
    runs: list[list[Look]] = []
    said: dict[str, str] = {}
    for look in sorted(looks, key=order):
        is_file = look.url.startswith("file:")
        repeats_itself = is_file and said.get(look.url) == look.text_digest
        said[look.url] = look.text_digest
        if runs and runs[-1][-1].text_digest == look.text_digest:
            runs[-1].append(look)
        elif not runs or not repeats_itself:
            runs.append([look])
    return [_Island(tuple(run)) for run in runs]


def reconcile(
    release_id: str, source_id: str, looks: Iterable[Look], known: Sequence[KnownRevision]
) -> Reconciled:
    """The rows to append and to close so that `known` becomes what `looks` say.

    A revision keeps its id as long as the look it was named by still holds its text.
    """
    desired = _revisions(release_id, source_id, islands(looks), known)
    standing = {entry.revision: entry.entry_id for entry in known}
    wanted = set(desired)
    return Reconciled(
        appended=tuple(one for one in desired if one not in standing),
        superseded=tuple(entry for one, entry in standing.items() if one not in wanted),
    )


def _revisions(
    release_id: str, source_id: str, runs: Sequence[_Island], known: Sequence[KnownRevision]
) -> list[Revision]:
    named = {one.revision.anchor_capture_id: one.revision.revision_id for one in known}
    made: list[Revision] = []
    first_with: dict[str, int] = {}
    for number, run in enumerate(runs, 1):
        anchor = next(
            (look.capture_id for look in run.looks if look.capture_id in named),
            run.first.capture_id,
        )
        before = made[-1] if made else None
        digest = run.first.text_digest
        made.append(
            Revision(
                revision_id=named.get(anchor) or short_hash(release_id, anchor),
                release_id=release_id,
                source_id=source_id,
                revision=number,
                before_revision_id=before.revision_id if before else None,
                reverts_to=first_with.get(digest),
                text_id=run.first.text_id,
                text_digest=digest,
                before_text_id=before.text_id if before else None,
                capture_id=run.first.capture_id,
                anchor_capture_id=anchor,
                seen_at=run.first.captured_at,
                changed_after=runs[number - 2].last.captured_at if before else None,
                parser_version=run.first.parser_version,
            )
        )
        first_with.setdefault(digest, number)
    return made
