"""Moves, absence and what is held back, through the recorder: promises 18 to 20."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.live import OTHER, SITE, TEXT, Lake, answer, page, reread, soon, unread
from warehouse.model import StagedLook

EDITED = TEXT.replace("clean", "clear")


# Moves


def test_a_301_then_edits_at_the_new_address() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    came = lake.run(answer(1, "/a/", "moved", to="/b/"), soon(page(1, "/b/"), 1))
    assert came == {"moved": 1, "unchanged": 1}
    assert lake.run(page(2, "/b/", EDITED)) == {"edited": 1}
    assert lake.texts() == {lake.one(): [(TEXT, 0), (EDITED, 2)]}
    assert lake.roles() == {lake.one(): {"/a/": "moved_from", "/b/": "canonical"}}
    assert lake.states() == {}


def test_a_move_with_an_edit_on_the_way() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    came = lake.run(answer(1, "/a/", "moved", to="/b/"), soon(page(1, "/b/", OTHER), 1))
    assert came == {"moved": 1, "edited": 1}
    assert lake.texts() == {lake.one(): [(TEXT, 0), (OTHER, 1)]}


def test_what_was_a_release_of_its_own_at_the_new_address_becomes_one_with_it() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"), page(1, "/b/", OTHER, "A statement"))
    assert len(lake.texts()) == 2
    lake.run(answer(2, "/a/", "moved", to="/b/"), soon(page(2, "/b/", OTHER, "A statement"), 1))
    assert lake.texts() == {lake.one(): [(TEXT, 0), (OTHER, 1)]}
    assert lake.roles() == {lake.one(): {"/a/": "moved_from", "/b/": "canonical"}}
    looks = [one for one in lake.store._placed() if one.key]
    assert {one.release_id for one in looks} == {lake.one()}
    assert len(looks) == 3


def test_the_same_text_at_both_addresses_becomes_one_release() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"), page(1, "/b/"))
    assert len(lake.texts()) == 2  # a re-post, as long as nothing says otherwise
    lake.run(answer(2, "/a/", "moved", to="/b/"), soon(page(2, "/b/"), 1))
    assert lake.texts() == {lake.one(): [(TEXT, 0)]}
    assert lake.roles() == {lake.one(): {"/a/": "moved_from", "/b/": "canonical"}}


def test_a_silent_move() -> None:
    """Found gone where it was, and its text elsewhere in the same run."""
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(page(1, "/b/"), soon(answer(1, "/a/", "moved", to="/b/"), 1))
    lake.run(page(2, "/b/"), answer(2, "/a/", "missing"))
    assert lake.texts() == {lake.one(): [(TEXT, 0)]}
    assert lake.roles() == {lake.one(): {"/a/": "moved_from", "/b/": "canonical"}}
    assert lake.states() == {}  # a 404 where it no longer stands says nothing


def test_a_move_back() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(answer(1, "/a/", "moved", to="/b/"), soon(page(1, "/b/"), 1))
    lake.run(answer(2, "/b/", "moved", to="/a/"), soon(page(2, "/a/"), 1))
    assert lake.texts() == {lake.one(): [(TEXT, 0)]}
    assert lake.roles() == {lake.one(): {"/a/": "canonical", "/b/": "moved_from"}}
    lake.run(answer(3, "/b/", "missing"), answer(4, "/a/", "missing"))
    assert lake.states() == {lake.one(): [("missing", 4)]}


def test_a_chain_of_moves_in_one_answer() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    hops = [replace(answer(1, "/a/", "moved", to="/b/")),
            replace(soon(answer(1, "/b/", "moved", to="/c/"), 1), address=f"{SITE}/a/"),
    ]  # fmt: skip
    lake.run(*hops, soon(page(1, "/c/"), 2))
    assert lake.texts() == {lake.one(): [(TEXT, 0)]}
    assert lake.roles()[lake.one()] == {"/a/": "moved_from", "/c/": "canonical"}


def test_a_redirect_to_what_holds_no_release_is_no_move() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(answer(1, "/a/", "moved", to="/login/"), soon(unread(1, "/login/"), 1))
    assert lake.roles() == {lake.one(): {"/a/": "canonical"}}
    assert lake.store.rows("move_log") == []


@pytest.mark.parametrize("ahead", [True, False], ids=["move first", "text first"])
def test_a_move_whose_text_is_recorded_in_another_batch(ahead: bool) -> None:
    """A run of thousands of looks is recorded batch by batch; a silent move is told last."""
    lake = Lake()
    lake.run(page(0, "/a/"))
    moved, text = [answer(1, "/a/", "moved", to="/b/")], [soon(page(1, "/b/"), 1)]
    first, then = (moved, text) if ahead else (text, moved)
    lake.run(*first, batches=[[page(1, "/z/", OTHER, "A statement")], then])
    assert sorted(map(len, lake.texts().values())) == [1, 1]
    assert {"/a/": "moved_from", "/b/": "canonical"} in lake.roles().values()
    lake.run(page(3, "/b/", EDITED))
    assert [(TEXT, 0), (EDITED, 3)] in lake.texts().values()


def test_a_late_earlier_move_joins_what_was_there_before() -> None:
    lake = Lake()
    lake.run(page(5, "/b/"))
    lake.run(page(0, "/a/", OTHER))
    lake.run(answer(3, "/a/", "moved", to="/b/"), soon(page(3, "/b/"), 1))
    assert lake.texts() == {lake.one(): [(OTHER, 0), (TEXT, 3)]}


PATHS = st.sampled_from(["/a/", "/b/", "/c/"])


@settings(max_examples=many(40))
@given(st.lists(st.tuples(PATHS, PATHS, st.sampled_from([TEXT, EDITED, OTHER]),
                          st.booleans()), min_size=1, max_size=6), st.data())  # fmt: skip
def test_moves_end_in_the_same_history_in_any_order(
    said: list[tuple[str, str, str, bool]], data: st.DataObject
) -> None:
    """Each run looks at an address, which may redirect to another; runs may arrive in any order."""
    runs = []
    for at, (path, to, body, moves) in enumerate(said):
        hop = [answer(at, path, "moved", to=to)] if moves and path != to else []
        runs.append([*hop, soon(page(at, to if hop else path, body), 1)])

    def recorded(many: list[list[StagedLook]]) -> Lake:
        lake = Lake()
        for one in many:
            lake.run(*one, hold=False)
        return lake

    assert recorded(data.draw(st.permutations(runs))).store.history() == (
        recorded(runs).store.history()
    )


# Absence


def test_a_late_archive_with_an_older_404() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(page(9, "/a/"))
    lake.run(answer(5, "/a/", "missing"))
    assert lake.states() == {lake.one(): [("missing", 5), ("live", 9)]}
    lake.run(answer(4, "/a/", "missing"))  # older still, from another archive
    assert lake.states() == {lake.one(): [("missing", 4), ("withdrawn", 5), ("live", 9)]}


def test_late_evidence_that_it_was_there_takes_a_withdrawal_back() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(answer(2, "/a/", "missing"))
    lake.run(answer(4, "/a/", "missing"))
    assert lake.states() == {lake.one(): [("missing", 2), ("withdrawn", 4)]}
    lake.run(page(3, "/a/"))
    assert lake.states() == {lake.one(): [("missing", 2), ("live", 3), ("missing", 4)]}


def test_live_again_is_told_and_makes_no_revision() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    assert lake.run(answer(1, "/a/", "missing")) == {"missing": 1}
    assert lake.run(answer(2, "/a/", "failed")) == {"failed": 1}
    assert lake.run(page(3, "/a/")) == {"live_again": 1}
    assert lake.states() == {lake.one(): [("missing", 1), ("live", 3)]}
    assert lake.texts() == {lake.one(): [(TEXT, 0)]}


def test_gone_is_withdrawn_at_once() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(answer(1, "/a/", "gone"))
    assert lake.states() == {lake.one(): [("withdrawn", 1)]}


def test_missing_then_found_elsewhere_is_a_move_and_live() -> None:
    lake = Lake()
    lake.run(page(0, "/a/"))
    lake.run(answer(1, "/a/", "missing"))
    lake.run(page(2, "/b/"), soon(answer(2, "/a/", "moved", to="/b/"), 1))
    assert lake.states() == {lake.one(): [("missing", 1), ("live", 2)]}
    assert lake.roles() == {lake.one(): {"/a/": "moved_from", "/b/": "canonical"}}


# What is held back

BANNER = "We use cookies to make this site better for you"


def releases(
    at: int, many: int = 8, extra: str = "", edited: int | None = None
) -> list[StagedLook]:
    return [
        soon(
            page(at, f"/{n}/", f"release {n} of the council{' corrected' * (n == edited)}\n"
                 f"it has {n} points{extra}", f"Headline {n}"),
            n,
        )
        for n in range(many)
    ]  # fmt: skip


def test_a_mass_change_is_held_then_accepted_with_its_own_times() -> None:
    lake = Lake()
    lake.run(*releases(0))
    changed = releases(1, extra=f"\n{BANNER}")
    assert lake.run(*changed) == {"held": 8}
    assert lake.incidents() == [("mass_change", None)]
    assert {len(many) for many in lake.texts().values()} == {1}
    (incident,) = lake.store.incidents("lakes")
    assert lake.decide(incident.incident_id, "accepted", *changed) == {"edited": 8}
    assert {tuple(at for _, at in many) for many in lake.texts().values()} == {(0, 1)}
    assert lake.held() == set()
    assert lake.run(*releases(2, extra=f"\n{BANNER}")) == {"unchanged": 8}
    assert lake.incidents() == [("mass_change", "accepted")]


def test_a_dismissed_block_is_never_an_incident_again() -> None:
    lake = Lake()
    lake.run(*releases(0))
    lake.run(*releases(1, extra=f"\n{BANNER}"))
    (incident,) = lake.store.incidents("lakes")
    lake.decide(incident.incident_id, "dismissed")
    assert lake.run(*releases(2, extra=f"\n{BANNER}")) == {"held": 8}
    assert lake.incidents() == [("mass_change", "dismissed")]
    assert lake.run(*releases(3)) == {"unchanged": 8}
    assert {len(many) for many in lake.texts().values()} == {1}


def test_an_open_incident_is_extended_not_opened_again() -> None:
    lake = Lake()
    lake.run(*releases(0, many=9))
    lake.run(*releases(1, many=8, extra=f"\n{BANNER}"))
    lake.run(*releases(2, many=9, extra=f"\n{BANNER}")[8:])
    (incident,) = lake.store.incidents("lakes")
    assert len(incident.urls) == 9
    assert len(lake.held()) == 9


def test_an_edit_amid_a_maintenance_wall_is_history() -> None:
    lake = Lake()
    lake.run(*releases(0))
    wall = [replace(page(1, f"/{n}/", "we are back soon", "Maintenance")) for n in range(5)]
    came = lake.run(*wall, *releases(1, edited=7)[5:])
    assert came == {"held": 5, "unchanged": 2, "edited": 1}
    assert lake.incidents() == [("one_body", None)]


def test_a_wall_at_one_address_later_is_held_too() -> None:
    lake = Lake()
    lake.run(*releases(0))
    lake.run(*[page(1, f"/{n}/", "we are back soon", "Maintenance") for n in range(5)])
    assert lake.run(page(2, "/7/", "we are back soon", "Maintenance")) == {"held": 1}


def test_ten_years_ingested_at_once_are_no_mass_change() -> None:
    lake = Lake()
    lake.run(*releases(0))
    many = [one for n, one in enumerate(releases(0, extra=f"\n{BANNER}"))]
    years = [replace(page(400 * (n + 1), f"/{n}/", "\n".join(one.text.sighting.paragraphs),
                          f"Headline {n}")) for n, one in enumerate(many) if one.text]  # fmt: skip
    assert lake.run(*years) == {"edited": 8}
    assert lake.incidents() == []


def test_a_broken_layout_is_held_and_read_once_the_layout_is_repaired() -> None:
    lake = Lake()
    lake.run(*releases(0, many=6))
    broken = [soon(unread(1, f"/{n}/"), n) for n in range(6)]
    assert lake.run(*broken) == {"held": 6}
    assert lake.incidents() == [("layout", None)]
    repaired = [
        replace(reread(one, f"release {n} of the council, new\nit has {n} points"), held=True)
        for n, one in enumerate(broken)
    ]
    came = lake.run(*repaired)
    assert sum(came.values()) == 6
    assert set(came) <= {"edited", "unchanged"}
    assert lake.held() == set()
    assert {tuple(at for _, at in many) for many in lake.texts().values()} == {(0, 1)}
    assert lake.states() == {}


def test_less_than_five_unread_pages_are_unreadable() -> None:
    lake = Lake()
    assert lake.run(*[unread(1, f"/{n}/") for n in range(4)]) == {"unreadable": 4}
    assert lake.incidents() == []
