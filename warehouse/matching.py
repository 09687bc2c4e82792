"""Says which release each text belongs to, and appends what that changes.

Asks the lake for the whole group that the texts touch, lets `history.decide` match it, and keeps
the appearances, the looks that change hands and the roles of addresses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from warehouse.history.decide import Identity, ReadLook, met, settle_identity
from warehouse.history.identity import ALIKE_JACCARD, own_names
from warehouse.history.moves import Addresses
from warehouse.history.shingles import jaccard, shingles
from warehouse.model import Appearance, TextKey
from warehouse.moving import Moves
from warehouse.rereading import NOTHING_MOVED, LookAgain, arrivals, without_left
from warehouse.rows import Stamp, appearance_row, retired_row
from warehouse.store import Store

_NAMES_TRIED = 4
"""Each further name needs one more release whose text was read otherwise and came back."""


class Matching:
    """Matches the texts of one source."""

    def __init__(self, store: Store, stamp: Stamp, source_id: str, addresses: Addresses) -> None:
        self._store = store
        self._stamp = stamp
        self._source_id = source_id
        self._addresses = addresses

    def match(self, looks: Sequence[ReadLook], moves: Moves) -> Identity:
        """Match the texts of new looks; `moves` are the source's, those of these looks included."""
        texts = [(look.address, look.key) for look in looks]
        raw = self._closed_appearances(texts, moves.joined)
        known, absorbed = _rooted(raw, self._addresses)
        identity = settle_identity(
            self._source_id, looks, known, _Bodies(self._store).alike, joined=moves.joined,
            elsewhere=self._elsewhere(looks, known),
        )  # fmt: skip
        identity = _with_absorbed(identity, absorbed)
        changed = [*identity.changed, *_renamed(raw, identity, self._addresses)]
        rows = [appearance_row(self._source_id, one, self._stamp) for one in changed]
        self._store.append("appearance_log", rows)
        self._reassign(identity)
        moves.keep_addresses(looks, identity)
        return identity

    def match_again(self, looks: Sequence[LookAgain]) -> Identity:
        """Retire the appearances that no look shows any more, and match what is left anew."""
        moved = [look for look in looks if look.now.unit != look.was.unit]
        if not moved:
            return NOTHING_MOVED
        texts = [(one.address, one.key) for look in moved for one in look.both if one.key]
        raw = self._closed_appearances(texts)
        known, _ = _rooted(raw, self._addresses)
        digests = {look.was.key.text_digest for look in moved if look.was.key}
        ours = {look.was.capture_id for look in looks}
        others = [
            (self.root(address), look)
            for address, look in self._store.looks_of_texts(self._source_id, digests)
            if look.capture_id not in ours
        ]
        kept = without_left(known, looks, others)
        arrived = arrivals(moved)
        identity = settle_identity(
            self._source_id, arrived, kept.appearances, _Bodies(self._store).alike, whole=True,
            elsewhere=self._elsewhere(arrived, known),
        )  # fmt: skip
        changed = {one.unit for one in identity.changed}
        later = [replace(one, release_id=identity.release_of[one.unit]) for one in kept.later]
        rows = [*identity.changed, *(one for one in later if one.unit not in changed)]
        self._store.append(
            "appearance_log", [appearance_row(self._source_id, one, self._stamp) for one in rows]
        )
        gone = kept.gone - changed
        gone |= {one.unit for one in raw if (self.root(one.address), one.unit[1]) in gone}
        self._store.append(
            "retired", [retired_row(self._source_id, unit, self._stamp) for unit in gone]
        )
        left = [(look.was.release_id, look.was.address) for look in moved]
        Moves(self._store, self._stamp, self._source_id).keep_addresses(arrived, identity, left)
        return identity

    def root(self, address: str | None) -> str | None:
        """The address by which identity knows what stands at one."""
        return None if address is None else self._addresses.root(address)

    def _elsewhere(self, looks: Sequence[ReadLook], known: Sequence[Appearance]) -> set[str]:
        """Ids that new releases of these looks would take but others hold: a release keeps its id
        when its text is read otherwise, and the text it was named by may then appear again."""
        if not self._store.has_rows("retired"):
            return set()
        named = {
            name
            for one in [*known, *map(met, looks)]
            for name in islice(own_names(self._source_id, one), _NAMES_TRIED)
        }
        held = {one.release_id for one in known} | {look.release_id for look in looks}
        return self._store.known_ids("revision_log", "release_id", named - held)

    def _closed_appearances(
        self,
        texts: Iterable[tuple[str | None, TextKey]],
        also: Iterable[str] = (),
    ) -> list[Appearance]:
        """All known appearances that share headline, body or address with a text, and so on;
        those at the addresses in `also` too."""
        wanted = _links(texts, self._addresses)
        wanted["address"].update(*(self._addresses.members(url) for url in also))
        asked: dict[str, set[str]] = {column: set() for column in wanted}
        found: dict[tuple[str | None, str], Appearance] = {}
        while any(wanted[column] - asked[column] for column in wanted):
            for column in wanted:
                new = wanted[column] - asked[column]
                asked[column] |= new
                for one in self._store.appearances(self._source_id, column, new):
                    found[one.unit] = one
            texts = [(one.address, one.key) for one in found.values()]
            wanted = _links(texts, self._addresses)
        return list(found.values())

    def _reassign(self, identity: Identity) -> None:
        target = {one.unit: one.release_id for one, _ in identity.moved}
        if not target:
            return
        looks = self._store.looks_of_texts(self._source_id, {digest for _, digest in target})
        self._store.append(
            "reassigned",
            [
                {"capture_id": look.capture_id, "release_id": target[unit], **self._stamp.columns}
                for address, look in looks
                if (unit := (self.root(address), look.text_digest)) in target
            ],
        )


class _Bodies:
    """The bodies of texts that identity must compare, fetched when it asks for them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shingles: dict[str, frozenset[tuple[str, ...]]] = {}

    def alike(self, a: TextKey, b: TextKey) -> bool:
        """Whether two bodies reach ALIKE_JACCARD."""
        if a.body_digest is not None and a.body_digest == b.body_digest:
            return True
        return jaccard(self._of(a.text_id), self._of(b.text_id)) >= ALIKE_JACCARD

    def _of(self, text_id: str) -> frozenset[tuple[str, ...]]:
        if text_id not in self._shingles:
            paragraphs = self._store.paragraphs([text_id])[text_id]
            self._shingles[text_id] = shingles(" ".join(paragraphs))
        return self._shingles[text_id]


def _renamed(
    raw: Iterable[Appearance], identity: Identity, addresses: Addresses
) -> Iterable[Appearance]:
    """The appearances under later addresses of a release, where it has another id now."""
    for one in raw:
        if one.address is None or one.address == (root := addresses.root(one.address)):
            continue
        release_id = identity.release_of[root, one.key.text_digest]
        if release_id != one.release_id:
            yield replace(one, release_id=release_id)


def _rooted(
    raw: Iterable[Appearance], addresses: Addresses
) -> tuple[list[Appearance], list[tuple[Appearance, str]]]:
    """Appearances by the first address of their release; and, of two that are then one, the later
    with the release it belonged to."""
    known: dict[tuple[str | None, str], Appearance] = {}
    absorbed: list[tuple[Appearance, str]] = []
    for one in sorted(raw, key=lambda one: (one.captured_at, one.digest)):
        rooted = replace(one, address=addresses.root(one.address)) if one.address else one
        standing = known.setdefault(rooted.unit, rooted)
        if standing is not rooted and one.release_id not in (None, standing.release_id):
            assert one.release_id is not None
            absorbed.append((rooted, one.release_id))
    return list(known.values()), absorbed


def _with_absorbed(identity: Identity, absorbed: Iterable[tuple[Appearance, str]]) -> Identity:
    """With the appearances that another release held under an address that is this one's."""
    moved = tuple(
        (replace(one, release_id=identity.release_of[one.unit]), was)
        for one, was in absorbed
        if identity.release_of[one.unit] != was
    )
    return replace(identity, moved=identity.moved + moved) if moved else identity


def _links(
    items: Iterable[tuple[str | None, TextKey]], addresses: Addresses
) -> dict[str, set[str]]:
    links: dict[str, set[str]] = {"headline_digest": set(), "body_digest": set(), "address": set()}
    for address, key in items:
        links["headline_digest"].add(key.headline_digest)
        if key.body_digest:
            links["body_digest"].add(key.body_digest)
        if address:
            links["address"] |= addresses.members(address)
    return links
