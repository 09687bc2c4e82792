"""Keys: the same numbers on every route, and the two promises candidates rest on."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.neighbours.corpus import make_corpus
from warehouse.history import bulk, fingerprint
from warehouse.history.bulk_kernels import sign_all
from warehouse.history.bulk_machine import digest_of
from warehouse.history.fingerprint import BAND, COPY, SORT_BITS, Scheme
from warehouse.history.shingles import shingles

SCHEME = Scheme()

ODD = [
    "", " ", "a", "a b", "a b c", "a b c d e f", "x" * 7, "x" * 8, "x" * 9, "x" * 16, "x" * 40,
    "word " * 300,
    "\u0130stanbul \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u039f\u0394\u039f\u03a3",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u041c\u0438\u0440 \u2014 \u201cx\u201d \u21165 \u2026",
    "e\u0301te\u0301 a\u00b4 \u2033 \u00bd \ufb01n", "\ud55c\uad6d " * 30, "\U0001f600 a b c d e f",
    "x\u00a0y\u3000z `q` \u200b \u00ad soft\u00adhyphen", "nul\x00and\x01bell \x1c sep \x85 nel",
    "May 5, 2023 \u043c\u0430\u044f, \u043c\u0430\u0440\u0442 5th 1,000 COVID-19",
]  # fmt: skip
"""Bugs caught and spec: edges of words of 8 bytes, code points that leave the quick route."""

text = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["the", "Council", "2023", "\u041c\u0438\u0440", "\n\n"]),
        st.sampled_from(
            [
                "\u0441\u044f",
                "\u043f\u0440\u0435\u0441\u0441-\u0440\u0435\u043b\u0438\u0437",
                "may",
                "\x1c",
                "`",
            ]
        ),
        st.text("aZ9.\u0430\u042f\u0451\u00e9\u00ad", max_size=70),
    ),
    max_size=60,
).map(" ".join)


def assert_same(texts: list[str]) -> None:
    plain, compiled = (
        fingerprint.sign(texts, SCHEME),
        bulk.sign(pa.array(texts, pa.string()), SCHEME),
    )
    assert (plain.digests == compiled.digests).all()
    assert (plain.words == compiled.words).all()
    assert (plain.ends == compiled.ends).all()
    for row in range(len(texts)):
        assert sorted(plain.keys_of(row)) == sorted(compiled.keys_of(row))
    mine, theirs = fingerprint.shingles(texts), bulk.shingles(pa.array(texts, pa.string()))
    for row, one in enumerate(texts):
        assert set(mine.hashes[mine.span(row)]) == set(theirs.hashes[theirs.span(row)])
        assert mine.marked_of(row).tolist() == theirs.marked_of(row).tolist()
        assert mine.sizes()[row] == len(shingles(one))
    signed, cut = bulk.sign_and_cut(pa.array(texts, pa.string()), SCHEME)
    assert (signed.keys == compiled.keys).all()
    again = bulk.distinct([(cut, np.arange(len(texts)))])
    for row in range(len(texts)):
        assert set(again.hashes[again.span(row)]) == set(mine.hashes[mine.span(row)])
        assert again.marked_of(row).tolist() == mine.marked_of(row).tolist()
    assert again.sizes().tolist() == mine.sizes().tolist()
    left, right = np.triu_indices(len(texts), 1)
    for a, b in zip(
        fingerprint.compare(left, right, mine), bulk.compare(left, right, theirs), strict=True
    ):
        assert a.tolist() == b.tolist()


def test_routes_agree_on_odd_texts() -> None:
    assert_same(ODD)


def test_routes_agree_on_releases() -> None:
    assert_same(make_corpus(60, seed=5).texts)


def test_routes_agree_wherever_a_word_stands() -> None:
    """The compiled route reads 64 bytes at a step."""
    words = "ab \u0430\u0431\u042f\u0432 q`q\tsoft\u00adhyphen \u044f\u00a0z " + "y" * 17
    assert_same([" " * shift + words + " " * (66 - shift) for shift in range(67)])
    assert_same(["x" * shift + words for shift in range(67)])
    assert_same([" " * shift + "nul\x00 a" + " " * 70 for shift in range(67)])


@settings(max_examples=many(60))
@given(st.lists(text, min_size=1, max_size=4))
def test_routes_agree(texts: list[str]) -> None:
    assert_same(texts)


def test_keys_are_the_same_everywhere() -> None:
    """Another machine, another process, another year: a changed number needs a new version."""
    signed = fingerprint.sign(["The Council met in Minsk on 5 May 2023 and agreed."], SCHEME)
    assert signed.words.tolist() == [11]
    assert [f"{d:016x}" for d in signed.digests[0].tolist()] == [
        "c74ae8ebfd62c18f",
        "fda98a4913f2bca3",
    ]
    assert f"{np.bitwise_xor.reduce(signed.keys):016x}" == "35f39516a8d5af46"


def test_slices_and_views_read_alike() -> None:
    texts = pa.array(["zero zero", *ODD, "last one"])
    whole = bulk.sign(texts, SCHEME)
    part = bulk.sign(texts.slice(3, 8), SCHEME)
    assert (whole.digests[3:11] == part.digests).all()
    large = bulk.sign(texts.cast(pa.large_string()), SCHEME)
    assert (whole.digests == large.digests).all()


@pytest.mark.parametrize(
    "other",
    [
        "The  Council\u2019s \u201csession\u201d\n\nbegan \u2013 today",
        'The Coun\u00adcil\'s "session" began - today ',
    ],
)
def test_cosmetic_copies_share_the_copy_key(other: str) -> None:
    signed = fingerprint.sign(['The Council\'s "session" began - today', other], SCHEME)
    assert (signed.digests[0] == signed.digests[1]).all()
    copies = [[k for k in signed.keys_of(r).tolist() if k & SORT_BITS == COPY] for r in (0, 1)]
    assert copies[0] == copies[1]
    assert len(copies[0]) == 1


def test_case_is_an_edit_but_no_other_shingle() -> None:
    signed = fingerprint.sign(["The Council met", "the council met"], SCHEME)
    assert (signed.digests[0] != signed.digests[1]).any()
    bands = [{k for k in signed.keys_of(r).tolist() if k & SORT_BITS == BAND} for r in (0, 1)]
    assert bands[0] == bands[1]


@settings(max_examples=many(40))
@given(st.integers(0, 10**6), st.integers(0, 120), st.integers(0, 120), st.integers(0, 120))
def test_any_21_words_in_common_share_a_key(seed: int, a: int, b: int, c: int) -> None:
    random = np.random.default_rng(seed)
    passage = [f"w{n}" for n in random.integers(0, 10**6, 21)]
    one = [f"x{n}" for n in range(a)] + passage + [f"y{n}" for n in range(b)]
    other = [f"z{n}" for n in range(c)] + passage
    signed = fingerprint.sign([" ".join(one), " ".join(other)], SCHEME)
    assert set(signed.keys_of(0).tolist()) & set(signed.keys_of(1).tolist())


def test_what_is_kept_compiled_is_named_by_all_sources(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("SEED = 1\n")
    before = digest_of(tmp_path)
    (tmp_path / "b.py").write_text("SEED = 2\n")
    assert digest_of(tmp_path) != before
    assert sign_all.py_func.__qualname__ == f"sign_all_{digest_of(Path(bulk.__file__).parent)}"


@pytest.mark.parametrize(("window", "dense_grams"), [(1, 64), (16, 15)])
def test_a_scheme_without_windows_is_refused(window: int, dense_grams: int) -> None:
    with pytest.raises(ValueError, match="window"):
        Scheme(window=window, dense_grams=dense_grams)
