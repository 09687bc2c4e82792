"""A `Store` in memory: the same questions answered from lists, for laws over many histories."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from warehouse.history.change import TextState
from warehouse.history.moves import Move
from warehouse.history.states import Presence, State
from warehouse.known_live import KnownIncident
from warehouse.model import (
    Appearance,
    KnownRevision,
    Look,
    PlacedLook,
    Revision,
    TextKey,
    line_look,
)
from warehouse.rows import Pair, Row
from warehouse.store import KnownReading


class MemoryStore:
    """Tables as lists of rows in the order appended; later rows win."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {}

    def append(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            self.tables.setdefault(table, []).extend(rows)

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def known_captures(self, capture_ids: Iterable[str]) -> set[str]:
        return self.known_ids("looks", "capture_id", capture_ids)

    def look_days(self, source_id: str, since: date) -> set[date]:
        return {
            row["day"]
            for row in self.rows("look_days")
            if row["source_id"] == source_id and row["day"] >= since
        }

    def known_ids(self, table: str, column: str, ids: Iterable[str]) -> set[str]:
        return {row[column] for row in self.rows(table)} & set(ids)

    def readings(self, reading_ids: Iterable[str]) -> dict[str, KnownReading]:
        wanted = set(reading_ids)
        return {
            row["reading_id"]: KnownReading(
                row["reading_id"], row["outcome"], row["reason"], row["canonical_url"],
                self._key(row["text_id"]), row["parser_version"],
            )
            for row in self.rows("reading_log")
            if row["reading_id"] in wanted
        }  # fmt: skip

    def has_rows(self, table: str) -> bool:
        return bool(self.rows(table))

    def appearances(self, source_id: str, column: str, keys: Iterable[str]) -> list[Appearance]:
        wanted = set(keys)
        retired = {
            (row["address"], row["text_digest"]): row["recorded_at"] for row in self.rows("retired")
        }
        latest = {
            (row["address"], row["text_digest"]): row
            for row in self.rows("appearance_log")
            if row["source_id"] == source_id and row[column] in wanted
        }
        return [
            Appearance(
                row["address"],
                TextKey(
                    row["text_id"], row["text_digest"], row["headline_digest"],
                    row["body_digest"], row["published_on"],
                ),
                row["captured_at"], row["digest"], row["release_id"],
            )
            for unit, row in latest.items()
            if unit not in retired or retired[unit] < row["recorded_at"]
        ]  # fmt: skip

    def releases_of_addresses(self, source_id: str, addresses: Iterable[str]) -> dict[str, str]:
        wanted = set(addresses)
        return {
            row["url"]: row["release_id"]
            for row in self.rows("url_log")
            if row["source_id"] == source_id and row["url"] in wanted and row["role"] != "none"
        }

    def url_roles(self, release_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        wanted = set(release_ids)
        return {
            (row["release_id"], row["url"]): row["role"]
            for row in self.rows("url_log")
            if row["release_id"] in wanted
        }

    def moves(self, source_id: str) -> list[Move]:
        return [
            Move(row["moved_at"], row["from_url"], row["to_url"])
            for row in self.rows("move_log")
            if row["source_id"] == source_id
        ]

    def incidents(self, source_id: str) -> list[KnownIncident]:
        latest = {
            row["incident_id"]: row
            for row in self.rows("incident_log")
            if row["source_id"] == source_id
        }
        return [
            KnownIncident(
                row["incident_id"], row["source_id"], row["kind"], row["key"], row["detail"],
                tuple(row["urls"]), row["opened_at"], row["closed_at"], row["decision"],
            )
            for row in latest.values()
        ]  # fmt: skip

    def release_states(self, release_ids: Iterable[str]) -> dict[str, set[State]]:
        wanted = set(release_ids)
        latest = {
            (row["release_id"], row["since"]): row
            for row in self.rows("state_log")
            if row["release_id"] in wanted
        }
        found: dict[str, set[State]] = {}
        for row in latest.values():
            states = found.setdefault(row["release_id"], set())
            if row["status"] != "none":
                states.add(State(row["status"], row["since"], row["capture_id"]))
        return found

    def presences(self, source_id: str, urls: Iterable[str]) -> list[tuple[str, Presence]]:
        wanted = set(urls)
        settled = {row["capture_id"]: row["outcome"] for row in self.rows("redecided")}
        return [
            (
                row["address"],
                Presence(
                    row["captured_at"], row["capture_id"], row["run_id"],
                    settled.get(row["capture_id"], row["outcome"]),
                ),
            )
            for row in self.rows("looks")
            if row["source_id"] == source_id
            and row["address"] in wanted
            and not row["url"].startswith("file:")
        ]  # fmt: skip

    def text_keys(self, text_ids: Iterable[str]) -> dict[str, TextKey]:
        wanted = set(text_ids)
        return {one: key for one in wanted if (key := self._key(one)) is not None}

    def revisions(self, release_ids: Iterable[str]) -> dict[str, list[KnownRevision]]:
        wanted = set(release_ids)
        closed = {row["entry_id"] for row in self.rows("superseded")}
        found: dict[str, list[KnownRevision]] = {}
        for row in sorted(self.rows("revision_log"), key=lambda row: row["revision"]):
            if row["release_id"] in wanted and row["entry_id"] not in closed:
                revision = Revision(**{name: row[name] for name in Revision.__slots__})
                found.setdefault(row["release_id"], []).append(
                    KnownRevision(row["entry_id"], revision)
                )
        return found

    def looks(self, release_ids: Iterable[str]) -> dict[str, list[Look]]:
        found: dict[str, list[Look]] = {}
        for one in self.placed_looks("release_id", release_ids):
            if one.release_id and (look := line_look(one)):
                found.setdefault(one.release_id, []).append(look)
        return found

    def looks_of_texts(
        self, source_id: str, text_digests: Iterable[str]
    ) -> list[tuple[str | None, Look]]:
        return [
            (one.address, look)
            for one in self.placed_looks("text_digest", text_digests, source_id)
            if one.release_id and (look := line_look(one))
        ]

    def placed_looks(
        self, column: str, keys: Iterable[str], _: str | None = None
    ) -> list[PlacedLook]:
        wanted = set(keys)
        return [
            one
            for one in self._placed()
            if (
                (one.key.text_digest if one.key else None)
                if column == "text_digest"
                else getattr(one, column)
            )
            in wanted
        ]

    def paragraphs(self, text_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        wanted = set(text_ids)
        return {
            row["text_id"]: tuple(row["paragraphs"])
            for row in self.rows("texts")
            if row["text_id"] in wanted
        }

    def states(self, text_ids: Iterable[str]) -> dict[str, TextState]:
        wanted = set(text_ids)
        return {
            row["text_id"]: TextState(
                row["headline"], row["published_on"], tuple(row["paragraphs"])
            )
            for row in self.rows("texts")
            if row["text_id"] in wanted
        }

    def compared(self, _: str, text_ids: Iterable[str]) -> set[tuple[str, str]]:
        wanted = set(text_ids)
        return {
            (row["before_text_id"], row["text_id"])
            for row in self.rows("comparisons")
            if row["text_id"] in wanted
        }

    def changes_between(self, _: str, pairs: Iterable[Pair]) -> list[Row]:
        wanted = set(pairs)
        return [
            row
            for row in self.rows("change_log")
            if (row["before_text_id"], row["text_id"]) in wanted
        ]

    def history(self) -> set[Any]:
        """Every release as its captures and its revisions, without ids: what must not depend on
        the order of arrival."""
        members: dict[str, set[str]] = {}
        for one in self._placed():
            if one.release_id and one.key:
                members.setdefault(one.release_id, set()).add(one.capture_id)
        revisions = self.revisions(members)
        return {
            (
                frozenset(captures),
                tuple(
                    (one.revision.text_digest, one.revision.seen_at, one.revision.changed_after,
                     one.revision.reverts_to, one.revision.capture_id)
                    for one in revisions[release_id]
                ),
            )
            for release_id, captures in members.items()
        }  # fmt: skip

    def _placed(self) -> list[PlacedLook]:
        decided: dict[str, Row] = {}
        for row in sorted(
            [*self.rows("redecided"), *self.rows("reassigned")], key=lambda row: row["recorded_at"]
        ):
            decided[row["capture_id"]] = {**decided.get(row["capture_id"], {}), **row}
        readings = {row["reading_id"]: row for row in self.rows("reading_log")}
        found = []
        for look in self.rows("looks"):
            row = {**look, **decided.get(look["capture_id"], {})}
            reading = readings.get(row["reading_id"])
            found.append(
                PlacedLook(
                    row["capture_id"], row["captured_at"], row["digest"], row["url"],
                    row["reading_id"], reading["parser_version"] if reading else None,
                    row["outcome"], row["address"], row["release_id"],
                    self._key(reading["text_id"]) if reading else None,
                )
            )  # fmt: skip
        return found

    def _key(self, text_id: str | None) -> TextKey | None:
        for row in self.rows("texts"):
            if row["text_id"] == text_id:
                return TextKey(
                    row["text_id"], row["text_digest"], row["headline_digest"],
                    row["body_digest"], row["published_on"],
                )  # fmt: skip
        return None
