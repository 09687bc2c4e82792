"""Fixtures that tests of several rooms share."""

import os

import pytest
from hypothesis import settings

from tests.flows.shell import dump, seeded, seeded_template, shell

__all__ = ["dump", "seeded", "seeded_template", "shell"]

settings.register_profile("small", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("large", max_examples=300, deadline=None)
settings.load_profile("small")  # `make drill` asks for the large one

_LONG = ("tests/warehouse/", "tests/site/", "tests/flows/", "tests/neighbours/")
"""Folders whose modules take longest: they begin, the short ones fill the ends."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long modules first; each stays together and in its order."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, one in enumerate(_LONG) if item.nodeid.startswith(one)), len(_LONG))

    items.sort(key=rank)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a sixth of a run's time is waiting for a disk."""
    return (os.cpu_count() or 1) + 1
