"""Ties and clusters of runs: what stands tells them, not the order in which it came."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.neighbours.corpus import Writer
from tests.warehouse.histories import START, staged
from tests.warehouse.sql_store import empty_tables
from warehouse import signatures
from warehouse.duck import Place
from warehouse.history.pairing import Caps
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.schema import TABLES
from warehouse.store import Store
from warehouse.ties import TieSettings, settle_ties

WRITER = Writer(11)
BASE = WRITER.release(120, 140)
EDITION = WRITER.next_edition(BASE)
STRANGER = WRITER.release(120, 140)
BODIES = {
    "base": "\n".join(BASE),
    "edited": "\n".join(WRITER.edited(BASE, 0.03)),
    "edition": "\n".join(EDITION),
    "edition edited": "\n".join(WRITER.edited(EDITION, 0.03)),
    "extended": "\n".join([*BASE, WRITER.sentence()]),
    "teaser": max(BASE, key=len),
    "stranger": "\n".join(STRANGER),
    "empty": "",
}
A, B, C = (f"https://lakes.example/{name}" for name in "abc")


DEFAULT = TieSettings()
_SPARE: list[duckdb.DuckDBPyConnection] = []
"""Empty tables that an earlier test left: to make them takes longer than most tests."""


class Lake:
    """The tables of a warehouse in memory, a run at a time."""

    def __init__(self, tie_settings: TieSettings = DEFAULT) -> None:
        self.connection = _SPARE.pop() if _SPARE else empty_tables()
        self.store = Store(Place(Path("nowhere")), self.connection)
        self.settings = tie_settings
        self.runs = 0

    def run(self, *looks: StagedLook) -> int:
        """Take looks in as one run; how many ties it changed."""
        self.runs += 1
        stamp = Stamp(f"r{self.runs}", START + timedelta(days=100, minutes=self.runs))
        recorder = Recorder(self.store, stamp)
        recorder.record("lakes", looks, hold=False)
        return settle_ties(self.store, stamp, recorder.touched, self.settings)

    def rows(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def ties(self) -> dict[tuple[str, str], str]:
        """Kinds by the URLs of both."""
        rows = self.rows(
            "select least(a.url, b.url), greatest(a.url, b.url), n.kind from neighbours as n "
            "join releases as a using (release_id) join releases as b on b.release_id = n.other_id"
        )
        return {(one, other): kind for one, other, kind in rows}

    def repeats(self) -> dict[str, tuple[str, str | None, str | None]]:
        """Cluster, duplicate_of and duplicate_kind by URL, named by URL."""
        rows = self.rows(
            "select r.url, c.url, d.url, r.duplicate_kind from releases as r "
            "join releases as c on c.release_id = r.cluster_id "
            "left join releases as d on d.release_id = r.duplicate_of"
        )
        return {url: (cluster, of, kind) for url, cluster, of, kind in rows}


@contextmanager
def lake(*runs: Sequence[StagedLook], tie_settings: TieSettings = DEFAULT) -> Iterator[Lake]:
    """A lake after some runs."""
    made = Lake(tie_settings)
    try:
        for looks in runs:
            made.run(*looks)
        yield made
    finally:
        for table in TABLES:
            made.connection.execute(f"delete from lake.{table.name}")
        _SPARE.append(made.connection)


def look(at: int, body: str, address: str, **facts: Any) -> StagedLook:
    return staged(at, BODIES[body], address=address, headline=f"Headline at {address}", **facts)


def test_one_text_at_two_addresses_is_a_duplicate() -> None:
    with lake([look(0, "base", A)], [look(1, "base", B)]) as held:
        assert held.ties() == {(A, B): "exact"}
        assert held.rows("select kind, jaccard, containment from duplicates") == [("exact", 1, 1)]
        assert held.repeats() == {A: (A, None, None), B: (A, A, "exact")}


def test_one_page_at_two_addresses_of_one_run() -> None:
    """Headline, date and body alike: the two releases share even the stored text."""
    both = [staged(0, BODIES["base"], address=A), staged(1, BODIES["base"], address=B)]
    with lake(both) as held:
        assert held.rows("select count(*) from lake.texts") == [(1,)]
        assert held.repeats()[B] == (A, A, "exact")


@pytest.mark.parametrize(
    ("first", "second", "kind", "cluster", "repeats"),
    [
        ("base", "edited", "near", A, True),
        ("base", "edition", "lookalike", B, False),
        ("base", "extended", "update", B, False),
        ("base", "teaser", "teaser", A, True),
        ("base", "stranger", None, B, False),
        ("empty", "empty", None, B, False),
    ],
)
def test_kinds(first: str, second: str, kind: str | None, cluster: str, repeats: bool) -> None:
    with lake([look(0, first, A)], [look(1, second, B)]) as held:
        assert held.ties() == ({(A, B): kind} if kind else {})
        expected = (cluster, A if repeats else None, kind if repeats else None)
        assert held.repeats()[B] == expected
        in_duplicates = held.rows("select count(*) from duplicates")
        assert in_duplicates == [(int(kind in ("near", "teaser", "exact")),)]


def test_a_teaser_says_where_it_lies() -> None:
    with lake([look(0, "base", A)], [look(1, "teaser", B)]) as held:
        ((contained, first, last, start, end),) = held.rows(
            "select r.url, paragraph_from, paragraph_to, word_from, word_to "
            "from neighbours join releases as r on r.release_id = contained_id"
        )
        paragraph = BASE.index(BODIES["teaser"])
        before = sum(len(text.split()) for text in BASE[:paragraph])
        assert (contained, first, last) == (B, paragraph + 1, paragraph + 1)
        assert (start, end) == (before + 1, before + len(BODIES["teaser"].split()))


def test_a_revision_that_moves_away_drops_the_tie() -> None:
    with lake([look(0, "base", A), look(1, "base", B)]) as held:
        assert held.run(look(2, "stranger", B)) == 1
        assert held.ties() == {}
        assert held.repeats()[B] == (B, None, None)
        before = START + timedelta(days=100, minutes=1)
        then = f"releases_as_of('{before.isoformat()}')"
        assert held.rows(f"select duplicate_kind from {then} where url = '{B}'") == [("exact",)]


def test_a_late_capture_moves_no_tie_but_may_move_the_cluster() -> None:
    with lake([look(3, "base", A), look(4, "base", B)]) as held:
        assert held.repeats()[B] == (A, A, "exact")
        held.run(look(1, "stranger", B))
        assert held.ties() == {(A, B): "exact"}
        assert held.repeats() == {A: (B, B, "exact"), B: (B, None, None)}


def test_a_replay_appends_nothing() -> None:
    world = [look(0, "base", A), look(1, "edited", B), look(2, "teaser", C)]
    with lake(world) as held:
        tables = ("article_log", "signatures", "signature_keys", "neighbour_log", "cluster_log")
        before = [held.rows(f"select count(*) from lake.{table}") for table in tables]
        assert held.run(*world) == 0
        assert before == [held.rows(f"select count(*) from lake.{table}") for table in tables]


def test_an_untouched_neighbour_is_signed_once() -> None:
    with lake([look(0, "base", A)], [look(1, "base", B)], [look(2, "base", C)]) as held:
        assert held.rows("select count(*) from lake.signatures") == [(1,)]
        assert held.repeats()[C] == (A, A, "exact")


def test_a_body_that_nobody_has_any_more_ties_nobody() -> None:
    runs = [[look(0, "base", A)], [look(1, "stranger", A)], [look(2, "base", B)]]
    with lake(*runs) as held:
        assert held.ties() == {}
        held.run(look(3, "base", A))
        assert held.ties() == {(A, B): "exact"}


def test_merged_releases_lose_their_ties() -> None:
    """A text without a URL turns out to be the one at A once A is met with the same headline."""
    loose = staged(1, BODIES["base"], headline="Said")
    with lake([look(0, "edited", C)], [loose]) as held:
        assert list(held.rows("select kind from neighbours")) == [("near",)]
        held.run(staged(2, BODIES["base"], address=A, headline="Said"))
        assert held.ties() == {(A, C): "near"}
        assert held.rows("select count(*) from releases") == [(2,)]
        assert len(held.rows("select * from neighbours")) == 1


def test_another_scheme_signs_everything_anew() -> None:
    with lake([look(0, "base", A), look(1, "edited", B)], [look(2, "stranger", C)]) as held:
        before = held.ties()
        held.settings = TieSettings(scheme=held.settings.scheme.__class__(bands=20))
        held.run(look(3, "base", C))
        assert held.ties() == {**before, (A, C): "exact", (B, C): "near"}
        schemes = held.rows("select scheme, count(*) from lake.signatures group by 1 order by 2")
        assert [count for _, count in schemes] == [2, 3]


def test_copies_beyond_the_cap_still_meet_the_oldest() -> None:
    caps = TieSettings(caps=Caps(copies=2, bands=2, passages=2))
    names = [f"https://lakes.example/{n}" for n in range(6)]
    runs = [[look(n, "base", name)] for n, name in enumerate(names)]
    with lake(*runs, tie_settings=caps) as held:
        assert held.repeats() == {
            name: (names[0], names[0] if n else None, "exact" if n else None)
            for n, name in enumerate(names)
        }
        assert len(held.ties()) == 1 + 2 * 4


def test_many_releases_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the first run of a large archive: signed on all cores, checked part by part."""
    looks = [look(n, body, f"https://lakes.example/{n}") for n, body in enumerate(BODIES)]
    with lake(looks) as held:
        expected = held.ties(), held.repeats()
    monkeypatch.setattr(signatures, "_BODIES_AT_ONCE", 2)
    with lake(tie_settings=TieSettings(releases_at_once=3)) as held:
        told: list[tuple[str, int, int]] = []
        stamp = Stamp("r1", START + timedelta(days=100))
        recorder = Recorder(held.store, stamp)
        recorder.record("lakes", looks, hold=False)
        settle_ties(
            held.store, stamp, recorder.touched, held.settings, watch=lambda *one: told.append(one)
        )
        assert (held.ties(), held.repeats()) == expected
        assert told == [
            *(("signing", start, 7) for start in (0, 2, 4, 6)),
            *(("comparing", part, 3) for part in range(3)),
        ]


def test_chinese_is_compared_by_character() -> None:
    text = "集体安全条约组织成员国外长会议第十六次会议于五月二十日在杜尚别举行。" * 2 + (
        "与会者讨论了国际和地区安全形势以及组织框架内合作的现状和发展前景。"
        "会议通过了关于加强边境安全的联合声明并签署了若干文件。"
    )
    last_year = text.replace("第十六次", "第十五次").replace("杜尚别", "阿斯塔纳")
    near = text.replace("若干文件", "多项文件")
    looks = [
        staged(0, text, address=A, headline="a"),
        staged(1, near, address=B, headline="b"),
        staged(2, last_year, address=C, headline="c"),
    ]
    with lake(looks) as held:
        assert held.ties() == {(A, B): "near", (A, C): "lookalike", (B, C): "lookalike"}


PAGES = [f"https://lakes.example/{n}" for n in range(5)]
worlds = st.lists(
    st.builds(
        look,
        st.integers(0, 6),
        st.sampled_from(sorted(BODIES)),
        st.sampled_from(PAGES),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=many(6))
@given(worlds, st.data())
def test_order_and_batches_of_arrival_do_not_matter(
    world: list[StagedLook], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(world))
    cut = data.draw(st.integers(0, len(world)))
    with lake(world) as at_once, lake(shuffled[:cut], *([one] for one in shuffled[cut:])) as held:
        assert held.ties() == at_once.ties()
        assert held.repeats() == at_once.repeats()
        clusters = {url: cluster for url, (cluster, _, _) in held.repeats().items()}
        for (one, other), kind in held.ties().items():
            if kind == "lookalike":
                assert clusters[one] != clusters[other]
        for url, cluster in clusters.items():
            assert clusters[cluster] == cluster, url


@settings(max_examples=many(3))
@given(worlds)
def test_what_was_known_then_does_not_change(world: list[StagedLook]) -> None:
    with lake() as held:
        said = []
        for one in world:
            held.run(one)
            at = START + timedelta(days=100, minutes=held.runs)
            query = (
                "select release_id, duplicate_of, duplicate_kind, cluster_id "
                f"from releases_as_of('{at.isoformat()}'::timestamptz) order by all"
            )
            said.append((query, held.rows(query)))
        for query, answer in said:
            assert held.rows(query) == answer
