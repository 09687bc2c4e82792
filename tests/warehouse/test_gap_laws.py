"""Gaps and teasers are those of the rules, told plainly here, over rows thrown together."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urldefrag, urljoin

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.sql_store import empty_tables
from warehouse.schema import BY_NAME

Rows = list[dict[str, Any]]
START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = ("lakes", "rivers")
URLS = tuple(f"https://lakes.example/{name}" for name in ("1", "2", "news/3", "news/4"))
LINKS = (None, "/2", "4", "//lakes.example/1", "https://lakes.example/2#top", "#top",
         "mailto:a@b.c", *URLS, "https://elsewhere.example/")  # fmt: skip
SAID = ("Ministers met", " Ministers  met ", "ministers\tmet", "They parted")
OUTCOMES = ("new", "edited", "unchanged", "unreadable", "held", "failed", "incomplete", "refused",
            "redirected", "moved", "discovery", "missing")  # fmt: skip
UNREAD = ("unreadable", "held", "failed", "incomplete")
UNANSWERED = ("failed", "incomplete", "refused")
_FREE: list[duckdb.DuckDBPyConnection] = []


@dataclass
class World:
    """Rows of the tables that gaps and teasers are made from; no two are recorded at one time."""

    random: Random
    rows: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    seconds: int = 0

    def add(self, table: str, **columns: Any) -> None:
        self.rows[table].append({**columns, "run_id": "r", "recorded_at": self.now()})

    def now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def fill(self) -> None:
        """Some of everything."""
        pick, times = self.random.choice, self.random.randint
        for n in range(times(0, 4)):
            self.add("found_log", source_id=pick(SOURCES), url=pick(URLS), link_text=f"link {n}",
                     found_in="listing")  # fmt: skip
        for _ in range(times(0, 5)):
            self.add("url_log", release_id=pick("ab"), source_id="lakes", url=pick(URLS),
                     role=pick(("canonical", "moved_from", "none")))  # fmt: skip
        for n in range(times(0, 6)):
            self.add("looks", capture_id=f"c{n}", source_id=pick(SOURCES), url=pick(URLS),
                     captured_at=pick((self.now(), START)), outcome=pick(OUTCOMES),
                     address=pick((None, *URLS)), reading_id=pick((None, "g0", "g1")),
                     error=pick((None, f"error {n}")))  # fmt: skip
        for _ in range(times(0, 3)):
            self.add("redecided", capture_id=pick(("c0", "c1")), outcome=pick(OUTCOMES),
                     address=pick((None, *URLS)), reading_id=pick((None, "g0")),
                     error=pick((None, "again")))  # fmt: skip
        for _ in range(times(0, 4)):
            self.add("reading_log", reading_id=pick(("g0", "g1")), source_id=pick(SOURCES),
                     ticker_id=pick((None, "k0", "k1")))  # fmt: skip
        for n in range(times(0, 4)):
            self.add("tickers", ticker_id=pick(("k0", "k1")), seq=n, text=pick(SAID),
                     url=pick(LINKS))  # fmt: skip
        for n in range(2):
            self.add("texts", text_id=f"t{n}", source_id="lakes", headline=SAID[3 * n])
        for n in range(times(0, 3)):
            self.add("revision_log", entry_id=f"e{n}", revision_id=f"v{n}", release_id=pick("ab"),
                     source_id="lakes", revision=1, text_id=pick(("t0", "t1")))  # fmt: skip
        if times(0, 1):
            self.add("superseded", entry_id="e0")

    # the rules

    def looks(self) -> Rows:
        """Each look as it was decided last."""
        last = {row["capture_id"]: row for row in self.rows["redecided"]}
        kept = ("outcome", "address", "reading_id", "error")
        return [
            {**row, **{name: last[row["capture_id"]][name] for name in kept}}
            if row["capture_id"] in last
            else row
            for row in self.rows["looks"]
        ]

    def named(self) -> dict[tuple[str, str], str]:
        """The oldest id of the releases that an address has."""
        role = {(row["release_id"], row["source_id"], row["url"]): row["role"]
                for row in self.rows["url_log"]}  # fmt: skip
        found: dict[tuple[str, str], str] = {}
        for (release_id, source_id, url), last in sorted(role.items(), reverse=True):
            if last != "none":
                found[source_id, url] = release_id
        return found

    def entitled(self) -> dict[tuple[str, str], str]:
        """Likewise of a headline."""
        gone = {row["entry_id"] for row in self.rows["superseded"]}
        said = {row["text_id"]: plain(row["headline"]) for row in self.rows["texts"]}
        held = [row for row in self.rows["revision_log"] if row["entry_id"] not in gone]
        held.sort(key=lambda row: str(row["release_id"]), reverse=True)
        return {("lakes", said[row["text_id"]]): row["release_id"] for row in held}

    def shown(self) -> Iterator[tuple[dict[str, Any], dict[str, Any], str | None, str | None]]:
        """(look, teaser, address it leads to, its release) of every teaser seen."""
        tickers = {(row["source_id"], row["reading_id"]): row["ticker_id"]
                   for row in self.rows["reading_log"]}  # fmt: skip
        named, entitled = self.named(), self.entitled()
        for look in self.looks():
            source_id, page = look["source_id"], look["url"]
            for teaser in self.rows["tickers"]:
                if tickers.get((source_id, look["reading_id"])) == teaser["ticker_id"]:
                    at = leads_to(teaser["url"], page)
                    release = named.get((source_id, at or "")) or entitled.get(
                        (source_id, plain(teaser["text"]))
                    )
                    yield look, teaser, at, release

    def gaps(self) -> set[tuple[Any, ...]]:
        return {*self._unfetched(), *self._unread(), *self._strange()}

    def _answered(self) -> set[tuple[str, str]]:
        return {
            (look["source_id"], url)
            for look in self.looks()
            if look["outcome"] not in UNANSWERED
            for url in (look["url"], look["address"] or look["url"])
        }

    def _unfetched(self) -> Iterator[tuple[Any, ...]]:
        known = {*self.named(), *self._answered()}
        first: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.rows["found_log"]:
            first.setdefault((row["source_id"], row["url"]), row)
        for key, row in first.items():
            if key not in known:
                yield *key, "listed but never fetched", row["recorded_at"], row["link_text"]

    def _unread(self) -> Iterator[tuple[Any, ...]]:
        lines: dict[tuple[str, str], Rows] = defaultdict(list)
        for look in self.looks():
            if look["outcome"] not in ("refused", "redirected", "moved"):
                lines[look["source_id"], look["address"] or look["url"]].append(look)
        for key, line in lines.items():
            if any(look["outcome"] == "discovery" for look in line) or key not in self._answered():
                continue
            unread: Rows = []
            for look in sorted(line, key=place):
                unread = [*unread, look] if look["outcome"] in UNREAD else []
            if unread:
                yield (*key, "fetched but not parsed", unread[0]["captured_at"],
                       unread[-1]["error"])  # fmt: skip

    def _strange(self) -> Iterator[tuple[Any, ...]]:
        listed = {(row["source_id"], row["url"]) for row in self.rows["found_log"]}
        since: dict[tuple[Any, ...], datetime] = {}
        for look, teaser, at, release in self.shown():
            if release is None and (look["source_id"], at) not in listed:
                key = (look["source_id"], at, teaser["text"])
                since[key] = min(since.get(key, look["captured_at"]), look["captured_at"])
        for (source_id, at, text), seen_at in since.items():
            yield source_id, at, "seen in a ticker but never listed", seen_at, text


def place(look: dict[str, Any]) -> tuple[Any, ...]:
    """The order of looks: of those at one time, what was read tells what stands there."""
    return look["captured_at"], look["outcome"] not in UNREAD, look["capture_id"]


def plain(said: str) -> str:
    return " ".join(said.lower().split())


def leads_to(link: str | None, page: str) -> str | None:
    if link is None or link.startswith(("#", "mailto:")):
        return None
    return urldefrag(urljoin(page, link)).url


@contextmanager
def asked(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = _FREE.pop() if _FREE else empty_tables()
    for name, rows in world.rows.items():
        columns = {column.name for column in BY_NAME[name].columns}
        whole = [{key: value for key, value in row.items() if key in columns} for row in rows]
        connection.register("given", pa.Table.from_pylist(whole))
        connection.execute(f"insert into lake.{name} by name from given")
        connection.unregister("given")
    yield connection
    for name in world.rows:
        connection.execute(f"delete from lake.{name}")
    _FREE.append(connection)


@settings(max_examples=many(40))
@given(st.integers(0, 2**32))
def test_gaps_and_teasers_are_those_of_the_rules(seed: int) -> None:
    world = World(Random(seed))
    world.fill()
    with asked(world) as connection:
        gaps = connection.execute("select source_id, url, gap, since, detail from gaps").fetchall()
        teasers = connection.execute(
            "select capture_id, seq, release_id from teasers order by all"
        ).fetchall()
    assert len(gaps) == len(set(gaps))
    assert set(gaps) == world.gaps()
    assert teasers == sorted(
        (
            (look["capture_id"], teaser["seq"], release)
            for look, teaser, _, release in world.shown()
        ),
        key=lambda row: (row[0], row[1]),
    )
