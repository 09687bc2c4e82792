"""Secrets of a run that Prefect starts, out of a Prefect block: no file and no log names them."""

import json
import os
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from flows.errors import SettingsError

_NAMES = re.compile(r"(PG|AWS_)[A-Z0-9_]+")
"""What libpq and the bucket's client read; a block shall not say which program we start."""


def take_secrets(
    block: str | None,
    environ: MutableMapping[str, str] = os.environ,
    load: Callable[[str], Any] | None = None,
) -> list[str]:
    """Set the variables that a Secret block holds, where the environment does not say them already;
    their names.

    The block holds an object, `{"PGPASSWORD": "...", "AWS_SECRET_ACCESS_KEY": "..."}`; None: there
    is no block. Raises SettingsError, which quotes no value.
    """
    if block is None:
        return []
    said = (load or _load)(block)
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            said = None
    where = f"the Prefect block secret/{block}"
    if not isinstance(said, dict):
        raise SettingsError(f"{where} must hold an object of environment variables")
    for name, value in said.items():
        if not _NAMES.fullmatch(name) or not isinstance(value, str):
            raise SettingsError(f"{where}: {name!r} must begin with PG or AWS_ and hold a text")
    missing = [name for name in said if name not in environ]
    environ.update({name: said[name] for name in missing})
    return missing


def _load(block: str) -> Any:
    from prefect.blocks.system import Secret

    try:
        found: Any = Secret.load(block)
        return found.get()
    except ValueError:
        raise SettingsError(
            f"Prefect has no block secret/{block}, which [warehouse] secrets names"
        ) from None
