"""What each look of a batch means, given what the lake knows. Pure: facts in, rows to append out.

Two steps, because the second needs facts chosen by the first: `settle_identity` says which release
every text belongs to, `settle_history` which revisions those releases now have.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from warehouse.history.identity import Alike, assign
from warehouse.history.timeline import Reconciled, reconcile
from warehouse.model import Appearance, KnownRevision, Look, StagedLook, TextKey

Unit = tuple[str | None, str]
"""Address and text digest: what `Appearance.unit` returns."""


@dataclass(frozen=True, slots=True)
class ReadLook:
    """A staged look whose text is known."""

    staged: StagedLook
    address: str | None
    key: TextKey
    release_id: str | None = None
    """The release it was placed in before it was read again; None: a new look."""

    @property
    def unit(self) -> Unit:
        """The appearance this look is one of."""
        return (self.address, self.key.text_digest)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which release every text of the touched groups belongs to."""

    release_of: Mapping[Unit, str]
    changed: tuple[Appearance, ...]
    """Appearances to append: new, met earlier than known, or moved to another release."""
    moved: tuple[tuple[Appearance, str], ...]
    """Appearances that belonged to another release before, with that release's id."""
    fresh: frozenset[str]
    """Releases nothing was known of."""


def settle_identity(
    source_id: str,
    looks: Sequence[ReadLook],
    known: Iterable[Appearance],
    alike: Alike,
    *,
    whole: bool = False,
    elsewhere: Container[str] = (),
) -> Identity:
    """The release of every look's text. `known` must be closed over headline, body, address.

    `whole`: some of what was known was taken out, so all that is left is matched anew, and what
    falls apart shares out the names it had. `elsewhere`: ids of releases not among `known`.
    """
    before = {appearance.unit: appearance for appearance in known}
    after = dict(before)
    for look in looks:
        found = met(look)
        standing = after.get(look.unit)
        if standing is None:
            after[look.unit] = found
        elif _time(found) < _time(standing):
            after[look.unit] = replace(found, release_id=standing.release_id or found.release_id)
        elif standing.release_id is None:
            after[look.unit] = replace(standing, release_id=found.release_id)
    touched = {unit for unit, one in after.items() if before.get(unit) != one}
    release_of = {unit: one.release_id for unit, one in before.items() if one.release_id}
    groups = [list(after.values())] if whole else _groups(after.values())
    for group in groups:
        if whole or any(member.unit in touched for member in group):
            release_of.update(assign(source_id, group, alike, elsewhere))
    changed = tuple(
        replace(one, release_id=release_of[unit])
        for unit, one in after.items()
        if unit in touched or before[unit].release_id != release_of[unit]
    )
    moved = tuple(
        (one, was.release_id)
        for one in changed
        if (was := before.get(one.unit)) and was.release_id and was.release_id != one.release_id
    )
    held = {one.release_id for one in before.values()}
    fresh = frozenset(release for release in release_of.values() if release not in held)
    return Identity(release_of, changed, moved, fresh)


def met(look: ReadLook) -> Appearance:
    """The appearance a look alone would make."""
    assert look.staged.digest is not None
    return Appearance(
        look.address, look.key, look.staged.captured_at, look.staged.digest, look.release_id
    )


def _time(appearance: Appearance) -> tuple[datetime, str]:
    return (appearance.captured_at, appearance.digest)


def _groups(appearances: Iterable[Appearance]) -> list[list[Appearance]]:
    """The connected components over shared headline, body or address."""
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent[above]
            node = parent[node]
        return node

    members = list(appearances)
    for one in members:
        links: list[object] = [("headline", one.key.headline_digest)]
        if one.key.body_digest is not None:
            links.append(("body", one.key.body_digest))
        if one.address is not None:
            links.append(("address", one.address))
        for link in links:
            parent[root(link)] = root(("unit", one.unit))
    groups: dict[object, list[Appearance]] = {}
    for one in members:
        groups.setdefault(root(("unit", one.unit)), []).append(one)
    return list(groups.values())


def unsettled(
    looks: Sequence[ReadLook],
    identity: Identity,
    newest: Mapping[str, KnownRevision],
) -> frozenset[str]:
    """The releases whose time line these looks may change.

    A look after the newest revision was first seen that says what it says confirms it.
    """
    found = {
        release
        for one, was in identity.moved
        for release in (was, one.release_id)
        if release is not None
    }
    for look in looks:
        release_id = identity.release_of[look.unit]
        last = newest.get(release_id)
        if (
            last is None
            or last.revision.text_digest != look.key.text_digest
            or look.staged.captured_at <= last.revision.seen_at
        ):
            found.add(release_id)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class History:
    """What to append for the touched time lines."""

    reconciled: tuple[Reconciled, ...]
    edits: frozenset[str]
    """Captures that opened a revision after the first."""

    def opened(self, known: Mapping[str, Sequence[KnownRevision]]) -> dict[str, int]:
        """Of every capture that opens a revision, given what was `known`, that one's number."""
        closed = {entry for done in self.reconciled for entry in done.superseded}
        standing = (
            entry.revision
            for entries in known.values()
            for entry in entries
            if entry.entry_id not in closed
        )
        appended = (one for done in self.reconciled for one in done.appended)
        return {one.capture_id: one.revision for one in (*standing, *appended)}


def settle_history(
    source_id: str,
    lines: Mapping[str, Sequence[Look]],
    known: Mapping[str, Sequence[KnownRevision]],
) -> History:
    """The revisions of every release in `lines`, whose looks must be all of its looks."""
    reconciled = tuple(
        reconcile(release_id, source_id, looks, known.get(release_id, ()))
        for release_id, looks in lines.items()
    )
    edits = frozenset(
        one.capture_id for done in reconciled for one in done.appended if one.revision > 1
    )
    return History(reconciled, edits)
