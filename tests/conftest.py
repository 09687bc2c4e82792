"""Fixtures that tests of several rooms share."""

from tests.flows.shell import dump, seeded, seeded_template, shell

__all__ = ["dump", "seeded", "seeded_template", "shell"]
