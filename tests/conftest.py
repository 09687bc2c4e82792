"""Fixtures that tests of several rooms share."""

from hypothesis import settings

from tests.flows.shell import dump, seeded, seeded_template, shell

__all__ = ["dump", "seeded", "seeded_template", "shell"]

settings.register_profile("small", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("large", max_examples=300, deadline=None)
settings.load_profile("small")  # `make drill` asks for the large one
