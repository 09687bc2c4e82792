"""The Prefect flow around `flows.upkeep`: nightly care of a warehouse."""

from pathlib import Path
from time import sleep

from prefect import flow, get_run_logger

from flows.blocks import take_secrets
from flows.effects import utc_now
from flows.errors import FlowError
from flows.settings import load_settings
from flows.telling import told_in_a_sentence
from flows.upkeep import Maintained
from flows.upkeep import maintain as care


@flow(name="maintain")
@told_in_a_sentence()
def maintain(
    config: str | None = None, check: bool = True, remove_unnamed: bool = False
) -> Maintained:
    """Merge, clean up, pack and check the warehouse of a configuration file.

    Fails when damage is found, so that somebody is told.
    """
    log = get_run_logger()
    settings = load_settings(Path(config) if config else None, Path.cwd())
    take_secrets(settings.secrets_block)
    done = care(settings, utc_now, sleep, log.warning, check=check, remove_unnamed=remove_unnamed)
    log.info("merged: before=%d after=%d", done.files_before, done.files_after)
    log.info("packed: files=%d packs=%d", done.evidence_packed, done.packs)
    for one in done.findings:
        log.error("%s: %s", one.subject, one.sentence)
    if done.damaged:
        raise FlowError("the warehouse is damaged; `pressdiff verify` names what is")
    return done
