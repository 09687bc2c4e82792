"""What the lake knows of releases as they are compared, of their ties and of their clusters.

Questions by key and rows to append; what follows from them is decided in `warehouse.ties`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from warehouse.history.neighbours import Neighbour, Passage, Relation
from warehouse.rows import Row, Stamp
from warehouse.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """A release as it stands for comparison: the text of its newest revision."""

    release_id: str
    text_id: str | None
    """None: the release is no more (identity gave its looks to another)."""
    body_digest: str | None
    """None: there is nothing to compare, as in an empty text or a PDF."""
    language: str | None
    published_on: date | None
    first_seen_at: datetime | None

    @property
    def age(self) -> tuple[date, datetime, str]:
        """Sorts the older first; what states no date counts from the day it was first seen."""
        assert self.first_seen_at is not None
        day = self.published_on or self.first_seen_at.date()
        return day, self.first_seen_at, self.release_id


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a release repeats: a row of `cluster_log`."""

    cluster_id: str
    duplicate_of: str | None
    duplicate_kind: str | None


_NEWEST = f"""
select {", ".join(f"told.{field.name}" for field in fields(Standing))} from (
    select release_id, max_by(a, a.recorded_at) as told
    from lake.article_log as a
    where {{among}}
    group by release_id
)
"""
_OLDER = "select distinct release_id from lake.article_log where {among}"
_HOLDERS = f"""
{_NEWEST.format(among="release_id in (select release_id from lake.article_log where {among})")}
"""
_CURRENT = """
select release_id, max_by(text_id, revision), min(seen_at) from lake.revision_log as l
where {among} and recorded_at >= $since
    and not exists (
        select 1 from lake.superseded as s
        where s.recorded_at >= $since and s.entry_id = l.entry_id
    )
group by release_id
"""
_FACTS = """
select text_id, body_digest, language, published_on, if($bodies, paragraphs, null) from lake.texts
where {among} and recorded_at >= $since
"""
_TIES = """
select told.* from (
    select max_by({
        'release_id': release_id, 'other_id': other_id, 'kind': kind, 'jaccard': jaccard,
        'containment': containment, 'contained_id': contained_id,
        'paragraph_from': paragraph_from, 'paragraph_to': paragraph_to,
        'word_from': word_from, 'word_to': word_to}, recorded_at) as told
    from lake.neighbour_log
    where release_id in (select key from wanted) or other_id in (select key from wanted)
    group by release_id, other_id
) where told.kind is not null
"""
_PROPOSALS = """
select * from (
    select release_id, other_id, max_by({'cosine': cosine}, recorded_at).cosine as cosine
    from lake.translation_log
    where release_id in (select key from wanted) or other_id in (select key from wanted)
    group by release_id, other_id
) where cosine is not null
"""
_REPEATS = """
select release_id, told.* from (
    select release_id, max_by({{
        'cluster_id': cluster_id, 'of': duplicate_of, 'kind': duplicate_kind}}, recorded_at) as told
    from lake.cluster_log
    where {among}
    group by release_id
)
"""
_ALL = """
select release_id from lake.revision_log union select release_id from lake.article_log
"""
_EVER = datetime(1, 1, 1, tzinfo=UTC)


class TieLog:
    """Ties and clusters of a lake, asked for and appended within a run's transaction."""

    def __init__(self, store: Store, stamp: Stamp) -> None:
        self._store = store
        self._stamp = stamp
        self._compared: dict[str, Standing] = {}
        self._proposes: bool | None = None
        """Whether a translation was ever proposed; None: not asked yet."""
        self._asked: dict[str, set[str]] = {"body_digest": set(), "text_id": set()}
        """The bodies and texts whose holders are all in `_compared`."""

    def compared_by(self, rules: str) -> bool:
        """Whether any release was ever compared by these rules."""
        query = "select 1 from lake.article_log where rules = $rules limit 1"
        return bool(self._store.ask(query, {"rules": rules}))

    def all_releases(self) -> set[str]:
        """Every release there is or was."""
        return {row[0] for row in self._store.ask(_ALL)}

    def older(self, release_ids: Iterable[str]) -> set[str]:
        """Those of these releases that were compared before: the others are this run's own."""
        rows = self._store.ask_keys(_OLDER, "release_id", release_ids)
        return {row[0] for row in rows}

    def current(
        self, fresh: Iterable[str], older: Iterable[str], *, bodies: bool
    ) -> tuple[dict[str, Standing], dict[str, tuple[str, ...]]]:
        """Releases as their revisions say, those that are no more left out; and, if `bodies`, the
        paragraphs of their texts that are this run's own.

        Of `fresh` ones this run appended all that is known, which spares a look at the rest.
        """
        run = self._stamp.recorded_at
        rows = self._store.ask_keys(_CURRENT, "release_id", fresh, since=run)
        rows += self._store.ask_keys(_CURRENT, "release_id", older, since=_EVER)
        wanted = {row[1] for row in rows}
        facts = self._facts(wanted, since=run, bodies=bodies)
        texts = {text_id: tuple(row[3]) for text_id, row in facts.items() if row[3] is not None}
        facts |= self._facts(wanted - facts.keys(), since=_EVER, bodies=False)
        found = {}
        for release_id, text_id, first_seen_at in rows:
            body, language, day, _ = facts[text_id]
            found[release_id] = Standing(release_id, text_id, body, language, day, first_seen_at)
        return found, texts

    def _facts(
        self, text_ids: set[str], *, since: datetime, bodies: bool
    ) -> dict[str, tuple[Any, ...]]:
        """Body digest, language, date and perhaps paragraphs of texts recorded since then."""
        rows = self._store.ask_keys(_FACTS, "text_id", text_ids, since=since, bodies=bodies)
        return {text_id: tuple(said) for text_id, *said in rows}

    def compared(self, release_ids: Iterable[str]) -> dict[str, Standing]:
        """These releases as they were last compared."""
        missing = set(release_ids) - self._compared.keys()
        for row in self._store.ask_keys(_NEWEST, "release_id", missing):
            self._compared[row[0]] = Standing(*row)
        return {one: self._compared[one] for one in release_ids if one in self._compared}

    def holders(self, body_digests: Iterable[str]) -> dict[str, list[Standing]]:
        """The releases that have each of these bodies today, the oldest first."""
        found: dict[str, list[Standing]] = {}
        for one in self._holding("body_digest", body_digests):
            found.setdefault(str(one.body_digest), []).append(one)
        return {body: sorted(many, key=lambda one: one.age) for body, many in found.items()}

    def holders_of_texts(self, text_ids: Iterable[str]) -> list[Standing]:
        """The releases that have one of these texts today."""
        return self._holding("text_id", text_ids)

    def _holding(self, column: str, values: Iterable[str]) -> list[Standing]:
        wanted = set(values)
        missing = wanted - self._asked[column]
        self._asked[column] |= missing
        for row in self._store.ask_keys(_HOLDERS, column, missing):
            self._compared[row[0]] = Standing(*row)
        return [one for one in self._compared.values() if getattr(one, column) in wanted]

    def ties(self, release_ids: Iterable[str]) -> set[Neighbour]:
        """Every tie that one of these releases has today; proposals are none."""
        return {_tie(row) for row in self._ask_ends(_TIES, release_ids)}

    def proposals(self, release_ids: Iterable[str]) -> dict[tuple[str, str], float]:
        """Every translation that is proposed of one of these releases today, with its cosine."""
        if self._proposes is None:
            self._proposes = self._store.has_rows("translation_log")
        rows = self._ask_ends(_PROPOSALS, release_ids) if self._proposes else []
        return {(row[0], row[1]): row[2] for row in rows}

    def _ask_ends(self, query: str, release_ids: Iterable[str]) -> list[tuple[Any, ...]]:
        wanted = sorted(set(release_ids))
        table = pa.table({"key": pa.array(wanted, pa.string())})
        return self._store.ask(query, wanted=table) if wanted else []

    def repeats(self, release_ids: Iterable[str]) -> dict[str, Repeat]:
        """What these releases repeat, of those that were ever told to repeat anything."""
        rows = self._store.ask_keys(_REPEATS, "release_id", release_ids)
        return {row[0]: Repeat(*row[1:]) for row in rows}

    def append_standings(self, standings: Iterable[Standing], rules: str) -> None:
        """Say how these releases stand from now on."""
        names = [field.name for field in fields(Standing)]
        standings = list(standings)
        self._compared.update((one.release_id, one) for one in standings)
        rows: list[Row] = [
            {**{name: getattr(one, name) for name in names}, "rules": rules, **self._stamp.columns}
            for one in standings
        ]
        self._store.append("article_log", rows)

    def append_ties(self, found: Iterable[Neighbour], gone: Iterable[Neighbour]) -> None:
        """Say which ties there are from now on, and which no longer."""
        rows: list[Row] = [{**_tie_columns(tie), **self._stamp.columns} for tie in found]
        rows += [
            {"release_id": tie.release_id, "other_id": tie.other_id, **self._stamp.columns}
            for tie in gone
        ]
        self._store.append("neighbour_log", rows)

    def append_proposals(
        self, found: Mapping[tuple[str, str], float], gone: Iterable[tuple[str, str]], model: str
    ) -> None:
        """Say which translations are proposed from now on, and which no longer."""
        cosines: dict[tuple[str, str], float | None] = {**found, **dict.fromkeys(gone)}
        self._proposes = self._proposes or bool(cosines)
        rows: list[Row] = [
            {
                "release_id": release_id,
                "other_id": other_id,
                "cosine": cosine,
                "model": model,
                **self._stamp.columns,
            }
            for (release_id, other_id), cosine in sorted(cosines.items())
        ]
        self._store.append("translation_log", rows)

    def append_repeats(self, repeats: Mapping[str, Repeat]) -> None:
        """Say what these releases repeat from now on."""
        rows: list[Row] = [
            {
                "release_id": release_id,
                "cluster_id": one.cluster_id,
                "duplicate_of": one.duplicate_of,
                "duplicate_kind": one.duplicate_kind,
                **self._stamp.columns,
            }
            for release_id, one in repeats.items()
        ]
        self._store.append("cluster_log", rows)


def _tie(row: tuple[object, ...]) -> Neighbour:
    release_id, other_id, kind, jaccard, containment, contained_id, *place = row
    passage = None
    if place[0] is not None:
        first, last, start, end = (int(str(number)) for number in place)
        passage = Passage(first - 1, last - 1, start - 1, end)
    return Neighbour(
        str(release_id), str(other_id), Relation(str(kind)), float(str(jaccard)),
        float(str(containment)), None if contained_id is None else str(contained_id), passage,
    )  # fmt: skip


def _tie_columns(tie: Neighbour) -> Row:
    place = tie.passage
    return {
        "release_id": tie.release_id,
        "other_id": tie.other_id,
        "kind": tie.kind.value,
        "jaccard": tie.jaccard,
        "containment": tie.containment,
        "contained_id": tie.contained_id,
        "paragraph_from": place and place.paragraph + 1,
        "paragraph_to": place and place.last_paragraph + 1,
        "word_from": place and place.start_word + 1,
        "word_to": place and place.end_word,
    }
