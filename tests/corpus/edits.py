"""Planted edits: a release, one known change, and what a diff must say of it.

Each planter changes one thing that falls into one kind only: numbers, names and negations are
changed outside quotation marks, wording and typos in lower-case words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.corpus.dice import Dice
from tests.corpus.grammar import sentence
from tests.corpus.truth import ReleaseTruth
from tests.corpus.vocabulary import GRAMMAR, MONTHS

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_COUNTED = re.compile(
    r"(?<![\w.,\-–+(])\d{2,3}(?= (?:representatives|proposals|recommendations|servicemen|people"
    r"|percent|million|days|kg|units|представителей|предложений|процентов))"
)
_DAY = re.compile(
    rf"(?<=\b(?:On) )(?:(?:{'|'.join(MONTHS)}) \d{{1,2}}|\d{{1,2}} (?:{'|'.join(MONTHS)}))\b"
)
_FAMILY = re.compile(rf"\b(?:{'|'.join(GRAMMAR['family'])})\b")
_LONG_WORD = re.compile(r"(?<![\w’'-])[a-z]{7,}(?![\w’'-])")
_LOWER_WORD = re.compile(r"(?<![\w’'-])[a-z]{5,}(?![\w’'-])")

WORDINGS = {
    "considered": "examined", "presented": "outlined", "exchanged": "shared", "tense": "difficult",
    "decided": "resolved", "rehearsed": "practised", "priority": "necessity", "approved": "backed",
    "discussion": "debate", "contribution": "help", "confirmed": "voiced", "schedule": "time",
}  # fmt: skip
SPEECHES = {
    "must": "could", "closer": "together", "cheaper": "simpler", "alternative": "obstacle",
    "convinced": "sure", "doubt": "forget", "works": "exists", "faster": "easier",
}  # fmt: skip
NEGATIONS = {
    "had become": "had not become", "was ready": "was not ready",
    "had been taken": "had not been taken",
    "would be": "would not be", "were sent": "were not sent", "was approved": "was not approved",
    "had fallen": "had not fallen", "were being": "were not being", "took part": "took no part",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EditTruth:
    """One planted change, in the words of the `changes` view."""

    name: str
    """The planter's name, as in `PLANTERS`."""
    field: str
    """headline, published_on or body."""
    op: str
    """insert, delete, replace or move."""
    kind: str
    """number, date, name, quote, negation, wording, typo or paragraph."""
    before: str | None
    after: str | None
    paragraph_before: int | None = None
    """From 0, in the older text; None for an insertion and outside the body."""
    paragraph_after: int | None = None


Planted = tuple[ReleaseTruth, EditTruth]


def edit(release: ReleaseTruth, seed: int, name: str | None = None) -> Planted | None:
    """The release with one change planted; None where a change of that name cannot be planted.
    Without a name, one that can: a published date or a paragraph always can."""
    dice = Dice(seed, "edit")
    for tried in [name] if name else dice.shuffled(list(PLANTERS)):
        planted = PLANTERS[tried](release, dice)
        if planted is not None:
            return planted
    return None


def _spots(
    release: ReleaseTruth, pattern: re.Pattern[str], *, quoted: bool = False
) -> Iterator[tuple[int, int, int]]:
    """Paragraph, start and end of each match inside, or outside, quotation marks."""
    for index, text in enumerate(release.paragraphs):
        quotes = [match.span() for match in _QUOTED.finditer(text)]
        if text.count('"') % 2:
            continue
        for match in pattern.finditer(text):
            inside = any(start < match.start() and match.end() < end for start, end in quotes)
            if inside is quoted:
                yield index, match.start(), match.end()


def _replaced(
    release: ReleaseTruth,
    dice: Dice,
    name: str,
    pattern: re.Pattern[str],
    other: Callable[[str], str],
    *,
    kind: str | None = None,
    quoted: bool = False,
) -> Planted | None:
    """One match of the pattern in the body replaced by another text."""
    spots = list(_spots(release, pattern, quoted=quoted))
    if not spots:
        return None
    index, start, end = dice.pick(spots)
    body = list(release.paragraphs)
    text = body[index]
    before = text[start:end]
    after = other(before)
    body[index] = text[:start] + after + text[end:]
    truth = EditTruth(name, "body", "replace", kind or name, before, after, index, index)
    return replace(release, paragraphs=tuple(body)), truth


def _words(swaps: dict[str, str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(swaps)})\b")


def _number(release: ReleaseTruth, dice: Dice) -> Planted | None:
    step = dice.number(1, 400)
    return _replaced(release, dice, "number", _COUNTED, lambda n: str((int(n) + step) % 990 + 10))


def _date(release: ReleaseTruth, dice: Dice) -> Planted | None:
    """Another day of the same month in the opening sentence; the event moves along."""
    if release.opening not in ("day", "day_place", "this_year", "this_year_place", "bare"):
        return None

    def other(text: str) -> str:
        return re.sub(r"\d+", lambda day: str(int(day[0]) % 28 + 1), text)

    first = replace(release, paragraphs=release.paragraphs[:1])
    planted = _replaced(first, dice, "date", _DAY, other)
    if planted is None:
        return None
    event = release.event_on
    moved = event.replace(day=event.day % 28 + 1) if event else None
    paragraphs = planted[0].paragraphs + release.paragraphs[1:]
    return replace(release, paragraphs=paragraphs, event_on=moved), planted[1]


def _name(release: ReleaseTruth, dice: Dice) -> Planted | None:
    family = dice.number(1, len(GRAMMAR["family"]) - 1)

    def other(text: str) -> str:
        names = GRAMMAR["family"]
        return names[(names.index(text) + family) % len(names)]

    return _replaced(release, dice, "name", _FAMILY, other)


def _typo(release: ReleaseTruth, dice: Dice) -> Planted | None:
    def other(text: str) -> str:
        cut = dice.number(2, len(text) - 3)
        return dice.pick((text[:cut] + text[cut + 1 :], text[:cut] + text[cut] + text[cut:]))

    return _replaced(release, dice, "typo", _LONG_WORD, other)


def _inserted(release: ReleaseTruth, dice: Dice) -> Planted | None:
    if not release.paragraphs:
        return None
    body = list(release.paragraphs)
    index, text = dice.number(1, len(body)), sentence(dice)
    body.insert(index, text)
    truth = EditTruth("paragraph_inserted", "body", "insert", "paragraph", None, text, None, index)
    return replace(release, paragraphs=tuple(body)), truth


def _deleted(release: ReleaseTruth, dice: Dice) -> Planted | None:
    body = list(release.paragraphs)
    if len(body) < 3:
        return None
    index = dice.number(1, len(body) - 1)
    text = body.pop(index)
    truth = EditTruth("paragraph_deleted", "body", "delete", "paragraph", text, None, index, None)
    return replace(release, paragraphs=tuple(body)), truth


def _moved(release: ReleaseTruth, dice: Dice) -> Planted | None:
    """One paragraph at least two places further on, so that which one moved is plain."""
    body = list(release.paragraphs)
    if len(body) < 4 or len(set(body)) < len(body) or any(text[-1] in ";:" for text in body):
        return None
    index = dice.number(1, len(body) - 3)
    target = dice.number(index + 2, len(body) - 1)
    text = body.pop(index)
    body.insert(target, text)
    truth = EditTruth("paragraph_moved", "body", "move", "paragraph", text, text, index, target)
    return replace(release, paragraphs=tuple(body)), truth


def _headline(release: ReleaseTruth, dice: Dice) -> Planted | None:
    bare = _QUOTED.sub(lambda quote: "_" * len(quote[0]), release.headline)
    spots = [match.span() for match in _LOWER_WORD.finditer(bare)]
    if not spots:
        return None
    start, end = dice.pick(spots)
    before, after = release.headline[start:end], "so-called"
    text = release.headline[:start] + after + release.headline[end:]
    return replace(release, headline=text), EditTruth(
        "headline", "headline", "replace", "wording", before, after
    )


def _published(release: ReleaseTruth, dice: Dice) -> Planted | None:
    """The published date moved some days within its year, which "this year" leans on."""
    stated = release.published_on
    if stated is None:
        return None
    moved = stated + timedelta(dice.number(1, 9))
    if moved.year != stated.year:
        moved = date(stated.year, 12, 1)
    return replace(release, published_on=moved), EditTruth(
        "published", "published_on", "replace", "date", stated.isoformat(), moved.isoformat()
    )


PLANTERS: dict[str, Callable[[ReleaseTruth, Dice], Planted | None]] = {
    "number": _number,
    "date": _date,
    "name": _name,
    "quote": lambda release, dice: _replaced(
        release, dice, "quote", _words(SPEECHES), SPEECHES.__getitem__, quoted=True
    ),
    "negation": lambda release, dice: _replaced(
        release, dice, "negation", _words(NEGATIONS), NEGATIONS.__getitem__
    ),
    "wording": lambda release, dice: _replaced(
        release, dice, "wording", _words(WORDINGS), WORDINGS.__getitem__
    ),
    "typo": _typo,
    "paragraph_inserted": _inserted,
    "paragraph_deleted": _deleted,
    "paragraph_moved": _moved,
    "headline": _headline,
    "published": _published,
}


def repost(release: ReleaseTruth, seed: int, share: float = 0.05) -> ReleaseTruth:
    """The release posted again: that share of its longer lower-case words replaced by others,
    numbers, names and dates untouched. A near-duplicate."""
    dice = Dice(seed, "repost")
    words = GRAMMAR["quality"]

    def other(match: re.Match[str]) -> str:
        return dice.pick(words) if dice.chance(share * 2) else match[0]  # half of all words match

    body = tuple(_LOWER_WORD.sub(other, text) for text in release.paragraphs)
    return replace(release, paragraphs=body)


def yearly(release: ReleaseTruth, seed: int) -> ReleaseTruth:
    """Next year's release on the same occasion: the same words, every counted number and every
    name another. A look-alike, never the same release."""
    dice = Dice(seed, "yearly")
    names = dice.shuffled(GRAMMAR["family"])
    following = dict(zip(names, names[1:] + names[:1], strict=True))
    body = tuple(
        _FAMILY.sub(
            lambda match: following[match[0]],
            _COUNTED.sub(lambda match: str((int(match[0]) + 7) % 990 + 10), text),
        )
        for text in release.paragraphs
    )
    stated = release.published_on
    return replace(release, paragraphs=body, published_on=stated and stated + timedelta(364))
