"""PostgreSQL or the bucket killed in the middle of a run: one sentence, and the next run is right.

Real servers get a real SIGKILL at a moment of the run: while pages are fetched, while rows are
written, between deciding and COMMIT, in COMMIT, while evidence is uploaded.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

import warehouse.duck
from tests.fetch.server import Reply, Server
from tests.flows.watched import BODY, Watched, answer, lost, release
from tests.warehouse.servers import Servers, servers
from tests.warehouse.test_catalogs import Kept
from warehouse.buckets import Bucket
from warehouse.verify import verify

__all__ = ["servers"]

PAGES = 4


class Site(Watched):
    """A site of a few releases, watched by a warehouse in PostgreSQL and a bucket."""

    def __init__(self, folder: Path, server: Server, servers: Servers) -> None:
        super().__init__(folder, server)
        self.servers = servers
        self.kept = Kept(self.shell.folder, servers.config(self.shell.folder))
        text = (self.shell.folder / "pressdiff.toml").read_text()
        contact = '[http]\ncontact = "https://lakes.example/why"\n'
        told = text.replace('use = "csto"', 'use = "lakes.toml"') + contact
        self.shell.write("pressdiff.toml", told)
        self.otherwise(answer(lost(), "404 Not Found"))
        self.publish_many(PAGES)
        self.listed()

    def edit(self) -> None:
        """Every release says something else."""
        for n in range(PAGES):
            page = release(f"Headline {n}", BODY.format(f"{n}7"))
            self.server.on(f"/news/r{n}/", answer(page))

    def fails(self) -> str:
        """A pass that fails as it should; what it said."""
        ran = self.look("--recheck", "all")
        assert ran.code == 1, ran
        assert ran.out == ""
        said = [line for line in ran.err.splitlines() if line.startswith("pressdiff: ")]
        assert said == ran.err.splitlines()
        assert len(said) == 1, ran.err
        assert "drill-secret" not in ran.err
        return said[0]

    def numbers(self) -> list[tuple[str, int]]:
        """Path and number of every revision."""
        rows = self.shell.sql(
            "select url, v.revision as n from revisions as v join releases using (release_id)"
        )
        return sorted((row["url"].removeprefix(self.server.root), row["n"]) for row in rows)


@pytest.fixture
def site(tmp_path: Path, servers: Servers) -> Iterator[Site]:
    """The site, looked at once and then edited."""
    with Server() as server:
        site = Site(tmp_path, server, servers)
        assert site.look().code == 0
        site.edit()
        yield site


Kill = Callable[[], None]


@contextmanager
def _postgres(servers: Servers) -> Iterator[Kill]:
    """How to kill it; it is back afterwards."""
    try:
        yield servers.catalogs.kill
    finally:
        servers.catalogs.restart()


@contextmanager
def _bucket(servers: Servers) -> Iterator[Kill]:
    try:
        yield servers.objects.kill
    finally:
        servers.objects.start()


def _once(kill: Kill) -> Kill:
    left = [kill]

    def blow() -> None:
        if left:
            left.pop()()

    return blow


def _while_fetching(site: Site, _: pytest.MonkeyPatch, kill: Kill) -> None:
    (whole,) = site.server.replies["/news/r2/"]
    assert isinstance(whole, bytes)

    def reply(peer: socket.socket, _: threading.Event) -> None:
        kill()
        peer.sendall(whole)

    served: list[Reply] = [reply]
    site.server.replies["/news/r2/"] = served


def _at_statement(start: str, hit: Callable[[Kill], None]) -> Any:
    def arm(_: Site, patch: pytest.MonkeyPatch, kill: Kill) -> None:
        bare = warehouse.duck.connect_bare

        class Connection:
            def __init__(self) -> None:
                self._connection = bare()

            def execute(self, statement: str, *values: Any) -> Any:
                if statement.startswith(start):
                    hit(kill)
                return self._connection.execute(statement, *values)

            def __getattr__(self, name: str) -> Any:
                return getattr(self._connection, name)

        patch.setattr(warehouse.duck, "connect_bare", Connection)

    return arm


def _soon(kill: Kill) -> None:
    threading.Timer(0.004, kill).start()


def _while_uploading(_: Site, patch: pytest.MonkeyPatch, kill: Kill) -> None:
    put = Bucket.put_stream

    class Half:
        def __init__(self, source: IO[bytes]) -> None:
            self._source = source

        def read(self, _: int) -> bytes:
            part = self._source.read(512)
            kill()
            return part

    patch.setattr(
        Bucket, "put_stream", lambda self, source, name: put(self, Half(source), name)  # type: ignore[arg-type]
    )  # fmt: skip


_drill = pytest.mark.drill
MOMENTS = [
    pytest.param(_postgres, _while_fetching, id="PostgreSQL, fetching", marks=_drill),
    pytest.param(_postgres, _at_statement("insert into lake.looks", lambda kill: kill()),
                 id="PostgreSQL, writing rows", marks=_drill),
    pytest.param(_postgres, _at_statement("commit", lambda kill: kill()),
                 id="PostgreSQL, between deciding and COMMIT"),
    pytest.param(_bucket, _while_fetching, id="bucket, fetching", marks=_drill),
    pytest.param(_bucket, _while_uploading, id="bucket, uploading evidence", marks=_drill),
    pytest.param(_bucket, _at_statement("insert into lake.looks", lambda kill: kill()),
                 id="bucket, writing rows", marks=_drill),
]  # fmt: skip


@pytest.mark.parametrize(("server", "moment"), MOMENTS)
def test_killed_in_the_middle_is_one_sentence_and_the_next_run_is_right(
    site: Site, servers: Servers, server: Any, moment: Any
) -> None:
    first = [(f"/news/r{n}/", 1) for n in range(PAGES)]
    second = [(path, 2) for path, _ in first]
    with pytest.MonkeyPatch.context() as patch, server(servers) as kill:
        moment(site, patch, _once(kill))
        assert "run again" in site.fails()
    assert site.numbers() == first
    assert site.look("--recheck", "all").code == 0
    assert site.numbers() == sorted(first + second)
    assert not verify(site.kept.place, lambda *_: None).damaged


@pytest.mark.drill
@pytest.mark.parametrize("delay_ms", range(0, 40, 4))
def test_postgres_killed_in_commit_is_all_or_nothing(
    site: Site, servers: Servers, delay_ms: int
) -> None:
    before = [(f"/news/r{n}/", 1) for n in range(PAGES)]
    after = sorted(before + [(path, 2) for path, _ in before])
    with pytest.MonkeyPatch.context() as patch, _postgres(servers) as kill:
        blow = _once(kill)
        done = threading.Event()

        def later(_: Kill) -> None:
            timer = threading.Timer(delay_ms / 1000, lambda: (blow(), done.set()))
            timer.start()

        _at_statement("commit", later)(site, patch, kill)
        ran = site.look("--recheck", "all")
        assert done.wait(30)
    assert site.numbers() in (before, after)
    if ran.code == 0:
        assert site.numbers() == after
    assert site.look("--recheck", "all").code == 0
    assert site.numbers() == after
    assert not verify(site.kept.place, lambda *_: None).damaged
