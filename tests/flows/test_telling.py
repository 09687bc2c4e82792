"""What Prefect logs of a run that failed: a sentence for a fault, the traceback of a bug."""

import logging
from collections.abc import Callable

import duckdb
import pytest

from flows.errors import FlowError, SettingsError
from flows.telling import told_in_a_sentence
from warehouse.errors import DISK_FULL, WarehouseBusyError

BUCKET = (
    "When uploading part for key 'w/evidence/a.gz' in bucket 'press': AWS Error NETWORK_CONNECTION "
    "during UploadPart operation: curlCode: 7, Couldn't connect to server; Details: Failed to"
)
FAULTS = {
    "our own": (SettingsError("a.toml:3: no"), "a.toml:3: no"),
    "the warehouse's": (WarehouseBusyError("process 7 is still writing"), "process 7 is still"),
    "a full disk": (duckdb.IOException("IO Error: No space left on device"), DISK_FULL),
    "a file": (
        FileExistsError(17, "File exists", "data"),
        "data: file exists; nothing of this run",
    ),
    "a bucket": (OSError(BUCKET), "the bucket cannot be used (NETWORK_CONNECTION during Upload"),
}

LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


@pytest.fixture(autouse=True)
def _without_prefects_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once another test has imported Prefect, its handler warns of what is logged outside a run."""
    for name in LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])


def logged(caplog: pytest.LogCaptureFixture, error: Exception) -> str:
    """What stands in the log of a flow, or task, whose body raises this."""

    @told_in_a_sentence()
    def body() -> None:
        raise error

    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = True
        try:
            body()
        except Exception:
            logger.exception("Encountered exception during execution: %r", "x")
    return caplog.text


@pytest.mark.parametrize("label", FAULTS)
def test_a_fault_is_a_sentence(caplog: pytest.LogCaptureFixture, label: str) -> None:
    error, sentence = FAULTS[label]
    text = logged(caplog, error)
    assert text.count(sentence) == 2
    assert len(text.splitlines()) == 2


def test_a_bug_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    text = logged(caplog, ZeroDivisionError("division by zero"))
    assert text.count("Traceback") == 2
    assert "test_telling.py" in text


@pytest.mark.parametrize("kind", [duckdb.IOException, OSError])
def test_what_others_raise_becomes_our_error(kind: Callable[[str], Exception]) -> None:
    said = "IO Error: No space left on device" if kind is not OSError else BUCKET
    with pytest.raises(FlowError), told_in_a_sentence():
        raise kind(said)
