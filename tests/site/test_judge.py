"""The judge finds nothing wrong with a right warehouse, and names every mistake planted in one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.site.clock import START, STEP
from tests.site.faults import plan_faults
from tests.site.ideal import ideal_warehouse
from tests.site.judge import Judge
from tests.site.judge_log import LogJudge
from tests.site.rows import Row, Warehouse
from tests.site.script import make_world
from tests.site.server import Hit
from tests.site.site import Request
from tests.site.truth import Expected, Pass, calm_passes, expect, incident_passes
from tests.site.world import Size, World

ORIGIN = "http://127.0.0.1:1"
SMALL, LARGE = Size(), Size(200, 15, 20)


def passes_of(world: World) -> list[Pass]:
    """One pass a step, a full one in the middle and one after the last."""
    return [
        Pass(
            number=step,
            step=step,
            full=step in (world.size.steps // 2, world.size.steps),
            recheck="all",
            started_at=START + step * STEP,
            finished_at=START + step * STEP + timedelta(hours=1),
            code=3 if world.scene(step).mood in ("maintenance", "consent") else 0,
        )
        for step in range(world.size.steps + 1)
    ]


def court(seed: int, size: Size = SMALL) -> tuple[Judge, Warehouse]:
    """A judge, and the warehouse he has nothing against."""
    world = make_world(seed, size)
    faults, passes = plan_faults(world), passes_of(world)
    expected = expect(world, faults, passes)
    opened = incident_passes(world, passes)
    judge = Judge(expected, passes, ORIGIN, opened, calm_passes(world, faults, passes))
    return judge, ideal_warehouse(expected, passes, ORIGIN, opened)


@pytest.mark.parametrize(
    ("seed", "size"), [(1, SMALL), (2, SMALL), (3, SMALL), (1, LARGE), (2, LARGE)]
)
def test_a_right_warehouse_has_no_findings(seed: int, size: Size) -> None:
    judge, warehouse = court(seed, size)
    assert judge.findings(warehouse) == []
    planted = sum(len(one.segments) - 1 for one in judge.expected)
    assert planted >= (2 if size is SMALL else 60)


def test_the_truth_is_narrow() -> None:
    """After the last, full pass every status but a few is one, and every address."""
    judge, _ = court(1, LARGE)
    assert all(len(one.statuses) == 1 for one in judge.expected)
    assert all(len(one.canonical) == 1 for one in judge.expected)
    assert all(one.is_required for one in judge.expected)
    certain = [segment.is_certain for one in judge.expected for segment in one.segments]
    assert sum(certain) > 0.9 * len(certain)


def only(judge: Judge, wanted: Callable[[Expected], bool]) -> Expected:
    """A release of that sort."""
    return next(one for one in judge.expected if wanted(one))


def row(rows: list[Row], release: Expected, **values: Any) -> Row:
    """The row of a release that holds these values."""
    return next(
        one
        for one in rows
        if one["release_id"] == f"r{release.key}"
        and all(one[name] == value for name, value in values.items())
    )


def edited(one: Expected) -> bool:
    """Whether all its texts had to be seen, and there were several."""
    return len(one.segments) > 1 and all(segment.is_certain for segment in one.segments)


def lose(judge: Judge, held: Warehouse) -> None:
    held.releases.remove(row(held.releases, judge.expected[0]))


def forget_addresses(judge: Judge, held: Warehouse) -> None:
    moved = only(judge, lambda one: bool(one.moved_from))
    held.urls.remove(row(held.urls, moved, role="moved_from"))


def invent(_judge: Judge, held: Warehouse) -> None:
    held.releases.append({**held.releases[0], "release_id": "x", "url": ORIGIN + "/x/"})


def split(judge: Judge, held: Warehouse) -> None:
    held.releases.append({**row(held.releases, judge.expected[0]), "release_id": "x"})


def merge(judge: Judge, held: Warehouse) -> None:
    first, second = judge.expected[:2]
    held.releases.remove(row(held.releases, second))
    for one in held.urls:
        if one["release_id"] == f"r{second.key}":
            one["release_id"] = f"r{first.key}"
            one["role"] = "alias"


def withdraw(judge: Judge, held: Warehouse) -> None:
    live = only(judge, lambda one: one.statuses == {"live"})
    row(held.releases, live)["status"] = "withdrawn"


def overlook_withdrawal(judge: Judge, held: Warehouse) -> None:
    gone = only(judge, lambda one: one.statuses == {"withdrawn"})
    row(held.releases, gone)["status"] = "missing"


def stay_behind(judge: Judge, held: Warehouse) -> None:
    moved = only(judge, lambda one: bool(one.moved_from))
    row(held.urls, moved, role="canonical")["url"] = ORIGIN + min(moved.moved_from)


def add_alias(judge: Judge, held: Warehouse) -> None:
    url = {"release_id": f"r{judge.expected[0].key}", "url": ORIGIN + "/tmp/1/", "role": "alias"}
    held.urls.append(url)


def miss_edit(judge: Judge, held: Warehouse) -> None:
    held.revisions.remove(row(held.revisions, only(judge, edited), revision=2))


def see_late(judge: Judge, held: Warehouse) -> None:
    one = row(held.revisions, only(judge, edited), revision=2)
    one["seen_at"] = judge.passes[-1].started_at.isoformat()


def alter_word(judge: Judge, held: Warehouse) -> None:
    one = row(held.revisions, only(judge, edited), revision=2)
    one["text"] = one["text"].replace("the", "teh", 1)


def alter_quotes(judge: Judge, held: Warehouse) -> None:
    one = row(held.revisions, only(judge, edited), revision=2)
    one["text"] = one["text"].replace(" ", " \u00ad", 1)


def join_paragraphs(judge: Judge, held: Warehouse) -> None:
    one = row(held.revisions, only(judge, edited), revision=1)
    one["text"] = one["text"].replace("\n\n", " ")


def false_edit(judge: Judge, held: Warehouse) -> None:
    last = row(held.revisions, only(judge, lambda one: len(one.segments) == 1))
    held.revisions.append({**last, "revision": 2, "text": "The ticker. " + last["text"]})


def flap(judge: Judge, held: Warehouse) -> None:
    """Half a page, and the whole one again."""
    last = row(held.revisions, only(judge, lambda one: len(one.segments) == 1))
    half = {**last, "revision": 2, "text": last["text"][:40], "cause": "publisher"}
    whole = {**last, "revision": 3, "reverts_to": 1, "cause": "publisher"}
    held.revisions.extend((half, whole))


def forget_return(_judge: Judge, held: Warehouse) -> None:
    next(one for one in held.revisions if one["reverts_to"])["reverts_to"] = None


def wrong_field(judge: Judge, held: Warehouse) -> None:
    one = row(held.changes, only(judge, edited), revision=2)
    one["field"] = "body" if one["field"] != "body" else "headline"


def wrong_cause(judge: Judge, held: Warehouse) -> None:
    row(held.revisions, only(judge, edited), revision=2)["cause"] = "parser"


def edit_pdf(judge: Judge, held: Warehouse) -> None:
    one = row(held.revisions, only(judge, lambda one: one.kind == "pdf"))
    held.revisions.append({**one, "revision": 2})


def no_incident(_judge: Judge, held: Warehouse) -> None:
    held.incidents.clear()


def false_incident(judge: Judge, held: Warehouse) -> None:
    at = judge.passes[min(judge.calm)].started_at.isoformat()
    held.incidents.append({"incident_id": "i", "kind": "mass_change", "opened_at": at})


def believe_notice(_judge: Judge, held: Warehouse) -> None:
    next(one for one in held.captures if one["outcome"] == "held")["outcome"] = "edited"


def hold_nothing(_judge: Judge, held: Warehouse) -> None:
    for one in held.captures:
        if one["outcome"] == "held":
            one["outcome"] = "failed"


def forget_event(_judge: Judge, held: Warehouse) -> None:
    event = next(one for one in held.captures if one["outcome"] == "live_again")
    event["outcome"] = "unchanged"


def lose_run(_judge: Judge, held: Warehouse) -> None:
    del held.runs[-1]


def no_coverage(_judge: Judge, held: Warehouse) -> None:
    del held.coverage[-1]


def untie(_judge: Judge, held: Warehouse) -> None:
    held.neighbours.clear()


MISTAKES: dict[Callable[[Judge, Warehouse], None], str] = {
    forget_addresses: "does not say that it was moved from",
    invent: "a release that never was",
    split: "became 2 releases",
    merge: "were merged into one",
    withdraw: "is withdrawn, not live",
    overlook_withdrawal: "is missing, not withdrawn",
    stay_behind: "has the canonical address",
    add_alias: "has addresses it never had",
    miss_edit: "was missed",
    see_late: "was seen in pass",
    alter_word: "is a false edit",
    alter_quotes: "is not as it stood",
    join_paragraphs: "is not as it stood",
    false_edit: "is a false edit",
    flap: "is a false edit",
    forget_return: "reverts to None",
    wrong_field: "its changes say",
    wrong_cause: "the cause of revision",
    edit_pdf: "is a PDF that never changed",
    no_incident: "opened no incident",
    false_incident: "though nothing was wrong",
    believe_notice: "took a notice for history",
    hold_nothing: "held nothing back",
    forget_event: "not live_again",
    lose_run: "left no run",
    no_coverage: "has no coverage",
    untie: "are one text and tied as None",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_named(mistake: Callable[[Judge, Warehouse], None]) -> None:
    judge, warehouse = court(1, Size(60, 15))
    mistake(judge, warehouse)
    findings = judge.findings(warehouse)
    assert any(MISTAKES[mistake] in one for one in findings), findings


def test_a_lost_release_is_named() -> None:
    judge, warehouse = court(1)
    lose(judge, warehouse)
    warehouse.urls[:] = [one for one in warehouse.urls if one["release_id"] != "r0"]
    assert any("release 0 is lost" in one for one in judge.findings(warehouse))


def hits(*targets: tuple[str, float, float]) -> list[Hit]:
    """Requests of one pass: target, start and end in seconds."""
    agent = {"user-agent": "pressdiff/0 (+https://lakes.example/)"}
    return [
        Hit(number, 0, 0, START, start, Request("GET", target, agent), 200, None, end)
        for number, (target, start, end) in enumerate(targets)
    ]


PAGE = "/news/news_col/a/"
ONE = Pass(0, 0, False, "all", START, START + STEP)


def told(log: list[Hit], one: Pass = ONE, other: int = 0) -> list[str]:
    return LogJudge(make_world(1), delay_s=2).findings(log, [one], other)


def test_a_polite_log_has_no_findings() -> None:
    assert told(hits(("/robots.txt", 0, 0.1), (PAGE, 2, 2.1), ("/rss/", 4, 4.1))) == []


def test_bad_manners_are_named() -> None:
    def is_told(findings: list[str], words: str) -> bool:
        return any(words in one for one in findings)

    robots = ("/robots.txt", 0.0, 0.1)
    assert is_told(told(hits((PAGE, 0, 1))), "before robots.txt")
    assert is_told(told([]), "asked for nothing")
    assert is_told(told(hits(robots, ("/news/news_col/embargo-x/", 3, 4))), "is forbidden")
    assert is_told(told(hits(robots, (PAGE, 1.0, 1.1))), "came 1.00 s after")
    assert is_told(told(hits(("/robots.txt", 0, 5.0), (PAGE, 3, 4))), "under way")
    assert is_told(told(hits(robots), other=1), "the other port was contacted 1 times")
    full = Pass(0, 0, True, "all", START, START + STEP)
    conditional = hits(robots, (PAGE, 3, 4))
    conditional[1].request = Request(
        "GET", PAGE, {**conditional[1].request.headers, "if-none-match": '"x"', "cookie": "a=b"}
    )
    assert is_told(told(conditional, full), "conditional in a full pass")
    assert is_told(told(conditional), "sends a cookie")
    strange = hits(robots)
    strange[0].request = Request("HEAD", "/robots.txt", {"user-agent": "python-requests/2"})
    assert is_told(told(strange), "is a HEAD")
    assert is_told(told(strange), "does not say who asks")
    waiting = hits(robots, (PAGE, 3, 3.1), (PAGE, 60, 61))
    waiting[1].sent_headers = {"retry-after": "90"}
    assert is_told(told(waiting), "s too early after")
    waiting[1].sent_headers = {"retry-after": "Mon, 02 Mar 2026 06:01:30 GMT"}
    assert is_told(told(waiting), "33.0 s too early after")
    waiting[2].started_s = 94
    assert not is_told(told(waiting), "too early")


def test_rules_that_are_an_error_are_obeyed() -> None:
    world = make_world(1, Size(20, 15))
    step = next(step for step, mood in world.moods.items() if mood == "robots_500")
    one = Pass(0, step, False, "all", START, START + STEP)
    log = hits(("/robots.txt", 0, 0.1), (PAGE, 3, 4))
    findings = LogJudge(world, 2).findings(log, [one], 0)
    assert any("though robots.txt was an error" in finding for finding in findings)


def test_a_dear_unchanged_pass_is_named() -> None:
    world = make_world(1)
    judge = LogJudge(world, 2)
    path = next(
        one.path for one in world.scene(9).standings.values() if one.item.validators == "honest"
    )
    log = hits((path, 0, 1), ("/robots.txt", 10, 11), (path, 20, 21), (path, 30, 31))
    for hit in log[1:]:
        hit.visit = 1
    log[0].sent_headers = {"etag": '"a"'}
    one = Pass(1, 9, False, "due", START, START + STEP)
    findings = " ".join(judge.unchanged(log, one))
    assert "asked 2 times" in findings
    assert "were not conditional" in findings
    assert judge.cost(log, one).by_kind == {"robots": 1, "release": 2}
