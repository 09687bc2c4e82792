"""Keeps where releases stand: appends moves and the roles of addresses."""

from collections.abc import Container, Iterable, Sequence

from warehouse.history.decide import Identity, ReadLook
from warehouse.history.moves import Addresses, Move, addresses
from warehouse.model import StagedLook
from warehouse.rows import Row, Stamp
from warehouse.store import Store


class Moves:
    """The moves of one source, those of a batch included once kept."""

    def __init__(self, store: Store, stamp: Stamp, source_id: str) -> None:
        self._store = store
        self._stamp = stamp
        self._source_id = source_id
        self._known = store.moves(source_id)
        self.addresses: Addresses = addresses(self._known)
        self.joined: frozenset[str] = frozenset()
        """Roots of the releases that moves kept just now are of."""

    def keep(self, looks: Iterable[StagedLook], read: Container[str]) -> None:
        """Append the moves that these looks show. A redirect to what holds no release is none.

        One that only repeats what is known is kept too: later evidence may come between the two.
        """
        found = {
            Move(look.captured_at, look.address, look.final_url): look.capture_id
            for look in looks
            if look.outcome == "moved"
            and look.address is not None
            and look.final_url in read
            and look.final_url is not None
            and look.final_url != look.address
        }
        new = {one: found[one] for one in found.keys() - set(self._known)}
        if not new:
            return
        self._store.append(
            "move_log",
            [
                {
                    "source_id": self._source_id,
                    "from_url": one.from_url,
                    "to_url": one.to_url,
                    "moved_at": one.moved_at,
                    "capture_id": capture_id,
                    **self._stamp.columns,
                }
                for one, capture_id in new.items()
            ],
        )
        self._known += list(new)
        self.addresses = addresses(self._known)
        self.joined = frozenset(self.addresses.root(one.from_url) for one in new)

    def keep_addresses(
        self,
        looks: Sequence[ReadLook],
        identity: Identity,
        left: Iterable[tuple[str | None, str | None]] = (),
    ) -> None:
        """Append the role that each address of the touched releases took.

        `left`: (release id, root) where looks showed a release and, read again, say otherwise.
        """
        wanted: dict[tuple[str, str], str] = {}
        for one in identity.changed:
            if one.address is not None and one.release_id is not None:
                wanted |= self._roles(one.release_id, one.address)
        for look in looks:
            if look.address is not None and look.address in self.addresses.moves:
                wanted |= self._roles(identity.release_of[look.unit], look.address)
        for (address, _), release_id in identity.release_of.items():
            if address in self.joined:
                wanted |= self._roles(release_id, address)
        absorbed = {was for _, was in identity.moved}
        gone = self._gone(identity, left)
        known = self._store.url_roles({release_id for release_id, _ in (*wanted, *gone)} | absorbed)
        taken = {url for _, url in wanted}
        released = {
            (release_id, url): "none"
            for (release_id, url), role in known.items()
            if role != "none"
            and (release_id, url) not in wanted
            and ((release_id in absorbed and url in taken) or (release_id, url) in gone)
        }
        self._store.append(
            "url_log",
            [
                self._row(release_id, url, role)
                for (release_id, url), role in {**wanted, **released}.items()
                if known.get((release_id, url)) != role
            ],
        )

    def _gone(
        self, identity: Identity, left: Iterable[tuple[str | None, str | None]]
    ) -> set[tuple[str, str]]:
        """Of what was left, the addresses at which no look shows that release any more."""
        stands = {(release_id, address) for (address, _), release_id in identity.release_of.items()}
        return {
            (release_id, url)
            for release_id, root in left
            if release_id is not None and root is not None and (release_id, root) not in stands
            for url in self.addresses.members(root)
        }

    def _roles(self, release_id: str, root: str) -> dict[tuple[str, str], str]:
        canonical = self.addresses.canonical(root)
        return {
            (release_id, url): "canonical" if url == canonical else "moved_from"
            for url in self.addresses.members(root)
        }

    def _row(self, release_id: str, url: str, role: str) -> Row:
        return {
            "release_id": release_id,
            "source_id": self._source_id,
            "url": url,
            "role": role,
            **self._stamp.columns,
        }
