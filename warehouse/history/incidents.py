"""What must not become history before a person has seen it. Pure: looks in, what to hold back out.

Each rule asks what was captured at about the same time, never what one command brought: ten years
of captures ingested at once are not "every page changing".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TOGETHER = timedelta(hours=1)
"""Looks with no longer pause between them were taken together: a run, however long it takes."""
MASS_RELEASES = 8
"""Fewer known releases than this that change alike are no redesign."""
MASS_SHARE = 0.5
"""Of the known releases looked at, more than this."""
ONE_BODY_URLS = 5
"""So many addresses with one body are a wall or a maintenance page, even if none was known."""
LAYOUT_PAGES = 5
LAYOUT_SHARE = 0.8
"""A layout that fills headline and body on a smaller share of at least LAYOUT_PAGES pages broke."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the rules need to know of one look at a page."""

    capture_id: str
    url: str
    captured_at: datetime
    filled: bool
    """Whether headline and body were read in it."""
    body: str | None
    """Digest of what was read, the date left out; None: nothing was."""
    before: str | None = None
    """That of the text it would replace; None: the release was not known."""
    gained: frozenset[str] = frozenset()
    """Digests of the blocks the text gained by the replacement."""
    lost: frozenset[str] = frozenset()
    read: bool = True
    """False: the server only claimed that nothing changed (304)."""

    @property
    def replaces(self) -> bool:
        """Whether it would change a known release."""
        return self.before is not None and self.body is not None and self.body != self.before


@dataclass(frozen=True, slots=True)
class Held:
    """Looks to hold back for one reason."""

    kind: str
    """mass_change, one_body or layout."""
    key: str
    """What tells it from another incident of its kind: a block's or body's digest, or ''."""
    detail: str
    """One sentence for a person."""
    glances: tuple[Glance, ...]


def hold_back(together: Sequence[Glance], *, has_layouts: bool) -> tuple[Held, ...]:
    """What to hold back of looks that were taken together; no look is held twice."""
    found: list[Held] = []
    taken: set[str] = set()
    for held in (*_one_body(together), *_mass_change(together)):
        rest = tuple(one for one in _with_repeats(held, together) if one.capture_id not in taken)
        if rest:
            taken.update(one.capture_id for one in rest)
            found.append(Held(held.kind, held.key, held.detail, rest))
    if has_layouts:
        found += _layout([one for one in together if one.capture_id not in taken])
    return tuple(found)


def windows(times: Iterable[tuple[datetime, str]]) -> list[list[str]]:
    """The captures (time, id) that were taken together, in order of time."""
    found: list[list[str]] = []
    last: datetime | None = None
    for at, capture_id in sorted(times):
        if last is None or at - last > TOGETHER:
            found.append([])
        found[-1].append(capture_id)
        last = at
    return found


def _with_repeats(held: Held, together: Sequence[Glance]) -> tuple[Glance, ...]:
    """With the looks that show again, at the same address, what is held there."""
    shown = {(one.url, one.body) for one in held.glances}
    return tuple(one for one in together if (one.url, one.body) in shown)


def _one_body(together: Sequence[Glance]) -> Iterable[Held]:
    by_body: dict[str, list[Glance]] = {}
    for one in together:
        if one.body is not None:
            by_body.setdefault(one.body, []).append(one)
    for body, many in by_body.items():
        replacing = {one.url for one in many if one.replaces}
        urls = {one.url for one in many}
        known_as_it = {one.url for one in many if one.before == body} - replacing
        if len(replacing) >= 2 or len(urls - known_as_it) >= ONE_BODY_URLS:
            held = tuple(one for one in many if one.url not in known_as_it)
            yield Held(
                "one_body", body,
                f"{len(urls - known_as_it)} addresses show one and the same text: maintenance, "
                "consent or a login, not their releases",
                held,
            )  # fmt: skip


def _mass_change(together: Sequence[Glance]) -> Iterable[Held]:
    known = {one.url for one in together if one.before is not None}
    changed = [one for one in together if one.replaces]
    for what, blocks in (
        ("gained", _shared(changed, "gained")),
        ("lost", _shared(changed, "lost")),
    ):
        for block in blocks:
            held = tuple(one for one in changed if block in getattr(one, what))
            urls = {one.url for one in held}
            if len(urls) >= MASS_RELEASES and len(urls) > MASS_SHARE * len(known):
                yield Held(
                    "mass_change", block,
                    f"{len(urls)} of {len(known)} known releases {what} the same block of text at "
                    "about the same time: a change of the page, not of the releases",
                    held,
                )  # fmt: skip


def _shared(changed: Sequence[Glance], what: str) -> list[str]:
    """The blocks that enough releases gained or lost, most widespread first."""
    counted: Counter[str] = Counter()
    for blocks in {one.url: getattr(one, what) for one in changed}.values():
        counted.update(blocks)
    return [block for block, times in counted.most_common() if times >= MASS_RELEASES]


def is_broken(together: Iterable[Glance]) -> bool:
    """Whether headline and body fill on too few of the pages read, however few there are."""
    pages = {one.url: one.filled for one in together if one.read}
    return sum(pages.values()) < LAYOUT_SHARE * len(pages)


def _layout(together: Sequence[Glance]) -> list[Held]:
    pages = {one.url: one.filled for one in together if one.read}
    if len(pages) < LAYOUT_PAGES or not is_broken(together):
        return []
    detail = (
        f"headline and body could be read on {sum(pages.values())} of {len(pages)} pages: "
        "the site's markup changed; add a [[layout]] to the source file"
    )
    return [Held("layout", "", detail, tuple(one for one in together if not one.filled))]
