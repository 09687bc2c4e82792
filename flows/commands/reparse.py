"""`reparse`: history read again from the evidence with today's parser."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from flows.commands.shared import OK, PARTIAL, Options, effects_of, settings_of, speaker
from flows.errors import UsageError
from flows.output import print_rows
from flows.progress import is_terminal, step_bar
from flows.rereading import Progress, Reread, reread_source
from flows.settings import Settings
from flows.tracking import api_configured
from parsers.model import Source

_TOLD_EVERY_S = 10.0
_BAD_SHOWN = 20


def reparse(options: Options, source_id: str | None, fmt: str) -> int:
    """All evidence of a source, of every watched one when none is named."""
    settings = settings_of(options)
    sources = sources_of(settings, source_id)
    if not settings.place.exists:
        raise UsageError(f"there is no warehouse in {settings.place.root} yet: nothing was read")
    if api_configured():
        from flows.reparse import reparse as tracked

        done = tracked(str(settings.file) if settings.file else None, [one.id for one in sources])
    else:
        done = _reread(options, settings, sources)
    _report(options, done, fmt)
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


def _reread(options: Options, settings: Settings, sources: Sequence[Source]) -> list[Reread]:
    effects = effects_of(options, lambda _source_id, _looks: None)
    with _progress(options) as progress:
        return [reread_source(settings, source, effects, progress) for source in sources]


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
        rate = f", {(done - before) / (now - began):,.0f}/s" if now - began > 1 else ""
        self._say(f"{source_id}: {done:,} of {total:,} bodies read again{rate}")


def _report(options: Options, done: Sequence[Reread], fmt: str) -> None:
    say = speaker(options)
    bad = [one for source in done for one in source.bad]
    for one in bad[:_BAD_SHOWN]:
        say(f"{one.path}: {one.reason}")
    if len(bad) > _BAD_SHOWN:
        say(f"and {len(bad) - _BAD_SHOWN} more that could not be read")
    rows = [(one.source_id, one.bodies, one.looks_changed, len(one.bad)) for one in done]
    if not options.quiet:
        print_rows(["source_id", "read_again", "looks_changed", "unread"], rows, fmt)
