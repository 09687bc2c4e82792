"""What a run takes: which sources, which of their files, and how their sites are visited."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.errors import UsageError
from flows.inputs import Inputs, find_inputs, glob_paths
from flows.settings import Settings
from flows.wish import Wish
from parsers.model import Source

USUAL_BUDGET_S = 6 * 3600.0
"""Of a visit to a source without a schedule; what it does not reach comes first next time."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """What a run takes for one source: files, and its site."""

    source: Source
    inputs: Inputs
    wish: Wish | None = None
    """How its site is visited; None: not at all."""
    budget_s: float = USUAL_BUDGET_S
    """How long that may take: by default the time from one scheduled run to the next."""


def plan_run(
    settings: Settings, source_ids: Sequence[str], wish: Wish | None = None
) -> list[SourcePlan]:
    """What a run takes of the watched sources with these ids, of all when none is named.

    `wish`: how their sites are visited; without `[http] contact` they are not. Raises UsageError
    when one is not watched.
    """
    watched = {one.source.id: one for one in settings.watched}
    for source_id in source_ids:
        if source_id not in watched:
            known = ", ".join(watched) or "none"
            raise UsageError(f"no source {source_id!r} is configured; there are: {known}")
    chosen = [watched[one] for one in dict.fromkeys(source_ids)] or list(watched.values())
    plans: list[SourcePlan] = []
    for one in chosen:
        paths = glob_paths(one.source.discover.files, settings.root)
        inputs = find_inputs(paths, settings.root, None, named=False)
        budget_s = one.interval_s() or USUAL_BUDGET_S
        is_live = settings.contact is not None and has_site(one.source)
        plans.append(SourcePlan(one.source, inputs, wish if is_live else None, budget_s))
    return plans


def has_site(source: Source) -> bool:
    """Whether a source says where on the network its releases are listed."""
    discover = source.discover
    return bool(discover.listings or discover.feeds or discover.sitemaps)
