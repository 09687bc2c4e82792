"""Text dumps of a page: ticker, headline, date, body, sign-off, as the samples in seeds/csto.

`render_dump` sets one release among furniture; every choice is a variant with a name, listed in
the truth, so that a disagreement can be told by variant. What no reader could decide is not made:
a headline said once and without a date below it ends without a full stop, as no ticker item does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.corpus.dice import Dice
from tests.corpus.grammar import say, sentence
from tests.corpus.surroundings import FOOTERS, NAVIGATION, Ticker, make_footer, make_ticker
from tests.corpus.texts import echoes, make_release
from tests.corpus.truth import CaptureTruth, ReleaseTruth

FRAGMENT = 0.06
CAPTION, VIDEO, FULL_STOP = 0.05, 0.06, 0.08

HEADLINES = {"once": 40, "twice": 35, "twice_spacing": 25}
SPACINGS = {"single": 35, "blank": 35, "blank_after_headline": 15, "mixed": 15}
BYTES = {"lf": 70, "crlf": 10, "bom": 5, "no_final_newline": 15}

ATTACHMENTS = ("docx", "docx", "pdf", "doc", "xlsx")
CAPTIONS = ("IMG_{n}.jpg", "DSC_{n}.JPG", "photo_{n}.jpeg", "{n}.png", "39{n}f.docx")


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the dump and how many line ends stand before it."""

    text: str
    gap: int


def make_dump(seed: int) -> tuple[bytes, CaptureTruth]:
    """The dump of this number and what must be read in it."""
    release = make_release(seed)
    if Dice(seed, "fragment").chance(FRAGMENT):
        return render_fragment(release, seed)
    return render_dump(release, seed)


def render_dump(release: ReleaseTruth, seed: int) -> tuple[bytes, CaptureTruth]:
    """The release in a dump whose furniture comes from `seed`."""
    dice = Dice(seed, "dump")
    said = _headline_variant(dice, release)
    headline = _dressed(dice, release, said)
    ticker = make_ticker(dice, release, bare_teasers=said != "once")
    echoed = is_echoed(release)
    release = replace(release, headline=headline.truth)
    spacing = dice.weighted(SPACINGS)
    footer = dice.weighted(FOOTERS)
    captioned = bool(release.paragraphs) and dice.chance(CAPTION)
    article = _article(dice, release, headline.lines, captioned=captioned)
    lines = _spaced(dice, spacing, ticker, article, make_footer(dice, footer))
    encoding = dice.weighted(BYTES)
    return _encoded(dice, lines, encoding), CaptureTruth(
        seed=seed,
        release=release,
        teasers=ticker.items,
        teasers_split=ticker.split,
        variants=(
            *ticker.variants,
            f"headline:{said}",
            *([] if echoed else ["headline:unechoed"]),
            *headline.variants,
            f"date:{release.published_form}",
            f"opening:{release.opening}",
            f"spacing:{spacing}",
            f"footer:{footer}",
            f"bytes:{encoding}",
            *(["caption"] if captioned else []),
        ),
    )


def render_fragment(release: ReleaseTruth, seed: int) -> tuple[bytes, CaptureTruth]:
    """An answer to `?bxajaxid=` without a headline: ticker, body or both, and no date of its own.

    Every line ends as a sentence or an item of a list does, for a line without a full stop might
    be the headline. With no release to part them, the teasers are not judged.
    """
    dice = Dice(seed, "dump fragment")
    holds = dice.pick(("ticker", "body", "ticker and body"))
    ticker = Ticker((), split=True, variants=())
    if holds != "body":
        while not ticker.items:
            ticker = make_ticker(dice, release, bare_teasers=False)
    body = [text for text in release.paragraphs if text[-1] in '.;:”"']
    article = body if holds != "ticker" and body else [sentence(dice)]
    footer = dice.weighted(FOOTERS)
    lines = _spaced(
        dice, dice.pick(("single", "blank")), ticker, [] if holds == "ticker" else article,
        make_footer(dice, footer),
    )  # fmt: skip
    return _encoded(dice, lines, "lf"), CaptureTruth(
        seed=seed,
        release=None,
        teasers=(),
        teasers_split=False,
        teasers_judged=False,
        variants=(f"fragment:{holds}", f"footer:{footer}"),
    )


def is_echoed(release: ReleaseTruth) -> bool:
    """Whether the lead speaks of what the headline does, as most leads do."""
    lead = release.paragraphs[1 if release.opening == "dateline" else 0 :][:1]
    return bool(lead) and echoes(release.headline, lead[0])


def _headline_variant(dice: Dice, release: ReleaseTruth) -> str:
    """A headline that no date follows and no lead echoes is said twice: said once, it might be a
    subheading in a fragment that begins in the middle of a text."""
    said = dice.weighted(HEADLINES)
    form = release.published_form
    alone = form == "none" and not is_echoed(release)
    if said == "once" and (alone or form.startswith("after_headline")):
        return "twice"
    return said


@dataclass(frozen=True, slots=True)
class _Headline:
    truth: str
    lines: tuple[str, ...]
    variants: tuple[str, ...]


def _dressed(dice: Dice, release: ReleaseTruth, said: str) -> _Headline:
    """The headline's lines: once, twice, or twice with other spacing; the date behind the last."""
    text = release.headline
    variants = []
    if dice.chance(VIDEO):
        text += " (Video)"
        variants.append("headline:video")
    elif said != "once" and dice.chance(FULL_STOP):
        text += "."
        variants.append("headline:full_stop")
    lines = [text] if said == "once" else [text, text]
    if said == "twice_spacing":
        lines[dice.number(0, 1)] = _respaced(dice, text)
    if release.published_form == "after_headline":
        lines[-1] += f" {release.published_text}"
    elif release.published_form == "after_headline_tight":
        lines[-1] += f"{release.published_text}"
    return _Headline(text, tuple(lines), tuple(variants))


def _respaced(dice: Dice, text: str) -> str:
    """The text with a wider, a non-breaking or a trailing space."""
    words = text.split(" ")
    gap = dice.number(1, len(words) - 1)
    space = dice.pick(("  ", "\u00a0", " \u00a0", "   "))
    respaced = " ".join(words[:gap]) + space + " ".join(words[gap:])
    return respaced + dice.pick(("", " ", "\u00a0"))


def _article(
    dice: Dice, release: ReleaseTruth, headline: Sequence[str], *, captioned: bool
) -> list[str]:
    """Headline, date and body as lines."""
    body = list(release.paragraphs)
    stated = release.published_text or ""
    form = release.published_form
    attachment = f"Download document {dice.token(5)}f.{dice.pick(ATTACHMENTS)}"
    if captioned:
        body.insert(dice.number(1, len(body)), say_caption(dice))
    if form.startswith("glued"):
        body[0] = stated + body[0]
    between = {
        "own_line": [stated],
        "download_same_line": [f"{stated} {attachment}"],
        "download_next_line": [stated, attachment],
    }
    return [*headline, *between.get(form, []), *body]


def say_caption(dice: Dice) -> str:
    """The name of a picture or a file left standing as a line."""
    return dice.pick(CAPTIONS).replace("{n}", say(dice, "n"))


def _spaced(
    dice: Dice, spacing: str, ticker: Ticker, article: list[str], footer: list[str]
) -> list[Block]:
    """All lines with their gaps: "single" as sample 001, "blank" as 004 (ticker items a line
    further apart), "blank_after_headline" as 000, "mixed" at random."""
    blocks: list[Block] = []
    wide = {"blank": 2}.get(spacing, 1)

    def add(text: str, gap: int) -> None:
        loose = dice.number(1, 3) if spacing == "mixed" else gap
        blocks.append(Block(text, loose if blocks else 0))

    for item in ticker.items:
        lines = [f"{item.dated_on:%d.%m.%Y}"] if item.dated_on else []
        for index, line in enumerate([*lines, *item.paragraphs]):
            add(line, wide + 1 if spacing == "blank" and index == 0 else wide)
    for index, line in enumerate(article):
        add(line, 2 if spacing == "blank_after_headline" and index == 1 else wide)
    for index, line in enumerate(footer):
        further = spacing == "blank" and line == NAVIGATION[0] and index
        add(line, wide + 2 if further else wide)
    return blocks


def _encoded(dice: Dice, blocks: list[Block], encoding: str) -> bytes:
    trailing = dice.pick((" ", "\u00a0", "\u00a0 ")) if dice.chance(0.2) else ""
    text = "".join(
        "\n" * block.gap + block.text + (trailing if dice.chance(0.2) else "") for block in blocks
    )
    if encoding != "no_final_newline":
        text += "\n"
    if encoding == "crlf":
        text = text.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if encoding == "bom" else b"") + text.encode()
