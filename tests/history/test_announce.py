"""Whether an edit was announced, and flapping texts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from warehouse.history.announce import Announcement, announcement, appeared_late
from warehouse.history.change import TextState
from warehouse.history.classify import compare
from warehouse.history.flaps import flappings, reverts_to

MONDAY = datetime(2024, 5, 13, 10, tzinfo=UTC)
DAY = date(2024, 5, 13)
OLD, NEW = "The council approved 40 documents.", "The council approved 14 documents."


def told(
    before: tuple[str, ...],
    after: tuple[str, ...],
    days: tuple[date | None, date | None] = (DAY, DAY),
) -> Announcement:
    old, new = TextState("Talks", days[0], before), TextState("Talks", days[1], after)
    return announcement(old, new, compare(old, new))


NEXT, PAST = date(2024, 5, 15), date(2024, 5, 1)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (told((OLD,), (NEW,)), Announcement(False, (), False)),
        (told((OLD,), (NEW,), (DAY, NEXT)), Announcement(True, ("published_on",), False)),
        (told((OLD,), (NEW,), (DAY, PAST)), Announcement(False, (), True)),
        (told((OLD,), (NEW,), (None, DAY)), Announcement(False, (), False)),
        (told((OLD,), ("Updated: 15 May 2024", NEW)), Announcement(True, ("updated_line",), False)),
        (
            told((OLD, "Updated: 13 May"), (NEW, "Updated: 15 May")),
            Announcement(True, ("updated_line",), False),
        ),
        (told((OLD, "Updated: 13 May"), (NEW, "Updated: 13 May")), Announcement(False, (), False)),
        (
            told((OLD,), (NEW, "Correction: an earlier version of this release said 40.")),
            Announcement(True, ("correction_note",), False),
        ),
        (told((OLD,), (NEW, "Обновлено 15.05.2024")), Announcement(True, ("updated_line",), False)),
        (
            told((OLD,), (NEW, "The council updated its rules of procedure.")),
            Announcement(False, (), False),
        ),
    ],
)
def test_how_an_edit_was_announced(case: Announcement, expected: Announcement) -> None:
    assert case == expected


def test_late_counts_only_where_somebody_was_looking() -> None:
    watched = datetime(2024, 1, 1, tzinfo=UTC)
    assert appeared_late(date(2024, 5, 1), MONDAY, watched)
    assert not appeared_late(date(2024, 5, 10), MONDAY, watched)
    assert not appeared_late(date(2023, 5, 1), MONDAY, watched)
    assert not appeared_late(date(2024, 5, 1), MONDAY, None)
    assert not appeared_late(None, MONDAY, watched)


def times(count: int) -> list[datetime]:
    return [MONDAY + timedelta(hours=hour) for hour in range(count)]


@pytest.mark.parametrize(
    ("digests", "records"),
    [
        ("ab", []),
        ("aba", []),
        ("abab", [(1, 4, 3)]),
        ("cababad", [(2, 6, 4)]),
        ("ababcdcd", [(1, 4, 3), (5, 8, 3)]),
        ("ababcbcb", [(1, 4, 3), (4, 8, 4)]),
        ("abba", []),
        ("abcabc", []),
    ],
)
def test_three_flips_are_one_record(digests: str, records: list[tuple[int, int, int]]) -> None:
    found = flappings(digests, times(len(digests)))
    assert [(f.first_revision, f.last_revision, f.flips) for f in found] == records


def test_a_record_says_when() -> None:
    (record,) = flappings("xabab", times(5))
    assert (record.text_digests, record.since, record.until) == (
        ("a", "b"), MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=4),
    )  # fmt: skip


def test_every_return_names_the_first_revision_with_its_text() -> None:
    assert reverts_to("abacb") == (None, None, 1, None, 2)
