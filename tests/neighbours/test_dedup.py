"""`dedup` on tables: against the truth of all pairs, with an index, and refused with a sentence."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.normalise import normalise
from tests.laws import many
from tests.neighbours.corpus import Corpus, Writer, make_corpus
from warehouse import dedup as engine
from warehouse import dedup_index, dedup_scratch
from warehouse.candidates import Keys, capped, lake_keys, meet, promising
from warehouse.dedup import DedupError, DedupSettings, DedupSummary, dedup
from warehouse.dedup_index import open_index
from warehouse.dedup_input import open_table
from warehouse.history import fingerprint
from warehouse.history.fingerprint import COPY, SORT_BITS, Scheme
from warehouse.history.pairing import (
    PARTS,
    Caps,
    Pairs,
    added_up,
    meetings,
    pack,
    worth_checking,
)
from warehouse.history.shingles import shingles, words_of

SETTINGS = DedupSettings()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus(500, seed=11, share=0.6)


def table(path: Path, texts: Sequence[str | None], ids: Sequence[Any] | None = None) -> Path:
    ids = list(range(len(texts))) if ids is None else list(ids)
    pq.write_table(pa.table({"id": ids, "text": pa.array(texts, pa.string())}), path)
    return path


def run(
    source: Path, **options: Any
) -> tuple[DedupSummary, dict[tuple[Any, Any], tuple[str, float, float]]]:
    output = source.with_suffix(".pairs")
    settings = options.pop("settings", SETTINGS)
    summary = dedup(settings, source, "id", "text", output, **options)
    rows = pq.read_table(output).to_pylist()
    found = {(r["id"], r["other_id"]): (r["kind"], r["jaccard"], r["containment"]) for r in rows}
    assert len(found) == len(rows)
    assert summary.pairs == {
        kind: sum(row["kind"] == kind for row in rows) for kind in summary.pairs
    }
    return summary, found


def true_overlaps(texts: Sequence[str]) -> dict[tuple[int, int], tuple[float, float, bool]]:
    """Jaccard, containment of the shorter text, and equality, of all pairs with anything shared."""
    sets = [shingles(text) for text in texts]
    words = [len(words_of(text)) for text in texts]
    normal = [normalise(text) for text in texts]
    found = {}
    for a, b in combinations(range(len(texts)), 2):
        if shared := len(sets[a] & sets[b]):
            short = a if words[a] <= words[b] else b
            jaccard = shared / (len(sets[a]) + len(sets[b]) - shared)
            found[a, b] = (jaccard, shared / len(sets[short]), normal[a] == normal[b])
    return found


def test_pairs_are_those_of_the_truth(corpus: Corpus, tmp_path: Path) -> None:
    summary, found = run(table(tmp_path / "in", corpus.texts))
    truth = true_overlaps(corpus.texts)
    lengths = [len(words_of(text)) for text in corpus.texts]
    for pair, (kind, jaccard, _) in found.items():
        true_jaccard, share, equal = truth[pair]
        assert (kind == "exact") == equal
        assert jaccard == pytest.approx(1.0 if equal else true_jaccard)
        long, short = sorted((lengths[i] for i in pair), reverse=True)
        assert (kind == "teaser") == (not equal and share >= 0.8 and long >= 2 * short)
        assert kind in ("exact", "teaser", "update") or jaccard >= 0.5
    wanted = {
        pair
        for pair, (jaccard, share, _) in truth.items()
        if jaccard >= 0.5 or (share >= 0.8 and min(lengths[i] for i in pair) >= 21)
    }
    assert len(wanted) > 200
    assert len(wanted - found.keys()) <= len(wanted) * 0.01
    assert summary.rows == len(corpus.texts)


EXPECTED = {
    "exact": {"exact"}, "cosmetic": {"exact"}, "reorder": {"near", "exact"}, "teaser": {"teaser"},
    "update": {"update"}, "ticker": {"update"}, "lookalike": {"lookalike"},
    "edit 1%": {"near", "exact"}, "edit 2%": {"near", "exact"}, "edit 5%": {"near"},
}  # fmt: skip


def test_planted_pairs_get_their_kind(corpus: Corpus, tmp_path: Path) -> None:
    _, found = run(table(tmp_path / "in", corpus.texts))
    seen = set()
    for a, b, planted in corpus.planted:
        kind = found.get((min(a, b), max(a, b)), (None,))[0]
        if planted in EXPECTED:
            seen.add(planted)
            assert kind in EXPECTED[planted], (planted, kind)
        elif planted == "lookalike 5%":
            assert kind in ("lookalike", None)
    assert seen == EXPECTED.keys()


def test_planted_lookalikes_share_no_cluster(corpus: Corpus, tmp_path: Path) -> None:
    summary = dedup(
        SETTINGS, table(tmp_path / "in", corpus.texts), "id", "text", tmp_path / "out",
        clusters=tmp_path / "clusters",
    )  # fmt: skip
    cluster = {r["id"]: r["cluster_id"] for r in pq.read_table(tmp_path / "clusters").to_pylist()}
    for row, first in cluster.items():
        assert cluster[first] == first <= row
    for a, b, planted in corpus.planted:
        if planted.startswith("lookalike"):
            assert a not in cluster or cluster[a] != cluster.get(b)
        elif planted in ("exact", "cosmetic", "edit 1%", "teaser"):
            assert cluster[a] == cluster[b]
    assert summary.clusters == len(set(cluster.values()))


def test_below_the_usual_threshold_lookalikes_are_told_too(tmp_path: Path) -> None:
    tail = "a b c d e f g h i j k l"
    texts = [f"Session {n} was held in {city}. {tail}" for n, city in ((16, "Minsk"), (17, "Kyiv"))]
    texts = [
        f"{text} {' '.join(f'{word}{i}' for i in range(5))}"
        for text, word in zip(texts, "xy", strict=True)
    ]
    source = table(tmp_path / "in", texts)
    assert run(source)[1] == {}
    ((kind, jaccard, _),) = run(source, threshold=0.2)[1].values()
    assert kind == "lookalike"
    assert jaccard < 0.5


@pytest.mark.drill
def test_both_routes_threads_and_spilling_change_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = table(tmp_path / "in", corpus.texts)
    _, expected = run(source)
    monkeypatch.setattr(engine, "COMPILED_FROM_ROWS", 1)
    assert run(source)[1] == expected
    monkeypatch.setattr(dedup_scratch.KeySpill.__init__, "__defaults__", (4096,))
    monkeypatch.setattr(dedup_scratch.TextShelf.__init__, "__defaults__", (4096,))
    assert run(source, settings=DedupSettings(threads=2))[1] == expected


def test_an_index_finds_what_one_run_finds(corpus: Corpus, tmp_path: Path) -> None:
    _, expected = run(table(tmp_path / "all", corpus.texts))
    found: dict[tuple[int, int], tuple[str, float, float]] = {}
    for number, start in enumerate((0, 150, 151, 400)):
        stop = (150, 151, 400, len(corpus.texts))[number]
        source = table(tmp_path / f"{number}", corpus.texts[start:stop], range(start, stop))
        summary, part = run(source, against=tmp_path / "index")
        assert not found.keys() & part.keys()
        found |= part
        assert (summary.added, summary.index_rows) == (stop - start, stop)
    assert found == expected


def test_no_add_leaves_the_index_alone(corpus: Corpus, tmp_path: Path) -> None:
    index = tmp_path / "index"
    run(table(tmp_path / "a", corpus.texts[:100]), against=index)
    before = {p: p.read_bytes() for p in index.rglob("*") if p.is_file()}
    source = table(tmp_path / "b", corpus.texts[:50], range(1000, 1050))
    summary, found = run(source, against=index, add=False)
    assert {p: p.read_bytes() for p in index.rglob("*") if p.is_file()} == before
    assert (summary.added, summary.index_rows) == (0, 100)
    written = sum(bool(text.strip()) for text in corpus.texts[:50])
    assert sum((i, i + 1000) in found for i in range(50)) == written
    missing = tmp_path / "none"
    assert run(source, against=missing, add=False)[0].index_rows == 0
    assert not missing.exists()


def test_the_same_table_again_adds_nothing(corpus: Corpus, tmp_path: Path) -> None:
    source, index = table(tmp_path / "in", corpus.texts[:120]), tmp_path / "index"
    _, first = run(source, against=index)
    summary, again = run(source, against=index)
    assert (summary.added, summary.index_rows) == (0, 120)
    assert again == first


def test_a_known_id_with_another_text_is_refused(tmp_path: Path) -> None:
    index = tmp_path / "index"
    run(table(tmp_path / "a", ["one text", "two"]), against=index)
    with pytest.raises(DedupError, match=r"holds 1 ids of .* with another text, one of them 1"):
        run(table(tmp_path / "b", ["one text", "three"]), against=index)


STEPS = ["_write_documents", "write_keys", "write_texts", "_sync", "_write_manifest"]


@pytest.mark.parametrize("step", [*STEPS, "after"])
def test_a_killed_merge_leaves_the_old_index_or_the_new(
    step: str, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    for start in (0, 40):
        part = corpus.texts[start : start + 40 - start // 4]
        run(table(tmp_path / "a", part, range(start, start + len(part))), against=index)
    source = table(tmp_path / "b", corpus.texts[70:110], range(70, 110))
    _, expected = run(source, against=index, add=False)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        if step == "after":
            written = dedup_index._write_manifest
            killed.setattr(dedup_index, "_write_manifest", lambda i: (written(i), die()))
        else:
            killed.setattr(dedup_index, step, die)
        with pytest.raises(KeyboardInterrupt):
            run(source, against=index)
    assert len(list((index / "segments").iterdir())) > 2
    held = 110 if step == "after" else 70
    summary, found = run(source, against=index, add=False)
    assert summary.index_rows == held
    assert found == expected
    summary, found = run(source, against=index)
    assert (summary.index_rows, summary.added, found) == (110, 110 - held, expected)
    run(table(tmp_path / "c", ["one more"], [110]), against=index)
    named = {
        s["name"]: s["rows"] for s in json.loads((index / "index.json").read_text())["segments"]
    }
    assert sum(named.values()) == 111
    assert {path.name for path in (index / "segments").iterdir()} == named.keys()


@settings(max_examples=many(5))
@given(st.lists(st.integers(1, 40), min_size=2, max_size=8))
def test_answers_do_not_depend_on_how_segments_merged(sizes: list[int]) -> None:
    """The same files as one run over all of them writes, but for how texts are blocked."""
    texts = make_corpus(40 * 8, seed=7, share=0.6).texts
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        first = 0
        for size in sizes:
            ids = range(first, first + size)
            run(table(folder / "in", texts[first : first + size], ids), against=folder / "merged")
            first += size
        segments = open_index(folder / "merged", str(SETTINGS.scheme)).segments
        rows = [segment.rows for segment in segments]
        assert all(one > sum(rows[i + 1 :]) for i, one in enumerate(rows))
        run(table(folder / "in", texts[:first]), against=folder / "whole")
        (whole,) = open_index(folder / "whole", str(SETTINGS.scheme)).segments
        for part in range(PARTS):
            shifted = [s.keys(part) + np.uint64(s.first) for s in segments]
            assert np.sort(np.concatenate(shifted)).tolist() == whole.keys(part).tolist()
        every = np.arange(first)
        held = pa.concat_arrays([s.texts(every[: s.rows]) for s in segments])
        assert held.to_pylist() == whole.texts(every).to_pylist() == texts[:first]
        assert pa.concat_arrays([s.documents().ids for s in segments]).to_pylist() == list(every)
        new = table(folder / "new", texts[first // 2 : first // 2 + 20], range(1000, 1020))
        assert (
            run(new, against=folder / "merged", add=False)[1]
            == run(new, against=folder / "whole", add=False)[1]
        )


def test_super_common_keys_are_capped_and_copies_kept(tmp_path: Path) -> None:
    writer = Writer(21)
    boilerplate = "\n\n".join(writer.release(160, 170))
    texts = [f"{boilerplate}\n\n{writer.paragraph()}" for _ in range(120)]
    texts += [texts[100], texts[119]]
    caps = Caps(copies=1000, bands=5, passages=2)
    summary, found = run(table(tmp_path / "in", texts), settings=DedupSettings(caps=caps))
    assert found[100, 120][0] == found[119, 121][0] == "exact"
    assert summary.candidates < 122 * 12 * 5


def test_ids_keep_their_type_and_order(tmp_path: Path) -> None:
    texts = ["the same text", "the same text"]
    for ids in (["10", "9"], [10, 9], [b"b", b"a"]):
        (pair,) = run(table(tmp_path / "in", texts, ids))[1]
        assert pair == tuple(sorted(ids))
    numbers = pa.table({"id": pa.array([300, 2], pa.uint16()), "text": texts})
    pq.write_table(numbers, tmp_path / "u")
    run(tmp_path / "u")
    assert pq.read_schema(tmp_path / "u.pairs").field("other_id").type == pa.uint16()


def test_kinds_and_threshold_choose(tmp_path: Path) -> None:
    texts = ["a b c d e f g h", "a b c d e f g x", "a b c d e f g h"]
    source = table(tmp_path / "in", texts)
    assert {p: v[0] for p, v in run(source)[1].items()} == {
        (0, 1): "near", (0, 2): "exact", (1, 2): "near",
    }  # fmt: skip
    assert run(source, kinds=["exact"])[1].keys() == {(0, 2)}
    assert run(source, threshold=0.9)[1].keys() == {(0, 2)}


def test_a_table_of_one_row_group_is_read_in_pieces(tmp_path: Path) -> None:
    """Bug caught: Arrow read whole row groups ahead, and most writers put a million rows in one."""
    random = np.random.default_rng(1)
    texts = [random.bytes(512).hex() for _ in range(16_384)]
    source = table(tmp_path / "in", texts)
    assert pq.read_metadata(source).num_row_groups == 1
    before = pa.total_allocated_bytes()
    most = 0
    for _, batch in open_table(source, "id", "text").batches():
        most = max(most, pa.total_allocated_bytes() - before)
        del batch
    assert most < source.stat().st_size


def test_null_empty_and_other_text_types(tmp_path: Path) -> None:
    texts: list[str | None] = [None, "", " ", "same words here", "same words here", None]
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        source = tmp_path / "in"
        pq.write_table(
            pa.table({"id": list("abcdef"), "text": pa.array(texts, pa.string()).cast(kind)}),
            source,
        )
        assert run(source)[1] == {("d", "e"): ("exact", 1.0, 1.0)}
    empty = pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    pq.write_table(empty, source)
    assert run(source)[0].rows == 0
    assert run(source, against=tmp_path / "index")[0].index_rows == 0


def refuse(source: Path, match: str, **options: Any) -> None:
    with pytest.raises(DedupError, match=match) as caught:
        run(source, **options)
    assert "\n" not in str(caught.value)
    assert not source.with_suffix(".pairs").exists()


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    good = table(tmp_path / "good", ["a", "b"])
    for column in ("id_column", "text_column"):
        names = {"id_column": "id", "text_column": "text", column: "nope"}
        with pytest.raises(DedupError, match=r"no column 'nope'; it has 'id', 'text'"):
            dedup(SETTINGS, good, **names, output=tmp_path / "o")
    refuse(table(tmp_path / "n", ["a", "b"], [1, None]), "null in 1 rows, first in row 2")
    refuse(
        table(tmp_path / "d", ["a", "b", "c"], ["x", "y", "x"]), "repeats 1 ids, one of them 'x'"
    )
    pq.write_table(pa.table({"id": [1], "text": [2]}), tmp_path / "t")
    refuse(tmp_path / "t", "'text' of .* holds int64, not text")
    refuse(table(tmp_path / "f", ["a"], [0.5]), "ids are integers, text, bytes or dates")
    (tmp_path / "csv").write_text("id,text\n")
    refuse(tmp_path / "csv", "is not a Parquet file")
    refuse(tmp_path / "absent", "is not a file")
    refuse(good, "kinds are exact, .* not 'same'", kinds=["same"])
    refuse(good, "threshold", threshold=1.5)
    with pytest.raises(DedupError, match="is not a folder"):
        dedup(SETTINGS, good, "id", "text", tmp_path / "no" / "out")


def test_a_full_scratch_folder_is_named() -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(DedupError, match=r"cannot be written: .*; TMPDIR"),
    ):
        dedup_scratch.write_whole(full, b"keys")


def test_an_index_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    good, index = table(tmp_path / "good", ["a", "b"]), tmp_path / "index"
    run(good, against=index)
    (tmp_path / "good.pairs").unlink()
    refuse(
        good,
        "of scheme s3-b24.*, not s3-b8",
        against=index,
        settings=DedupSettings(Scheme(bands=8)),
    )
    refuse(table(tmp_path / "s", ["a"], ["x"]), "ids of type int64, .* of string", against=index)
    stated = json.loads((index / "index.json").read_text())
    (index / "index.json").write_text(json.dumps({**stated, "format": 9}))
    refuse(good, "format 9", against=index)
    (index / "index.json").write_text("{")
    refuse(good, "is not the head of an index", against=index)
    shutil.rmtree(index)
    index.mkdir()
    (index / "notes.txt").write_text("mine")
    refuse(good, "holds other files", against=index)
    refuse(good, "is not a folder", against=tmp_path / "good")


def test_the_lake_join_finds_what_sorting_finds(corpus: Corpus) -> None:
    signed = fingerprint.sign(corpus.texts, Scheme())
    caps = Caps(copies=3, bands=4, passages=2)
    kept = signed.keys & np.uint64(SORT_BITS) != np.uint64(COPY)
    rows = np.repeat(np.arange(len(signed)), np.diff(signed.ends, prepend=0))[kept]
    parts, entries = pack(signed.keys[kept], rows)
    pairs = Pairs(added_up)
    for part in range(PARTS):
        pairs.add(meetings(np.sort(entries[parts == part]), caps))
    left, right, hits = pairs.result()
    keep = worth_checking(hits, signed.words[left], signed.words[right])
    first_new = 400
    expected = {
        (a, b)
        for a, b in zip(left[keep].tolist(), right[keep].tolist(), strict=True)
        if b >= first_new
    }
    known = lake_keys(signed, 0)
    fresh = known.signatures >= first_new
    met = meet(Keys(known.signatures[fresh], known.keys[fresh]), capped(known, caps)[0])
    found = promising(met, dict(enumerate(signed.words.tolist())))
    assert {(min(pair), max(pair)) for pair in found} == expected
    assert len(expected) > 10
