"""Keeps whether releases were there: appends changes of state, tells what was there again."""

from collections.abc import Mapping, Sequence

from warehouse.history.moves import Addresses
from warehouse.history.states import Presence, State, states
from warehouse.model import StagedLook
from warehouse.rows import Row, Stamp
from warehouse.store import Store

_ABSENT = frozenset({"missing", "gone"})


class StateKeeper:
    """The states of one source's releases, after a batch of looks whose outcomes are decided."""

    def __init__(self, store: Store, stamp: Stamp, source_id: str, addresses: Addresses) -> None:
        self._store = store
        self._stamp = stamp
        self._source_id = source_id
        self._addresses = addresses

    def keep(self, looks: Sequence[StagedLook], outcomes: Mapping[str, str]) -> frozenset[str]:
        """Append what changed; the captures that found a release live again."""
        touched = self._touched(looks, outcomes)
        known = self._store.release_states(touched)
        absent = {
            self._addresses.root(look.address)
            for look in looks
            if look.address and outcomes[look.capture_id] in _ABSENT
        }
        changing = {
            release_id: root
            for release_id, root in touched.items()
            if release_id in known or root in absent
        }
        if not changing:
            return frozenset()
        presences = self._presences(set(changing.values()), looks, outcomes)
        rows: list[Row] = []
        again: set[str] = set()
        for release_id, root in changing.items():
            found = states(presences.get(root, ()))
            rows += self._rows(release_id, found, known.get(release_id, set()))
            again.update(one.capture_id for one in found if one.status == "live")
        self._store.append("state_log", rows)
        return frozenset(again)

    def _touched(self, looks: Sequence[StagedLook], outcomes: Mapping[str, str]) -> dict[str, str]:
        """The root address of every release these looks say something of."""
        said = {
            look.address
            for look in looks
            if look.address and Presence(
                look.captured_at, look.capture_id, "", outcomes[look.capture_id]
            ).tells
        }  # fmt: skip
        named = self._store.releases_of_addresses(self._source_id, said)
        return {release_id: self._addresses.root(url) for url, release_id in named.items()}

    def _presences(
        self, roots: set[str], looks: Sequence[StagedLook], outcomes: Mapping[str, str]
    ) -> dict[str, list[Presence]]:
        members = {url for root in roots for url in self._addresses.members(root)}
        said = self._store.presences(self._source_id, members)
        said += [
            (
                look.address,
                Presence(
                    look.captured_at, look.capture_id, self._stamp.run_id,
                    outcomes[look.capture_id],
                ),
            )
            for look in looks
            if look.address in members and not look.url.startswith("file:")
        ]  # fmt: skip
        found: dict[str, list[Presence]] = {}
        for url, one in said:
            # At an address it has moved from, a release is not looked for.
            if one.here or self._addresses.canonical(url, one.captured_at) == url:
                found.setdefault(self._addresses.root(url), []).append(one)
        return found

    def _rows(self, release_id: str, found: Sequence[State], known: set[State]) -> list[Row]:
        taken_back = {one.since for one in known} - {one.since for one in found}
        gone = [
            State("none", one.since, one.capture_id) for one in known if one.since in taken_back
        ]
        return [
            {
                "release_id": release_id,
                "status": one.status,
                "since": one.since,
                "capture_id": one.capture_id,
                **self._stamp.columns,
            }
            for one in (*gone, *(one for one in found if one not in known))
        ]
