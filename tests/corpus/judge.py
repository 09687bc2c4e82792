"""A reading against the truth, field by field; white space runs count as one space."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from parsers.model import Capture, Outcome, Reading, digest_bytes
from tests.corpus.truth import CaptureTruth, ReleaseTruth

CAPTURED_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def capture(body: bytes, content_type: str | None, seed: int = 0) -> Capture:
    """The body as a capture of the source csto: a file without a content type, else a page."""
    if content_type is None:
        url, status = f"file:seeds/csto/{seed:06}.txt", None
    else:
        url, status = f"https://en.odkb-csto.org/news/news_odkb/release-{seed}/", 200
    return Capture(
        source_id="csto",
        url=url,
        captured_at=CAPTURED_AT,
        body=body,
        digest=digest_bytes(body),
        http_status=status,
        content_type=content_type,
    )


def squashed(text: str) -> str:
    """The text with single spaces: how white space is stored is not judged."""
    return " ".join(text.split())


def differences(truth: CaptureTruth, reading: Reading) -> Iterator[tuple[str, object, object]]:
    """Field, what the truth says and what was read, where they differ."""
    sighting = reading.sighting
    if truth.release is None:
        if sighting is not None:
            yield "outcome", "unreadable or listing", f"read, headline {sighting.headline!r}"
        elif reading.outcome not in (Outcome.UNREADABLE, Outcome.LISTING):
            yield "outcome", "unreadable or listing", reading.outcome
        return
    if sighting is None:
        yield "outcome", Outcome.READ, f"{reading.outcome}: {reading.reason}"
        return
    release = truth.release
    yield from _unequal(
        ("headline", squashed(release.headline), squashed(sighting.headline)),
        ("published_on", release.published_on, sighting.published_on),
        ("published_text", release.published_text, sighting.published_text),
        ("language", release.language, sighting.language),
        (
            "paragraphs",
            tuple(map(squashed, release.paragraphs)),
            tuple(map(squashed, sighting.paragraphs)),
        ),
    )
    yield from _told(release, "event_on", sighting.event_on)
    yield from _told(release, "place", sighting.place)
    yield from _teasers(truth, reading)


def _unequal(*fields: tuple[str, object, object]) -> Iterator[tuple[str, object, object]]:
    return (field for field in fields if field[1] != field[2])


def _told(release: ReleaseTruth, name: str, read: object) -> Iterator[tuple[str, object, object]]:
    """A day or place: None is right as well where the truth is lenient."""
    told = getattr(release, name)
    if read != told and not (read is None and name in release.lenient):
        yield name, told, read


def _teasers(truth: CaptureTruth, reading: Reading) -> Iterator[tuple[str, object, object]]:
    if not truth.teasers_judged:
        return
    if not truth.teasers_split:
        told = squashed(" ".join(text for item in truth.teasers for text in item.paragraphs))
        read = squashed(" ".join(teaser.text for teaser in reading.teasers))
        yield from _unequal(("teasers, joined", told, read))
        return
    items = [(squashed(" ".join(item.paragraphs)), item.dated_on) for item in truth.teasers]
    seen = [(squashed(teaser.text), teaser.dated_on) for teaser in reading.teasers]
    yield from _unequal(("teasers", items, seen))


def complaint(truth: CaptureTruth, found: Iterable[tuple[str, object, object]]) -> str:
    """All differences of one capture in lines for a person; empty if there are none."""
    lines = [f"  {name}:\n    told {told!r}\n    read {read!r}" for name, told, read in found]
    if not lines:
        return ""
    return "\n".join(
        [f"{truth.layout} seed {truth.seed} ({', '.join(truth.variants)})", *map(_cut, lines)]
    )


def _cut(line: str, length: int = 1500) -> str:
    return line if len(line) <= length else f"{line[:length]} ... ({len(line)} characters)"


def agreement(
    made: Iterable[tuple[bytes, CaptureTruth]], read: Callable[[Capture], Reading]
) -> tuple[Counter[str], Counter[str], Counter[str], list[str]]:
    """Captures per variant, agreeing ones per variant, differences per field, and complaints."""
    total: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    complaints = []
    for body, truth in made:
        reading = read(capture(body, truth.content_type, truth.seed))
        found = list(differences(truth, reading))
        labels = [f"all:{truth.layout}", *truth.variants]
        total.update(labels)
        fields.update(name for name, _, _ in found)
        if found:
            complaints.append(complaint(truth, found))
        else:
            agreed.update(labels)
    return total, agreed, fields, complaints
