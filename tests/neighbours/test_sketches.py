"""Sketches: what they rule out is nothing to each other, on either route."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.neighbours.corpus import make_corpus
from warehouse.history import bulk, fingerprint
from warehouse.history.fingerprint import Scheme
from warehouse.history.neighbours import Overlaps, Rules, kinds_of, may_relate

_WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=40)


def possible(texts: list[str], rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Of all pairs: whether they may relate, and whether they could be anything but equal."""
    route = fingerprint.PLAIN
    strings = pa.array(texts, pa.large_string())
    signed, known = route.sign(strings, Scheme()), route.shingles(strings)
    words, sizes = signed.words.astype(np.int64), known.sizes()
    left, right = np.triu_indices(len(texts), 1)
    bounds = route.unshared(signed.sketches, left, right)
    compiled = bulk.sign(strings, Scheme()).sketches
    assert (compiled == signed.sketches).all()
    for one, other in zip(bounds, bulk.unshared(compiled, left, right), strict=True):
        assert one.tolist() == other.tolist()
    shared, _ = route.compare(left, right, known)
    never = np.zeros(len(left), np.bool_)
    measured = Overlaps(
        words[left], words[right], sizes[left], sizes[right], shared,
        never, words[left] < words[right], never,
    )  # fmt: skip
    assert (bounds[0] <= sizes[left] - shared).all()
    assert (bounds[1] <= sizes[right] - shared).all()
    kinds = kinds_of(measured, rules, lambda asked: asked >= 0, lambda asked: asked < 0)
    return may_relate(words[left], words[right], *bounds, rules), kinds >= 0


@settings(max_examples=many(60), deadline=None)
@given(
    st.lists(_WORDS, min_size=2, max_size=5),
    st.sampled_from([0.2, 0.5, 0.9]),
    st.integers(0, 40),
)
def test_sketches_rule_out_no_relation(texts: list[list[str]], jaccard: float, cut: int) -> None:
    found = [*texts, texts[0][:cut], texts[0] + texts[1], texts[0][::-1]]
    may, related = possible([" ".join(words) for words in found], Rules(jaccard=jaccard))
    assert (may | ~related).all()


def test_sketches_rule_strangers_out() -> None:
    may, related = possible(
        [text for text in make_corpus(80, seed=7).texts if text.strip()], Rules()
    )
    assert (may | ~related).all()
    assert (may & ~related).sum() < 0.01 * (~related).sum()
