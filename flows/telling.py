"""What a person reads of a tracked run that failed: one sentence, as on the command line.

Prefect logs every exception with its traceback, on the terminal and on its pages. A fault of ours
that is no bug (a lock, a disk, a server that is gone) has a sentence, and that is all there is to
read; any other exception keeps its traceback.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flows.errors import FlowError, os_sentence
from warehouse.errors import WarehouseError, explain_storage

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


def sentence_of(error: BaseException) -> str | None:
    """The sentence for an error; None: it is a bug."""
    if isinstance(error, FlowError | WarehouseError):
        return str(error)
    if not isinstance(error, Exception):
        return None
    said = explain_storage(error)
    return os_sentence(error) if said is None and isinstance(error, OSError) else said


class _Sentences(logging.Filter):
    """Puts the sentence in an exception's place."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        sentence = sentence_of(error) if error is not None else None
        if sentence is not None:
            record.msg, record.args, record.exc_info = sentence, (), None
        return True


_FILTER = _Sentences()


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """A flow's body: what DuckDB and others raise in it becomes a FlowError, and its log one line.

    The filter stays: the engine logs after the flow has ended.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
    try:
        yield
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None or isinstance(error, FlowError | WarehouseError):
            raise
        raise FlowError(sentence) from error
