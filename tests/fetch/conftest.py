"""A server, and a fetcher that asks it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flows.fetch.fetcher import Fetcher
from tests.fetch.server import QUICK, Server, answer, source

Make = Callable[..., Fetcher]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.on("/robots.txt", answer(b"", headers={"Content-Type": "text/plain"}))
        yield running


@pytest.fixture
def make(server: Server) -> Make:
    """Builds a fetcher for the server's source."""

    def build(fetch: dict[str, object] | None = None, **settings: Any) -> Fetcher:
        given = {"clock": server.fake.clock(), "limits": QUICK, **settings}
        return Fetcher(source(server, **(fetch or {})), "https://example.org/why", "0.1", **given)

    return build
