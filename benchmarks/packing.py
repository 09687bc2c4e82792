"""The tables of a warehouse beside a packed git repository of the same texts.

    python -m benchmarks.packing [--releases 4000] [--bulk] [--keep FOLDER]

Invented releases (`tests.corpus`), each in three revisions on average; an edit changes a number, a
word or a sentence, and two looks a release find it unchanged. A run a day takes 200 looks through
the real recorder, ties included, and is one commit of git: a file a release. Then the one is
merged, the other packed by `git gc --aggressive`. Told: bytes by table, and what it costs to read a
release as it was known at some time.

`--bulk`: the archive of `benchmarks.archive` instead, 1.2 texts a release and a commit every two
hours of fourteen years; packed by plain `git gc`.
"""

import argparse
import random
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from benchmarks.archive import make_archive
from parsers.model import Outcome, Reading, Sighting, digest_bytes
from tests.corpus.texts import make_release
from warehouse.duck import Place, open_reader
from warehouse.model import StagedLook, capture_id, reading_id, text_of
from warehouse.pinned import create_tables_of
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store
from warehouse.ties import settle_ties
from warehouse.upkeep import holdings, merge_files
from warehouse.views import create_views

START = datetime(2020, 1, 1, tzinfo=UTC)
SOURCE = "lakes"
LOOKS_A_RUN = 200
_REVISIONS, _UNCHANGED = 3, 2
_READS, _READS_BY_GIT = 200, 40

Page = tuple[int, Sighting]


def edited(was: Sighting, dice: random.Random) -> Sighting:
    """A number, a word or a sentence is another."""
    paragraphs = list(was.paragraphs)
    if not paragraphs:
        paragraphs = [" ".join(make_release(dice.randrange(10**9)).paragraphs[:1]) or "One more."]
    at = dice.randrange(len(paragraphs))
    words = paragraphs[at].split(" ")
    kind = dice.randrange(3)
    if kind == 0 and any(re.search(r"\d", word) for word in words):
        place = dice.choice([n for n, word in enumerate(words) if re.search(r"\d", word)])
        words[place] = re.sub(r"\d+", lambda _: str(dice.randrange(1, 900)), words[place])
    elif kind == 1:
        words[dice.randrange(len(words))] = dice.choice(
            " ".join(make_release(dice.randrange(10**6)).paragraphs or ("none",)).split()
        )
    else:
        other = make_release(dice.randrange(10**6)).paragraphs or ("More will be told.",)
        words += dice.choice(other).split(". ")[0].split(" ")
    paragraphs[at] = " ".join(words)
    if tuple(paragraphs) == was.paragraphs:
        paragraphs.append(f"The number is {dice.randrange(10**6)}.")
    return Sighting(
        was.headline, tuple(paragraphs), was.published_on, was.published_text,
        event_on=was.event_on, place=was.place, language=was.language,
        canonical_url=was.canonical_url,
    )  # fmt: skip


def pages(releases: int, dice: random.Random) -> Iterator[Page]:
    """What each look finds, in order of time: new releases and looks at older ones, mixed."""
    standing: dict[int, Sighting] = {}
    kinds = ["edit"] * ((_REVISIONS - 1) * releases) + ["look"] * (_UNCHANGED * releases)
    dice.shuffle(kinds)
    each = len(kinds) // releases
    for number in range(releases):
        made = make_release(number)
        standing[number] = Sighting(
            made.headline, made.paragraphs, made.published_on,
            made.published_on and f"{made.published_on:%d.%m.%Y}", event_on=made.event_on,
            place=made.place, language=made.language,
            canonical_url=f"https://lakes.example/news/{number}/",
        )  # fmt: skip
        yield number, standing[number]
        for kind in kinds[number * each : (number + 1) * each]:
            chosen = dice.randrange(number + 1)
            if kind == "edit":
                standing[chosen] = edited(standing[chosen], dice)
            yield chosen, standing[chosen]


def runs(releases: int) -> Iterator[tuple[datetime, list[Page]]]:
    """The looks of each day; a release that was looked at on a day is left for the next."""
    batch: dict[int, Sighting] = {}
    later: dict[int, Sighting] = {}
    day = 0
    for number, sighting in pages(releases, random.Random(5)):
        if number in batch:
            later[number] = sighting
        else:
            batch[number] = sighting
        if len(batch) >= LOOKS_A_RUN:
            yield START + timedelta(days=day), list(batch.items())
            batch, later, day = later, {}, day + 1
    for rest in (batch, later):
        yield START + timedelta(days=day), list(rest.items())
        day += 1


def look(page: Page, at: datetime, known: set[str]) -> StagedLook:
    """One look as a visit would have staged it."""
    number, sighting = page
    url = f"https://lakes.example/news/{number}/"
    digest = digest_bytes(repr(sighting).encode())
    read = reading_id(SOURCE, url, digest, None)
    is_new = read not in known
    known.add(read)
    return StagedLook(
        capture_id=capture_id(SOURCE, url, at, digest), source_id=SOURCE, url=url,
        captured_at=at, digest=digest, length_bytes=40_000 + number % 977,
        warc_file=f"{at:%Y/%m}/{at:%Y%m%dT%H%M%SZ}-a1b2c3.warc.gz", warc_offset=number * 1217,
        parser_version="3f9c2b1a7d5e", reading_id=read,
        reading=Reading(Outcome.READ, sighting, (), None, "layout[0]", "utf-8", "utf-8",
                        digest_bytes(digest.encode())) if is_new else None,
        text=text_of(SOURCE, sighting, digest) if is_new else None,
        http_status=200, address=url, etag=f'"{digest[:16]}"',
    )  # fmt: skip


def said(headline: str, published_on: date | None, paragraphs: Iterable[str]) -> bytes:
    """A release as a file."""
    return "\n\n".join((headline, str(published_on or ""), *paragraphs)).encode() + b"\n"


class Repository:
    """A git repository written by fast-import."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
        self._import = subprocess.Popen(
            ["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE
        )
        self._held: dict[int, bytes] = {}

    def git(self, *words: str) -> str:
        """What a git command prints."""
        at = [] if words[0] == "init" else ["-C", str(self.folder)]
        done = subprocess.run(["git", *at, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self, at: datetime, found: Iterable[tuple[int, bytes]]) -> None:
        """The texts that changed."""
        assert self._import.stdin is not None
        changed = {n: text for n, text in found if self._held.get(n) != text}
        self._held |= changed
        out = [
            f"commit refs/heads/main\ncommitter bench <bench@example.org> {int(at.timestamp())} "
            "+0000\ndata 4\nrun\n\n".encode()
        ]
        for number, text in changed.items():
            out.append(f"M 100644 inline {path_of(number)}\ndata {len(text)}\n".encode())
            out += [text, b"\n"]
        self._import.stdin.writelines(out)

    def pack(self, *how: str) -> int:
        """Pack, `--aggressive` as small as git can; the bytes of pack and index."""
        assert self._import.stdin is not None
        self._import.stdin.close()
        assert self._import.wait() == 0
        self.git("gc", "--quiet", *how, "--prune=now")
        return sum(path.stat().st_size for path in (self.folder / "objects/pack").iterdir())


def path_of(number: int) -> str:
    """Where a release's file lies: in folders of no more than a hundred, as a million have to."""
    return f"{number % 100:02}/{number // 100 % 100:02}/{number}.txt"


def cpu_s() -> float:
    """CPU seconds of this process and the ones it has waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def record(place: Place, repository: Repository, releases: int) -> tuple[int, int, datetime]:
    """All runs into both; looks, bytes of text and the last time."""
    known: set[str] = set()
    store = Store.open(place, START)
    looks, at = 0, START
    for at, found in runs(releases):
        store.begin()
        recorder = Recorder(store, Stamp(f"{at:%Y%m%dT%H%M%SZ}-a1b2c3", at))
        recorder.record(SOURCE, [look(one, at, known) for one in found])
        settle_ties(store, recorder.begun, recorder.touched)
        store.commit()
        store.merge_if_due()
        texts = ((n, said(one.headline, one.published_on, one.paragraphs)) for n, one in found)
        repository.commit(at, texts)
        looks += len(found)
    merge_files(store)
    store.close()
    return looks, len(known), at


def record_bulk(place: Place, repository: Repository, releases: int) -> tuple[int, int, datetime]:
    """The same for an archive written in bulk."""
    make_archive(place, releases)
    connection, tables = open_reader(place)
    with closing(connection):
        create_tables_of(connection, tables, ["revision_log", "texts", "looks", "url_log"])
        (looks,), (texts,) = (
            connection.execute(f"select count(*) from pinned.{name}").fetchone() or (0,)
            for name in ("looks", "texts")
        )
        found = connection.execute(
            "select r.recorded_at, regexp_extract(u.url, '/news/([0-9]+)/', 1)::bigint, "
            "t.headline, t.published_on, t.paragraphs from pinned.revision_log as r "
            "join pinned.texts as t on t.text_id = r.text_id and t.source_id = r.source_id "
            "join pinned.url_log as u on u.release_id = r.release_id and u.role = 'canonical' "
            "order by r.recorded_at, r.release_id"
        )
        rows = iter(partial(found.fetchmany, 10_000), [])
        at = START
        for at, run in groupby((row for many in rows for row in many), key=itemgetter(0)):
            repository.commit(at, ((row[1], said(*row[2:])) for row in run))
    return looks, texts, at


def read_both(place: Place, repository: Repository, releases: int, last: datetime) -> None:
    """Releases as they were known at some time: the same ones, from both."""
    dice = random.Random(7)
    one = "select text from releases_as_of($1::timestamptz) where release_id = $2"
    connection, tables = open_reader(place)
    with closing(connection):
        create_tables_of(connection, tables, ["url_log", "run_log", "revision_log"])
        first = connection.execute("select min(recorded_at) from pinned.revision_log").fetchone()
        assert first is not None
        span_s = (last - first[0]).total_seconds()
        asked = [
            (dice.randrange(releases), first[0] + timedelta(seconds=dice.uniform(0.2, 1) * span_s))
            for _ in range(_READS)
        ]
        ids = dict(
            connection.execute(
                "select regexp_extract(url, '/news/([0-9]+)/$', 1)::bigint, release_id "
                "from pinned.url_log where role = 'canonical'"
            ).fetchall()
        )
        named = [(ids[number], number, at) for number, at in asked]
        create_views(connection, tables, one, frozenset({"text", "release_id"}))
        connection.execute(one, [last, named[0][0]]).fetchall()
        started, wall = cpu_s(), time.perf_counter()
        ours = [connection.execute(one, [at, name]).fetchone() for name, _, at in named]
        told("one release as of a time, ours", len(asked), started, wall)
        whole = "select count(*), sum(length(text)) from releases_as_of($1::timestamptz)"
        connection.execute(whole, [last]).fetchall()
        started, wall = cpu_s(), time.perf_counter()
        connection.execute(whole, [asked[0][1]]).fetchall()
        told("every release as of a time, ours", 1, started, wall)
    started, wall = cpu_s(), time.perf_counter()
    theirs = [by_git(repository, number, at) for _, number, at in named[:_READS_BY_GIT]]
    told("one release as of a time, git", len(theirs), started, wall)
    for row, text in zip(ours, theirs, strict=False):
        assert (row is None) == (text is None)
        assert row is None or text is None or row[0] in text or not row[0]
    started, wall = cpu_s(), time.perf_counter()
    at = asked[0][1]
    revision = repository.git("rev-list", "-1", f"--before={at.isoformat()}", "main").strip()
    repository.git("archive", "--format=tar", "--output=/dev/null", revision)
    told("every release as of a time, git", 1, started, wall)


def by_git(repository: Repository, number: int, at: datetime) -> str | None:
    """The last commit of a file before a time, and the file there: what `git log` is asked for."""
    path = path_of(number)
    revision = repository.git(
        "log", "-1", "--format=%H", f"--before={at.isoformat()}", "main", "--", path
    ).strip()
    return repository.git("show", f"{revision}:{path}") if revision else None


def told(what: str, count: int, cpu: float, wall: float) -> None:
    """Milliseconds a read."""
    spent, waited = 1e3 * (cpu_s() - cpu) / count, 1e3 * (time.perf_counter() - wall) / count
    print(f"{what:36} {spent:8.1f} ms CPU {waited:8.1f} ms")


def main() -> None:
    """Record, pack, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, default=4000)
    parser.add_argument("--bulk", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="pressdiff-packing-"))
    try:
        place = Place(folder / "data")
        repository = Repository(folder / "git")
        make = record_bulk if options.bulk else record
        looks, texts, last = make(place, repository, options.releases)
        packed = repository.pack(*([] if options.bulk else ["--aggressive"]))
        store = Store.open(place, last)
        held = [one for one in holdings(store, place) if one.name != "evidence"]
        text_bytes = int(
            store.ask("select sum(strlen(array_to_string(paragraphs, ''))) from lake.texts")[0][0]
        )
        store.close()
        ours = sum(one.length_bytes for one in held)
        print(f"{options.releases} releases, {texts} texts of {text_bytes / texts:.0f} bytes, "
              f"{looks} looks")  # fmt: skip
        print(f"tables {ours / 1e6:.2f} MB, git {packed / 1e6:.2f} MB: {ours / packed:.2f} times")
        for one in sorted(held, key=lambda one: -one.length_bytes)[:14]:
            print(f"  {one.name:16} {one.rows:8} rows {one.length_bytes / 1e6:8.2f} MB")
        read_both(place, repository, options.releases, last)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
