"""Translations are proposed between releases that stand today, and between no others.

Most tests use `Lexicon`, an encoder by hand that puts words of equal meaning on one axis; the real
one is tried on the releases of `tests/neighbours/translations.toml`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.neighbours.translations import told, true_pairs
from tests.warehouse.histories import START, staged
from tests.warehouse.test_ties import DEFAULT, Lake, lake
from warehouse.encoder import Encoder, installed_encoder
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.ties import settle_ties

DAY = date(2024, 3, 6)
WORDS = {
    "the": "", "lakes": "lake", "seen": "lake", "agreed": "agree", "einig": "agree",
    "fish": "fish", "fisch": "fish", "ferry": "ferry", "fähre": "ferry", "quota": "quota",
    "quote": "quota", "halved": "half", "halbiert": "half", "three": "three", "drei": "three",
    "flood": "flood", "flut": "flood", "cost": "cost", "kostete": "cost",
}  # fmt: skip
FISH = "The lakes agreed: fish quota halved, 38 bays in Ostana"
FISCH = "Seen einig: Fisch Quote halbiert, 38 Buchten in Ostana"
FERRY = "The ferry of the three lakes cost 12 coins in Ostana"
FAEHRE = "Fähre der drei Seen kostete 12 Taler in Ostana"
EN, DE, EN2, DE2 = (f"https://lakes.example/{name}" for name in ("en", "de", "en2", "de2"))


class Lexicon:
    """An encoder of two small vocabularies: one axis a meaning, unknown words hardly count."""

    def __init__(self, version: int = 1) -> None:
        self.name = f"lexicon-{version}"
        self.encoded: list[str] = []
        self._axes = {meaning: i for i, meaning in enumerate(sorted(set(WORDS.values()) - {""}))}

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.encoded += texts
        rows = np.zeros((len(texts), len(self._axes) + 1), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[-1] = 0.1
            for word in text.lower().replace(":", " ").replace(",", " ").split():
                if meaning := WORDS.get(word):
                    row[self._axes[meaning]] += 1
        found: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return found


class Translated(Lake):
    """A lake whose runs have an encoder, or have none."""

    encoder: Encoder | None = None

    def run(self, *looks: StagedLook) -> int:
        self.runs += 1
        stamp = Stamp(f"r{self.runs}", START + timedelta(days=100, minutes=self.runs))
        recorder = Recorder(self.store, stamp)
        recorder.record("lakes", looks, hold=False)
        return settle_ties(self.store, stamp, recorder.touched, self.settings, encoder=self.encoder)

    def proposed(self) -> set[tuple[str, str]]:
        return {pair for pair, kind in self.ties().items() if kind == "translation"}


@contextmanager
def translated(*runs: Sequence[StagedLook], encoder: Encoder | None) -> Iterator[Translated]:
    with lake() as borrowed:
        made = Translated.__new__(Translated)
        made.__dict__ |= {**borrowed.__dict__, "encoder": encoder, "settings": DEFAULT}
        for looks in runs:
            made.run(*looks)
        yield made


def release(
    at: int, text: str, address: str, language: str, day: date | None = DAY, **facts: Any
) -> StagedLook:
    headline, body = text, f"{text}."
    return staged(
        at, body, address=address, headline=headline, language=language, published_on=day, **facts
    )


def english(at: int = 0, text: str = FISH, address: str = EN, **facts: Any) -> StagedLook:
    return release(at, text, address, "en", **facts)


def german(at: int = 1, text: str = FISCH, address: str = DE, **facts: Any) -> StagedLook:
    return release(at, text, address, "de", **facts)


def test_a_translation_is_proposed_and_joins_nothing() -> None:
    with translated([english()], [german()], encoder=Lexicon()) as held:
        assert held.ties() == {(DE, EN): "translation"}
        assert held.repeats() == {EN: (EN, None, None), DE: (DE, EN, "translation")}
        ((kind, jaccard, cosine),) = held.rows("select kind, jaccard, cosine from duplicates")
        assert (kind, jaccard) == ("translation", None)
        assert 0.9 < cosine <= 1


def test_without_an_encoder_nothing_is_proposed_and_with_one_it_is_caught_up() -> None:
    with translated([english()], [german()], encoder=None) as held:
        assert held.ties() == {}
        assert held.rows("select count(*) from lake.embeddings") == [(0,)]
        held.encoder = Lexicon()
        held.run()
        assert held.proposed() == {(DE, EN)}


def test_an_archive_of_one_language_is_not_embedded() -> None:
    encoder = Lexicon()
    with translated([english()], [english(1, FERRY, EN2)], encoder=encoder) as held:
        assert encoder.encoded == []
        held.run(german())
        assert len(encoder.encoded) == 3
        held.run(german(5, FAEHRE, DE2))
        assert len(encoder.encoded) == 4
        assert held.proposed() == {(DE, EN), (DE2, EN2)}


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        (FISCH, DAY + timedelta(days=7), True),
        (FISCH, DAY + timedelta(days=8), False),
        (FISCH, None, True),
        (FISCH.replace("38", "39"), DAY, False),
        (FAEHRE, DAY, False),
        ("Seen einig: Fisch Quote halbiert", DAY, False),  # no number and no name in common
    ],
)
def test_what_is_no_candidate(text: str, day: date | None, expected: bool) -> None:
    looks = [english(), german(text=text, day=day)]
    with translated(looks, encoder=Lexicon()) as held:
        assert bool(held.proposed()) is expected


def test_the_better_of_two_takes_the_place_and_gives_it_back() -> None:
    worse = FISCH.replace("halbiert", "Fähre")
    with translated([english(), german(text=worse)], encoder=Lexicon()) as held:
        assert held.proposed() == {(DE, EN)}
        held.run(german(2, FISCH, DE2))
        assert held.proposed() == {(DE2, EN)}
        held.run(german(3, FAEHRE, DE2))
        assert held.proposed() == {(DE, EN)}


def test_two_as_good_as_each_other_are_none() -> None:
    other = FISCH.replace("Buchten", "Ufer") + " " + " ".join(f"Wort{n}" for n in range(40))
    looks = [english(), german(), german(2, other, DE2)]
    with translated(looks, encoder=Lexicon()) as held:
        assert held.proposed() == set()


def test_a_repost_is_no_rival_and_the_oldest_is_named() -> None:
    looks = [english(), german(), german(2, FISCH, DE2), english(3, FISH, EN2)]
    with translated(looks, encoder=Lexicon()) as held:
        assert held.proposed() == {(DE, EN)}


def test_another_model_embeds_anew_and_never_mixes() -> None:
    with translated([english()], [german()], encoder=Lexicon(1)) as held:
        newer = Lexicon(2)
        held.encoder = newer
        held.run()
        assert len(newer.encoded) == 2
        counts = held.rows("select model, count(*) from lake.embeddings group by 1 order by 1")
        assert [(model.split()[0], count) for model, count in counts] == [
            ("lexicon-1", 2), ("lexicon-2", 2),
        ]  # fmt: skip
        assert held.proposed() == {(DE, EN)}


def test_without_the_encoder_a_changed_text_loses_its_proposal() -> None:
    with translated([english(), german()], encoder=Lexicon()) as held:
        held.encoder = None
        held.run(german(4, FAEHRE, DE))
        assert held.ties() == {}
        assert held.repeats()[DE] == (DE, None, None)


PAGES = [EN, EN2, DE, DE2]
ENGLISH = st.builds(
    english, st.integers(0, 5), st.sampled_from([FISH, FERRY]), st.sampled_from(PAGES)
)
GERMAN = st.builds(
    german, st.integers(0, 5), st.sampled_from([FISCH, FAEHRE, FISCH + " drei"]),
    st.sampled_from(PAGES),
)  # fmt: skip
worlds = st.lists(st.one_of(ENGLISH, GERMAN), min_size=2, max_size=6)


@settings(max_examples=many(6))
@given(worlds, st.data())
def test_order_and_batches_of_arrival_do_not_matter(
    world: list[StagedLook], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(world))
    cut = data.draw(st.integers(0, len(world)))
    with translated(world, encoder=Lexicon()) as at_once:
        expected = at_once.ties(), at_once.repeats()
    parts = [shuffled[:cut], *([one] for one in shuffled[cut:])]
    with translated(*parts, encoder=Lexicon()) as held:
        assert (held.ties(), held.repeats()) == expected


def test_the_real_encoder_on_releases_written_by_hand() -> None:
    """Translations between English and Russian are found; strangers of the week are not taken."""
    encoder = installed_encoder()
    assert encoder is not None
    looks = [
        staged(
            at, "\n".join(one.paragraphs), address=f"https://lakes.example/{one.name}",
            headline=one.headline, language=one.language, published_on=one.published_on,
        )
        for at, one in enumerate(told())
    ]  # fmt: skip
    with translated(looks, encoder=encoder) as held:
        found = {tuple(sorted(url.rpartition("/")[2] for url in pair)) for pair in held.proposed()}
    assert found <= true_pairs()
    assert true_pairs() - found == {("fish-de", "fish-en"), ("fish-de", "fish-fr")}
