"""`reparse`: history read again from the evidence with today's parser."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from flows.commands.shared import OK, PARTIAL, Options, effects_of, settings_of, speaker
from flows.errors import UsageError
from flows.output import print_rows
from flows.progress import is_terminal, step_bar
from flows.rereading import Progress, Reread, reread_source, share_of
from flows.settings import Settings
from flows.tracking import api_configured
from parsers.model import Source
from warehouse.staged_readings import ALL, Share

_TOLD_EVERY_S = 10.0
_BAD_SHOWN = 20


def reparse(options: Options, source_id: str | None, said: str | None, fmt: str) -> int:
    """All evidence of a source, of every watched one when none is named; or a share of it."""
    settings = settings_of(options)
    sources = sources_of(settings, source_id)
    share = share_of(said)
    if not settings.place.exists:
        raise UsageError(f"there is no warehouse in {settings.place.root} yet: nothing was read")
    if api_configured():
        from flows.reparse import reparse as tracked

        config = str(settings.file) if settings.file else None
        done = tracked(config, [one.id for one in sources], said)
    else:
        done = _reread(options, settings, sources, share)
    _report(options, done, share, fmt)
    return PARTIAL if any(one.bad for one in done) else OK


def sources_of(settings: Settings, source_id: str | None) -> list[Source]:
    """The source with this id, or all that are watched. Raises UsageError."""
    if source_id is None:
        return [one.source for one in settings.watched]
    found = settings.source(source_id)
    if found is None:
        known = ", ".join(one.source.id for one in settings.watched) or "none"
        raise UsageError(f"no source {source_id!r} is configured; there are: {known}")
    return [found]


def _reread(
    options: Options, settings: Settings, sources: Sequence[Source], share: Share
) -> list[Reread]:
    effects = effects_of(options, lambda _source_id, _looks: None)
    with _progress(options) as progress:
        return [reread_source(settings, source, effects, progress, share) for source in sources]


@contextmanager
def _progress(options: Options) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a line on stderr every ten seconds and at the end."""
    if is_terminal(sys.stderr):
        with step_bar(quiet=options.quiet) as bar:
            yield bar
    else:
        yield _Lines(speaker(options), monotonic)


class _Lines:
    """Says how far it came, but not too often."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._began: dict[str, tuple[float, int]] = {}
        self._told = clock()

    def __call__(self, source_id: str, done: int, total: int) -> None:
        now = self._clock()
        began, before = self._began.setdefault(source_id, (now, done))
        if done < total and now - self._told < _TOLD_EVERY_S:
            return
        self._told = now
        pace = _pace(done - before, total - done, now - began)
        self._say(f"{source_id}: {done:,} of {total:,} bodies read again{pace}")


def _pace(done: int, left: int, took_s: float) -> str:
    """How fast it goes and how long it will take.

    >>> _pace(5_000, 100_000, 10), _pace(2_000, 3_000, 10), _pace(0, 9, 0.2)
    (', 500/s, 3 min left', ', 200/s, 15 s left', '')
    """
    if not done or took_s <= 1:
        return ""
    rate = done / took_s
    left_s = left / rate
    if left_s < 100:
        said = f"{left_s:.0f} s"
    elif left_s < 6000:
        said = f"{left_s / 60:.0f} min"
    else:
        said = f"{left_s / 3600:.1f} h"
    return f", {rate:,.0f}/s" + (f", {said} left" if left else "")


def _report(options: Options, done: Sequence[Reread], share: Share, fmt: str) -> None:
    say = speaker(options)
    bad = [one for source in done for one in source.bad]
    for one in bad[:_BAD_SHOWN]:
        say(f"{one.path}: {one.reason}")
    if len(bad) > _BAD_SHOWN:
        say(f"and {len(bad) - _BAD_SHOWN} more that could not be read")
    rows: list[tuple[object, ...]]
    if share != ALL:
        names = ["source_id", "staged", "unread"]
        rows = [(one.source_id, one.staged, len(one.bad)) for one in done]
        say("nothing is published yet: `pressdiff reparse` does that once every share was read")
    else:
        names = ["source_id", "read_again", "looks_changed", "unread"]
        rows = [(one.source_id, one.bodies, one.looks_changed, len(one.bad)) for one in done]
    if not options.quiet:
        print_rows(names, rows, fmt)
