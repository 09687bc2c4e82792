"""The Prefect flow that reads evidence again: one task a source, thin around `flows.rereading`.

Several flow runs, each with a share, spread a source over workers; a last one publishes.
"""

from pathlib import Path
from time import sleep
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from flows.blocks import take_secrets
from flows.effects import Effects, utc_now
from flows.rereading import Reread, reread_source, share_of
from flows.settings import Settings, load_settings
from flows.telling import told_in_a_sentence
from parsers.model import Source
from warehouse.staged_readings import Share


@task(name="reread", task_run_name="reread-{source_id}", cache_policy=NO_CACHE)
def reread_task(settings: Settings, source: Source, share: Share, source_id: str) -> Reread:  # noqa: ARG001 - names the task run
    """Read one source's evidence again and publish it, or stage a share of it."""
    log = get_run_logger()
    effects = Effects(utc_now, sleep, log.warning, lambda _source_id, _looks: None)

    def progress(source_id: str, done: int, total: int) -> None:
        log.info("read again: source=%s bodies=%d of=%d", source_id, done, total)

    return reread_source(settings, source, effects, progress, share)


@flow(name="reparse")
@told_in_a_sentence()
def reparse(
    config: str | None = None, sources: list[str] | None = None, share: str | None = None
) -> list[Reread]:
    """Bring the archive up to date with today's parsers, tracked.

    `config` is the configuration file's path; without one the flow's working folder counts.
    `share`, as "1/3": stage only that part, for a run without one to publish.
    """
    settings = load_settings(Path(config) if config else None, Path.cwd())
    take_secrets(settings.secrets_block)
    wanted = sources or [one.source.id for one in settings.watched]
    found = [source for name in wanted if (source := settings.source(name)) is not None]
    reread: Any = reread_task  # its arguments come quoted: Prefect shall not search them
    part = share_of(share)
    return [reread(quote(settings), quote(source), part, source.id) for source in found]
