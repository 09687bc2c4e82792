"""What is deployed to Prefect, from the configuration; and serving it from this process.

`plan` is pure. One deployment a source and one for upkeep; each lets one run go at a time, the next
one waits. That is for the publisher's sake: what keeps the archive right is the writer's lock.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flows.errors import SettingsError
from flows.settings import Settings, Watched

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

TAG = "pressdiff"
"""Every run we deploy carries it: automations and people tell ours from others' by it."""
HEARTBEAT_S = 30
"""Between a run's signs of life: the least that Prefect allows."""
DEAD_AFTER_S = 90
"""Without a sign of life a run is dead: three heartbeats, so that one late one is none."""
WATCH_NAME = "pressdiff: runs that stopped reporting are crashed"

_WATCH = ("trigger", "actions", "enabled")
"""What makes one such automation as good as another."""


@dataclass(frozen=True, slots=True)
class Cron:
    """One schedule of a deployment."""

    slug: str
    """Names it within its deployment: `own` or `recheck`."""
    expression: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment as it shall be."""

    flow: str
    """`ingest` or `maintain`: the module in `flows` and the function in it."""
    name: str
    crons: tuple[Cron, ...]
    parameters: dict[str, Any]
    description: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """All that is deployed, and what a person should know of it."""

    deployments: tuple[Deployed, ...]
    notes: tuple[str, ...]
    """A sentence each."""


def plan(settings: Settings) -> Timetable:
    """The deployments a configuration asks for. Raises SettingsError when it schedules nothing."""
    scheduled = [one for one in settings.watched if one.schedule is not None]
    if settings.file is None or not scheduled:
        raise SettingsError(
            "no source has a schedule; give one in pressdiff.toml, "
            'such as schedule = "17 * * * *" below its use'
        )
    config = str(settings.file.resolve())
    notes: list[str] = []
    unscheduled = [one.source.id for one in settings.watched if one.schedule is None]
    if unscheduled:
        notes.append(f"without a schedule, so run only when asked: {', '.join(unscheduled)}")
    deployments = [_of_source(one, settings.recheck_schedule, config) for one in scheduled]
    if settings.recheck_schedule and all(len(one.crons) == 1 for one in deployments):
        notes.append("[schedule] recheck adds nothing: every source runs as often by itself")
    deployments.append(_upkeep(settings.maintain_schedule, config))
    return Timetable(tuple(deployments), tuple(notes))


def _of_source(one: Watched, recheck: str | None, config: str) -> Deployed:
    """A source's deployment. A re-check is a second schedule of it, not another deployment: so the
    limit of one run holds for both, and its host never gets two requests at once."""
    assert one.schedule is not None
    crons = [Cron("own", one.schedule, one.source.timezone)]
    if recheck and _is_rarer(one, replace(one, schedule=recheck)):
        crons.append(Cron("recheck", recheck, one.source.timezone))
    return Deployed(
        "ingest", one.source.id, tuple(crons),
        {"config": config, "sources": [one.source.id], "recheck": "due"},
        f"Looks at {one.source.name}.",
    )  # fmt: skip


def _is_rarer(one: Watched, other: Watched) -> bool:
    return (one.interval_s() or 0) > (other.interval_s() or 0)


def _upkeep(cron: str, config: str) -> Deployed:
    return Deployed(
        "maintain", "upkeep", (Cron("own", cron, "UTC"),), {"config": config},
        "Merges files, cleans up and checks the warehouse.",
    )  # fmt: skip


def deployment_of(one: Deployed) -> "RunnerDeployment":
    """Prefect's form of a deployment, not yet sent. Raises SettingsError for a cron it refuses."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.types.entrypoint import EntrypointType

    try:
        schedules = [
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=cron.expression, timezone=cron.timezone), slug=cron.slug
            )
            for cron in one.crons
        ]
    except ValueError as error:
        said = ", ".join(repr(cron.expression) for cron in one.crons)
        raise SettingsError(f"{one.name}: Prefect cannot keep the schedule {said}") from error
    flow = getattr(import_module(f"flows.{one.flow}"), one.flow)
    deployment: RunnerDeployment = flow.to_deployment(
        name=one.name,
        schedules=schedules,
        parameters=one.parameters,
        description=one.description,
        tags=[TAG],
        paused=False,  # stopping paused it
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
        ),
        entrypoint_type=EntrypointType.MODULE_PATH,  # an installed package has no folder to be in
    )
    return deployment


def watch_for_dead_runs(after_s: float = DEAD_AFTER_S) -> None:
    """Have the server mark our runs that fall silent CRASHED, which frees their deployment.

    Installed once, by name; replaced only when it differs. Others' runs are not touched.
    """
    from prefect.automations import AutomationCore
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture
    from prefect.events.schemas.events import ResourceSpecification

    beat = "prefect.flow-run.heartbeat"
    ends = {f"prefect.flow-run.{n}" for n in ("Completed", "Failed", "Cancelled", "Crashed")}
    wanted = AutomationCore(
        name=WATCH_NAME,
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={beat},
            expect={beat, *ends},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}
            ),
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=after_s),
        ),
        actions=[
            ChangeFlowRunState(
                name=None,
                state=StateType.CRASHED,
                force=False,
                message=f"No sign of life for {after_s:g} s.",
            )
        ],
    )
    with get_client(sync_client=True) as client:
        old = client.read_automations_by_name(WATCH_NAME)
        if any(
            one.model_dump(include=set(_WATCH)) == wanted.model_dump(include=set(_WATCH))
            for one in old
        ):
            return  # a new one would know nothing of runs that fell silent before it
        for one in old:
            client.delete_automation(one.id)
        client.create_automation(wanted)


def serve(
    deployments: Sequence[Deployed], most_runs: int, ready: Callable[[], None] = lambda: None
) -> None:
    """Register deployments, call `ready`, and run what falls due until stopped (Ctrl-C, TERM).

    Stopping pauses the schedules and ends runs under way; those commit nothing.
    """
    from prefect.runner import Runner

    class Stopping(Runner):
        def handle_sigterm(self, *_: Any, **__: Any) -> None:
            sys.exit(0)  # unwinds what Ctrl-C does; Prefect's own never awaits its stop

    runner = Stopping(
        name="pressdiff", heartbeat_seconds=HEARTBEAT_S, limit=most_runs, pause_on_shutdown=True
    )
    for one in deployments:
        runner.add_deployment(deployment_of(one))
    ready()
    asyncio.run(runner.start())
