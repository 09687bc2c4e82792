"""Evidence packed: each record byte for byte where rows say; old files go when proved needless."""

import gzip
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from tests.flows.shell import ROOT
from tests.warehouse.servers import servers
from tests.warehouse.test_catalogs import HEADLINE, Kept, kept
from tests.warehouse.test_crash import CrashServer, effects
from warehouse import parts as parts_module
from warehouse.captures import Location
from warehouse.discard import discard_copied, discard_drafts, discard_unnamed
from warehouse.duck import Place, connect_reader
from warehouse.evidence import evidence_of, read_evidence
from warehouse.parts import level_of, plan_packs, read_parts
from warehouse.repack import Repacked, repack
from warehouse.verify import verify

__all__ = ["kept", "servers"]

RUNS = 4
_HOLDS = "select capture_id, digest, warc_file, warc_offset from captures order by capture_id"
_REST = "select * exclude (warc_file, warc_offset) from captures order by capture_id"


def fill(kept: Kept) -> None:
    """Some runs: an edit each, and in all but the first a revisit of another file."""
    kept.write("b.txt", f"{HEADLINE} again\n14.05.2024\nOther words stand in this release.\n")
    for number in range(RUNS):
        body = f"On May 13, 2024, in Minsk, {number + 10} observers took part in the exercise."
        kept.write("a.txt", f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{body}\n")
        at = f"2024-06-{number + 1:02}T00:00:00Z"
        ran = kept("ingest", "a.txt", "b.txt", "--source", "csto", "--captured-at", at)
        assert ran.code == 0, ran.err


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an embedded warehouse of some runs; do not write to it."""
    folder = tmp_path_factory.mktemp("filled")
    fill(Kept(folder, Place(folder / "data")))
    return folder


@pytest.fixture
def world(filled: Path, tmp_path: Path) -> Kept:
    """Such a warehouse of one's own."""
    folder = tmp_path / "world"
    shutil.copytree(filled, folder)
    return Kept(folder, Place(folder / "data"))


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "FEWEST_FILES", 2)


def now() -> datetime:
    return datetime.now(UTC)


def pack(place: Place, locked: Callable[[], object] = nullcontext) -> Repacked:
    return repack(place, "upkeep", locked, now)  # type: ignore[arg-type]


def names(place: Place) -> list[str]:
    return [name for name, _ in evidence_of(place).sizes()]


def content(place: Place, name: str) -> bytes:
    with evidence_of(place).open(name) as file:
        return file.read()


def rows(place: Place, query: str) -> list[tuple[object, ...]]:
    connection = connect_reader(place)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_packed_evidence_says_what_it_said_and_old_files_go_two_days_later(kept: Kept) -> None:
    fill(kept)
    place = kept.place
    rest, old = kept.sql(_REST), names(place)
    ran = kept("maintain", "--format", "json")
    assert ran.code == 0, ran.err
    assert f"packed {RUNS} evidence files into 1, removed 0" in ran.err
    (held,) = (row for row in ran.rows if row["table"] == "evidence")
    assert held["files"] == 1
    (new,) = set(names(place)) - set(old)
    assert content(place, new) == b"".join(content(place, name) for name in old)
    assert kept.sql(_REST) == rest
    for _, digest, warc_file, offset in rows(place, _HOLDS):
        assert warc_file == new
        assert read_evidence(place, Location(warc_file, offset)).digest == digest  # type: ignore
    with evidence_of(place).open(new) as file:
        kinds = [record.rec_type for record in ArchiveIterator(file)]
    assert kinds.count("warcinfo") == RUNS
    again = kept("maintain", "--no-check")
    assert "packed 0 evidence files into 0, removed 0" in again.err
    assert discard_copied(place, nullcontext, now() + timedelta(hours=47)).files == 0
    gone = discard_copied(place, nullcontext, now() + timedelta(hours=49))
    assert (gone.files, gone.findings) == (RUNS, ())
    assert gone.length_bytes == len(content(place, new))
    assert names(place) == [new]
    found = verify(place, lambda *_: None)
    assert (found.findings, found.captures) == ((), 2 * RUNS)
    kept.write("b.txt", f"{HEADLINE} again\n14.05.2024\nOther words stand in this release.\n")
    ran = kept("ingest", "b.txt", "--source", "csto", "--captured-at", "2024-07-01T00:00:00Z")
    assert ran.code == 0, ran.err
    assert verify(place, lambda *_: None).findings == ()


def test_bodies_are_read_again_where_they_lie_now(world: Kept) -> None:
    pack(world.place)
    discard_copied(world.place, nullcontext, now() + timedelta(hours=49))
    query = "select revision, text from revisions order by revision"
    before = world.sql(query)
    text = (ROOT / "parsers/sources/csto.toml").read_text("utf-8")
    world.write("mine.toml", text.replace("body_ends = [", "body_ends = ['^never this$', ", 1))
    world.write("pressdiff.toml", "[[source]]\nuse = 'mine.toml'\n")
    ran = world("reparse")
    assert ran.code == 0, ran.err
    assert "could not be read" not in ran.err
    assert world.sql(query) == before
    connection = connect_reader(world.place)
    versions = "select count(distinct parser_version) from lake.reading_log"
    assert connection.execute(versions).fetchall() == [(2,)]
    connection.close()


def test_packs_are_packed_again_and_the_newest_place_wins(world: Kept) -> None:
    pack(world.place)
    for start in (10, 20):
        for number in (start, start + 1):
            world.ingest(number)
        pack(world.place)
    first = [name for name in names(world.place) if level_of(name)]
    assert sorted(map(level_of, first)) == [1, 1, 1, 2]
    (held,) = {
        part.stored_in
        for part in read_parts(connect_reader(world.place))
        if level_of(part.stored_in) == 2
    }
    assert verify(world.place, lambda *_: None).findings == ()
    gone = discard_copied(world.place, nullcontext, now() + timedelta(hours=49))
    assert gone.findings == ()
    assert held in names(world.place)
    assert verify(world.place, lambda *_: None).findings == ()
    assert {level_of(name) for name in names(world.place)} <= {1, 2}


def _flip(data: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


def _other_header(data: bytes) -> bytes:
    """A request's or record's header altered with care: gzip and digests of payloads are right."""
    plain = gzip.decompress(data)
    assert b"software: pressdiff/" in plain
    parts = plain.split(b"WARC/1.1\r\n")[1:]
    parts[0] = parts[0].replace(b"software: pressdiff/", b"software: pressdifF/")
    return b"".join(gzip.compress(b"WARC/1.1\r\n" + one, mtime=0) for one in parts)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_flip, "are not those that were committed"),
        (_other_header, "are not those that were committed"),
        (lambda data: data[:-1], "are not those that were committed"),
        (lambda data: data + b"\0", None),
    ],
    ids=["a bit", "a header", "cut", "longer"],
)
def test_what_does_not_verify_stays_where_it_is_and_is_said(
    world: Kept, harm: Callable[[bytes], bytes], words: str | None
) -> None:
    bad = names(world.place)[1]
    path = world.place.evidence / bad
    path.write_bytes(harm(path.read_bytes()))
    done = pack(world.place)
    if words is None:  # what follows the run's bytes is nobody's, and is left behind
        assert done == Repacked(RUNS, 1, ())
        return
    (finding,) = done.findings
    assert finding.subject == str(path)
    assert finding.sentence == f"it was not packed: the bytes of {bad} {words}"
    connection = connect_reader(world.place)
    held = {part.warc_file: part.stored_in for part in read_parts(connection)}
    connection.close()
    assert held[bad] == bad
    assert len(set(held.values())) == 2
    assert discard_copied(world.place, nullcontext, now() + timedelta(hours=49)).files == RUNS - 1
    assert path.exists()


def test_maintain_says_what_it_did_not_pack_and_fails(world: Kept) -> None:
    path = world.place.evidence / names(world.place)[1]
    path.write_bytes(_flip(path.read_bytes()))
    ran = world("maintain", "--no-check")
    assert ran.code == 1
    assert f"{path}: it was not packed: the bytes of " in ran.err


def test_damage_is_found_in_files_whose_digest_nobody_recorded(world: Kept) -> None:
    """As before schema 3: by what each record says of itself, and by the rows of its looks."""
    from warehouse.duck import attach_writer

    connection = attach_writer(world.place)
    connection.execute("update lake.run_log set warc_digest = null, warc_bytes = null")
    connection.close()
    flipped, swapped = (world.place.evidence / name for name in names(world.place)[:2])
    flipped.write_bytes(_flip(flipped.read_bytes()))
    swapped.write_bytes((world.place.evidence / names(world.place)[2]).read_bytes())
    done = pack(world.place)
    said = {one.subject: one.sentence for one in done.findings}
    assert set(said) == {str(flipped), str(swapped)}
    assert "damaged" in said[str(flipped)]
    assert "there is not the record that a look names" in said[str(swapped)]
    assert done.files == RUNS - 2


def test_a_file_stays_while_its_copy_is_not_whole(world: Kept) -> None:
    pack(world.place)
    (new,) = (name for name in names(world.place) if level_of(name))
    path = world.place.evidence / new
    path.write_bytes(_flip(path.read_bytes()))
    done = discard_copied(world.place, nullcontext, now() + timedelta(hours=49))
    assert done.files == RUNS - 1
    (finding,) = done.findings
    assert "kept: the copy of" in finding.sentence
    path.unlink()
    assert discard_copied(world.place, nullcontext, now() + timedelta(hours=49)).files == 0


def test_of_two_that_pack_at_once_one_commits(world: Kept) -> None:
    inner: list[Repacked] = []

    @contextmanager
    def overtaken() -> Iterator[None]:
        if not inner:
            inner.append(Repacked(0, 0, ()))
            inner.append(pack(world.place))
        yield

    assert pack(world.place, overtaken) == Repacked(0, 0, ())
    assert inner[1] == Repacked(RUNS, 1, ())
    assert sum(level_of(name) for name in names(world.place)) == 1
    assert verify(world.place, lambda *_: None).findings == ()


def test_a_source_that_was_written_anew_meanwhile_is_not_packed(world: Kept) -> None:
    @contextmanager
    def redacting() -> Iterator[None]:
        path = world.place.evidence / names(world.place)[0]
        path.write_bytes(path.read_bytes())
        yield

    assert pack(world.place, redacting) == Repacked(0, 0, ())
    assert not any(level_of(name) for name in names(world.place))


def test_what_no_row_names_goes_when_asked_for_and_old_and_nobody_writes_it(world: Kept) -> None:
    evidence = evidence_of(world.place)
    before = names(world.place)
    living = evidence.writer("20260301T000000Z-living", "x")
    living._open(now())
    dead = world.place.evidence / "2026/20260301T000000Z-dead.warc.gz"
    dead.write_bytes(b"x")
    draft = evidence.draft("packs/1/x.warc.gz")
    draft.write_bytes(b"x")
    notes = {one.subject for one in verify(world.place, lambda *_: None).findings}
    assert notes == {str(living.path), str(dead), str(draft)}
    assert world("maintain", "--no-check", "--remove-unnamed").code == 0
    assert discard_drafts(world.place, now() + timedelta(hours=47)) == 0
    assert discard_unnamed(world.place, now() + timedelta(hours=47)) == 0
    assert discard_unnamed(world.place, now() + timedelta(hours=49)) == 2
    left = {name for name in names(world.place) if not level_of(name)}
    assert left - set(before) == {"2026/20260301T000000Z-living.warc.gz"}
    assert not draft.exists()
    living.close()
    assert discard_unnamed(world.place, now() + timedelta(hours=49)) == 1
    assert set(before) < set(names(world.place)), "what rows name is not touched"


def test_what_dead_runs_left_goes_on_either_kind(kept: Kept) -> None:
    kept.ingest(0)
    before = names(kept.place)
    evidence = evidence_of(kept.place)
    for name in ("2026/dead.warc.gz", "2026/uploaded.warc.gz"):
        draft = evidence.draft(name)
        draft.write_bytes(b"x")
        evidence.keep(draft, name)
    spooled = kept.place.evidence / "2026/spooled.warc.gz"
    spooled.parent.mkdir(exist_ok=True)
    spooled.write_bytes(b"x")
    assert len(verify(kept.place, lambda *_: None).findings) == 3
    assert discard_unnamed(kept.place, now() + timedelta(hours=47)) == 0
    assert discard_unnamed(kept.place, now() + timedelta(hours=49)) == 3
    assert names(kept.place) == before
    assert verify(kept.place, lambda *_: None).findings == ()


@given(
    st.dictionaries(
        st.sampled_from([f"{folder}/{n:03}" for folder in ("2026", "packs/1") for n in range(99)]),
        st.integers(1, 2 * parts_module.SMALL_BYTES),
        max_size=99,
    )
)
def test_a_plan_packs_small_files_of_one_level_once_and_no_pack_is_too_large(
    lengths: dict[str, int],
) -> None:
    plan = list(plan_packs(lengths))
    packed = [name for _, names in plan for name in names]
    assert len(packed) == len(set(packed))
    for level, names in plan:
        assert {level_of(name) for name in names} == {level - 1}
        assert all(lengths[name] < parts_module.SMALL_BYTES for name in names)
        total = sum(lengths[name] for name in names)
        assert total <= parts_module.PACK_BYTES
        full = total > parts_module.PACK_BYTES - parts_module.SMALL_BYTES
        assert full or len(names) >= parts_module.FEWEST_FILES
    for level in (0, 1):
        left = [n for n in lengths if level_of(n) == level and n not in packed]
        small = [n for n in left if lengths[n] < parts_module.SMALL_BYTES]
        assert len(small) < parts_module.FEWEST_FILES


@pytest.fixture
def crashes(kept: Kept) -> Iterator[CrashServer]:  # noqa: ARG001 - its servers' addresses come first
    """Upkeep that dies at a chosen effect."""
    server = CrashServer()
    yield server
    server.close()


@pytest.mark.drill
def test_upkeep_killed_anywhere_loses_nothing_on_either_catalog(
    kept: Kept, crashes: CrashServer
) -> None:
    """Run after run, days apart; so there is always something to merge, to pack and to remove."""
    source = kept.folder / "in" / "a.txt"
    source.parent.mkdir()
    edits = 0

    def edit() -> None:
        nonlocal edits
        edits += 1
        text = f"On May 13, 2024, in Minsk, {edits + 10} observers took part in the exercise."
        source.write_text(f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{text}\n")
        os.utime(source, (1.7e9 + edits, 1.7e9 + edits))
        assert crashes.run(kept.folder) == 0

    edit()
    edit()
    assert crashes.run(kept.folder, what="0") == 0
    last = len(effects(kept.folder))
    killed = 0
    for number, at in enumerate(range(1, last + 1, 5), 1):
        edit()
        edit()
        killed += crashes.run(kept.folder, at, f"{3 * number}") == signal.SIGKILL
        found = verify(kept.place, lambda *_: None)
        assert not found.damaged, (at, found.findings)
        assert found.captures == edits
        assert crashes.run(kept.folder, what=f"{3 * number}") == 0
        found = verify(kept.place, lambda *_: None)
        assert not found.damaged, (at, found.findings)
        assert kept.sql("select max(revision) as n from revisions") == [{"n": edits}]
    assert killed > last // 5 - 2
    assert not [name for name in names(kept.place) if not level_of(name)][2:]
