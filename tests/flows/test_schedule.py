"""Runs by schedule, on a real Prefect server: the one that `pressdiff schedule` starts itself.

The tests of this module share that server, which takes 20 s of CPU to start, and use it in order.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from flows.deploy import TAG
from tests.flows.prefect_api import Api, Scheduler, free_port, wait_for
from tests.flows.shell import ROOT, Shell
from warehouse.lock import writer_lock

pytestmark = pytest.mark.filterwarnings("default")  # Prefect's own dependencies warn of each other

CSTO = '[[source]]\nuse = "csto"\nschedule = "17 9 * * *"\n[schedule]\nrecheck = "11 */2 * * *"\n'
LAKES = (
    (ROOT / "parsers/sources/csto.toml").read_text("utf-8").replace('id = "csto"', 'id = "lakes"')
)
QUICK = {
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
}
"""What the server and runs look after every few seconds, every second."""
ENDED = ("Completed", "Failed", "Crashed", "Cancelled")


def made(folder: Path, config: str) -> Shell:
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    shell = Shell(folder)
    shell.write("pressdiff.toml", f"[warehouse]\nlock_wait_s = 150\n{config}")
    shell.write("lakes.toml", LAKES)
    return shell


class Served:
    """A folder that `pressdiff schedule` serves, and its server."""

    def __init__(self, root: Path) -> None:
        port = free_port()
        self.shell = made(root / "csto", CSTO)
        self.api = Api(f"http://127.0.0.1:{port}/api")
        self.scheduler = Scheduler(self.shell.folder, "--port", str(port), **QUICK)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("scheduled"))
    try:
        served.scheduler.await_running()
        yield served
    finally:
        served.scheduler.kill()  # its server notices and ends


def test_a_deployment_gets_scheduled_runs(served: Served) -> None:
    runs = wait_for(lambda: served.api.runs("ingest/csto"), "scheduled runs")
    assert {run["state_name"] for run in runs} == {"Scheduled"}
    zone = ZoneInfo("Europe/Moscow")
    times = [datetime.fromisoformat(one["expected_start_time"]).astimezone(zone) for one in runs]
    own = [at for at in times if (at.hour, at.minute) == (9, 17)]
    rechecks = [at for at in times if at.hour % 2 == 0 and at.minute == 11]
    assert own
    assert rechecks
    assert len(own) + len(rechecks) == len(times)


@pytest.mark.drill
def test_overlapping_runs_wait_for_each_other_and_commit_once(served: Served) -> None:
    root = served.shell.folder / "data"
    root.mkdir(exist_ok=True)
    with writer_lock(root / ".lock", "test", 0.0, time.sleep, lambda _: None):
        # whichever starts cannot end while we hold the lock, so the other has to wait
        ids = [served.api.trigger("ingest/csto") for _ in range(2)]

        def look() -> bool:
            names = sorted(served.api.run(one)["state_name"] for one in ids)
            return names == ["AwaitingConcurrencySlot", "Running"]

        wait_for(look, "one run to wait for the other")
    first, last = sorted(
        (served.api.wait_state(one, *ENDED) for one in ids), key=lambda run: run["start_time"]
    )
    assert [first["state_name"], last["state_name"]] == ["Completed", "Completed"]
    assert first["end_time"] <= last["start_time"]
    rows = served.shell.sql("select outcome, count(*) as many from captures group by outcome")
    assert rows == [{"outcome": "new", "many": 5}]
    assert len(served.shell.sql("select 1 as one from runs")) == 2


@pytest.mark.drill
def test_a_run_is_shown_on_prefects_pages(served: Served) -> None:
    pages = {one["key"]: one["data"] for one in served.api.ask("artifacts/latest/filter", {})}
    assert set(pages) >= {"summary-csto", "changes-csto", "coverage-csto", "incidents-csto"}
    assert "| csto | 5 | 5 | 5 | 0 | 0 | 0 |" in pages["coverage-csto"]  # of the later run
    ours = {"artifacts": {"key": {"any_": ["changes-csto"]}}, "sort": "CREATED_DESC"}
    earliest = served.api.ask("artifacts/filter", ours)[-1]["data"]
    assert "Stanislav Zas at the" in earliest


@pytest.mark.drill
def test_a_dead_machines_run_is_marked_and_the_next_is_right(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakes = made(tmp_path / "lakes", '[[source]]\nuse = "lakes.toml"\nschedule = "5 4 * * *"\n')
    prefect = {
        "PREFECT_API_URL": served.api.url, "PREFECT_HOME": str(tmp_path / "prefect"), **QUICK,
    }  # fmt: skip
    scheduler = Scheduler(lakes.folder, **prefect)
    try:
        scheduler.await_running()
        watch_closely(served.api, tmp_path, monkeypatch)
        root = lakes.folder / "data"
        root.mkdir(exist_ok=True)
        with writer_lock(root / ".lock", "test", 0.0, time.sleep, lambda _: None):
            run_id = served.api.trigger("ingest/lakes")
            served.api.wait_state(run_id, "Running")
            wait_for(lambda: beats(served.api, run_id), "a sign of life")
            scheduler.kill()
        dead = served.api.wait_state(run_id, "Crashed")
        assert "No sign of life" in dead["state"]["message"]
        served.api.pause("ingest/lakes")  # as Ctrl-C does
        scheduler = Scheduler(lakes.folder, **prefect)
        scheduler.await_running()
        wait_for(lambda: scheduled(served.api, "ingest/lakes"), "new scheduled runs")
        again = served.api.wait_state(served.api.trigger("ingest/lakes"), *ENDED)
        assert again["state_name"] == "Completed"
        untracked = made(tmp_path / "untracked", '[[source]]\nuse = "lakes.toml"\n')
        assert untracked("run").code == 0
        query = "select headline, text from releases order by headline, text"
        assert lakes.sql(query) == untracked.sql(query) != []
        assert len(lakes.sql("select 1 as one from runs")) == 1
        assert lakes("verify").code == 0
    finally:
        scheduler.kill()


def scheduled(api: Api, name: str) -> bool:
    """Whether a deployment has runs to come."""
    return any(run["state_name"] == "Scheduled" for run in api.runs(name))


def beats(api: Api, run_id: str) -> bool:
    """Whether the server has a heartbeat of a run."""
    resource = {"id": [f"prefect.flow-run.{run_id}"]}
    wanted = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": resource}
    return bool(api.ask("events/filter", {"filter": wanted})["events"])


def watch_closely(api: Api, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the automation by one that waits ten seconds, the least that Prefect allows."""
    monkeypatch.setenv("PREFECT_HOME", str(folder / "prefect"))
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.deploy import watch_for_dead_runs

    with temporary_settings({PREFECT_API_URL: api.url}):
        watch_for_dead_runs(10)
        first = api.ask("automations/filter", {})
        watch_for_dead_runs(10)
        assert api.ask("automations/filter", {}) == first  # what it knows of runs is kept
    assert len(first) == 1


@pytest.mark.drill
def test_a_tracked_run_by_hand_commits_what_an_untracked_one_does(
    served: Served, tmp_path: Path, seeded_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = made(tmp_path / "by hand", '[[source]]\nuse = "csto"\n')
    monkeypatch.chdir(shell.folder)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.ingest import ingest
    from flows.maintain import maintain

    with temporary_settings({PREFECT_API_URL: served.api.url}):
        summary = ingest(str(shell.folder / "pressdiff.toml"))
        cared = maintain(str(shell.folder / "pressdiff.toml"))
        by_hand = FlowRunFilter.model_validate({"deployment_id": {"is_null_": True}})
        with get_client(sync_client=True) as client:
            flow_runs = client.read_flow_runs(flow_run_filter=by_hand)
            tasks = client.read_task_runs(flow_run_filter=by_hand)
    assert summary.outcomes == {"new": 5}
    assert cared.verified is not None
    assert cared.verified.findings == ()
    query = "select headline, published_on, event_on, place, text from releases order by headline"
    assert shell.sql(query) == Shell(seeded_template).sql(query)
    assert [run.state_name for run in flow_runs] == ["Completed"] * 2  # the pass and the upkeep
    assert sorted(task.name.partition("-")[0] for task in tasks) == ["commit", "stage"]


@pytest.mark.drill
def test_a_run_that_fails_is_told_in_a_sentence(served: Served, tmp_path: Path) -> None:
    shell = made(tmp_path / "failing", '[[source]]\nuse = "csto"\n')
    shell.write("data", "a file where the warehouse's folder should be")
    env = {"PREFECT_API_URL": served.api.url}
    ran = shell.command("run", env=env)  # which finds no traceback
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("pressdiff: ")
    logs = [one["message"] for one in served.api.ask("logs/filter", {"limit": 200})]
    assert any("file exists; nothing of this run was committed" in one for one in logs), logs
    assert not any("Traceback" in one for one in logs)


@pytest.mark.drill
def test_ctrl_c_ends_it_and_pauses_the_schedules(served: Served) -> None:
    runs = served.shell.sql("select run_id from runs order by run_id")
    with writer_lock(served.shell.folder / "data/.lock", "test", 0.0, time.sleep, lambda _: None):
        served.api.wait_state(served.api.trigger("ingest/csto"), "Running")
        assert served.scheduler.interrupt() == 0, served.scheduler.said()
        assert not served.scheduler.has_children()
    assert served.shell.sql("select run_id from runs order by run_id") == runs
    assert "stopped; the schedules are paused" in served.scheduler.said()
    with pytest.raises(OSError, match="refused"):
        served.api.ask("health")
    database = served.shell.folder / "data" / "prefect" / "prefect.db"
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select name, paused from deployment").fetchall()
    assert set(rows) >= {("csto", 1), ("lakes", 0)}  # others' are theirs
    assert not os.environ.get("PREFECT_API_URL")


def test_what_is_deployed_to_a_work_pool_is_what_is_served(tmp_path: Path) -> None:
    from prefect.utilities.importtools import import_object

    from flows.deploy import plan
    from flows.settings import load_settings

    *declared, by_hand = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    reparse = import_object(by_hand["entrypoint"])
    assert reparse.name == "reparse"
    assert set(by_hand["parameters"]) == set(reparse.parameters.properties)
    assert (by_hand["schedules"], by_hand.get("concurrency_limit")) == ([], None)  # shares overlap
    shell = made(tmp_path / "pool", '[[source]]\nuse = "csto"\nschedule = "17 * * * *"\n')
    file = shell.folder / "pressdiff.toml"
    planned = plan(load_settings(file, shell.folder)).deployments
    assert [one["entrypoint"] for one in declared] == [f"flows.{o.flow}.{o.flow}" for o in planned]
    for one, ours in zip(declared, planned, strict=True):
        assert import_object(one["entrypoint"]).name == ours.flow
        assert one["name"] == ours.name
        assert one["parameters"] == {**ours.parameters, "config": file.name}
        schedules = [(s["slug"], s["cron"], s["timezone"]) for s in one["schedules"]]
        assert schedules == [(c.slug, c.expression, c.timezone) for c in ours.crons]
        assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
        assert one["tags"] == [TAG]
