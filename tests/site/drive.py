"""A tracker driven from pass to pass against the site.

**How a pass is started stands in one place, `run_in_process`**: `pressdiff run` through the command
line, with the clock and the waiting of its `Effects` replaced by the site's clock. A tracker that
takes its clock elsewhere is wired there and nowhere else. `run_as_command` starts the command a
user would, on real time.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from unittest.mock import patch

from tests.flows.shell import Ran, Shell
from tests.site.clock import START, STEP, Clock, RealClock
from tests.site.faults import Fault, Severity, plan_faults
from tests.site.judge import Judge
from tests.site.judge_log import Cost, LogJudge
from tests.site.rows import Warehouse
from tests.site.script import make_world
from tests.site.server import OtherPort, Server
from tests.site.site import Site
from tests.site.source import write_config
from tests.site.truth import Pass, calm_passes, expect, incident_passes
from tests.site.world import Size, World

Recheck = Literal["all", "due"]


def run_in_process(shell: Shell, clock: Clock, *words: str) -> Ran:
    """`pressdiff run` in this process, on the site's clock."""
    with _on(clock):
        return shell("run", *words)


def run_as_command(shell: Shell, clock: Clock, *words: str) -> Ran:  # noqa: ARG001 - real time
    """`pressdiff run` as a process of its own."""
    return shell.command("run", *words)


Start = Callable[..., Ran]


@contextmanager
def _on(clock: Clock) -> Iterator[None]:
    """The command's effects with this clock. What else tells or takes time among them (a field
    `monotonic`) follows it too."""
    import flows.commands.intake as intake

    real = intake.effects_of

    def effects_of(*asked: Any) -> Any:
        effects = real(*asked)
        ours = {"now": clock.now, "sleep": clock.sleep, "monotonic": clock.monotonic}
        names = {one.name for one in fields(effects)}
        return replace(effects, **{name: one for name, one in ours.items() if name in names})

    with patch.object(intake, "effects_of", effects_of):
        yield


@dataclass(frozen=True, slots=True)
class Setting:
    """A world and how a tracker watches it."""

    world: World
    faults: tuple[Fault, ...]
    severity: Severity = field(default_factory=Severity)
    delay_s: float = 1.0
    crawl_delay_s: float | None = 2.0
    """robots.txt asks for more than the source file."""
    real_time: bool = False

    @classmethod
    def small(cls, seed: int) -> "Setting":
        """What `make test` has time for."""
        world = make_world(seed)
        return cls(world, plan_faults(world))

    @classmethod
    def large(cls, seed: int, severity: Severity) -> "Setting":
        """The whole proof: 15 steps of 200 releases."""
        world = make_world(seed, Size(200, 15, 20))
        return cls(world, plan_faults(world), severity)

    def on_real_time(self) -> "Setting":
        """The same without delays, for trackers that run as a process."""
        severity = replace(self.severity, retry_after_s=1)
        return replace(self, delay_s=0.0, crawl_delay_s=None, real_time=True, severity=severity)


class Drive:
    """The site under a tracker's visits; a context manager."""

    def __init__(self, setting: Setting, folder: Path, start: Start | None = None) -> None:
        self.setting = setting
        self.clock = RealClock() if setting.real_time else Clock()
        self.start = start or (run_as_command if setting.real_time else run_in_process)
        self.site = Site(
            setting.world, setting.faults, self.clock, setting.severity, setting.crawl_delay_s
        )
        self.server = Server(self.site, self.clock)
        self.other = OtherPort()
        self.site.other_origin = self.other.origin
        self.shell = Shell(folder)
        self.passes: list[Pass] = []
        self.told: list[str] = []
        """What each pass said on stderr."""
        self._exit = ExitStack()
        write_config(folder, self.server.port, setting.delay_s)

    def __enter__(self) -> "Drive":
        self._exit.enter_context(self.server)
        self._exit.enter_context(self.other)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._exit.close()

    def go(self, step: int, *, full: bool = False, recheck: Recheck = "all") -> Pass:
        """Let it be that step, and one pass look at it."""
        self.set_out(step)
        started_at = self.clock.now()
        words = ["--recheck", recheck, *(["--full"] if full else [])]
        ran = self.start(self.shell, self.clock, *words)
        self.told.append(ran.err)
        return self.arrived(step, started_at, full=full, recheck=recheck, code=ran.code)

    def set_out(self, step: int) -> None:
        """Turn site and clock to a step; its requests belong to the next pass."""
        self.clock.reach(START + step * STEP)
        self.site.turn_to(step)
        self.server.visit = len(self.passes)

    def arrived(
        self, step: int, started_at: Any, *, full: bool, recheck: Recheck, code: int
    ) -> Pass:
        """Write a finished pass down."""
        self.clock.sleep(0.001)  # so that no moment belongs to two passes
        number = len(self.passes)
        one = Pass(number, step, full, recheck, started_at, self.clock.now(), code)
        self.passes.append(one)
        return one

    def go_on(self) -> Iterator[Pass]:
        """All steps, one pass each, then a full one at a quiet step; some on the way are full."""
        steps = self.setting.world.size.steps
        for step in range(steps):
            yield self.go(step, full=step == steps // 2)
        yield self.go(steps, full=True)

    def unchanged(self) -> tuple[Pass, Cost, list[str]]:
        """One pass more in which nothing changed: what it cost, and what was dear."""
        one = self.go(self.passes[-1].step + 1, recheck="due")
        judge = self.log_judge()
        return one, judge.cost(self.server.hits, one), judge.unchanged(self.server.hits, one)

    def judge(self) -> Judge:
        """The judge of what is known by now."""
        world, faults = self.setting.world, self.setting.faults
        return Judge(
            expected=expect(world, faults, self.passes),
            passes=tuple(self.passes),
            origin=self.server.origin,
            must_open=incident_passes(world, self.passes),
            calm=calm_passes(world, faults, self.passes),
        )

    def log_judge(self) -> LogJudge:
        """The judge of manners."""
        asked = (self.setting.delay_s, self.setting.crawl_delay_s or 0.0)
        return LogJudge(self.setting.world, max(asked))

    def findings(self) -> list[str]:
        """Everything that is wrong by now, in the warehouse and in the log."""
        warehouse = Warehouse.read(self.shell.sql)
        manners = self.log_judge().findings(self.server.hits, self.passes, self.other.connections)
        return [*self.judge().findings(warehouse), *manners]
