"""`schedule`: every watched source by its cron, against a Prefect server."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flows.commands.shared import OK, Options, settings_of, speaker
from flows.deploy import Timetable, plan, serve, watch_for_dead_runs
from flows.errors import UsageError
from flows.prefect_server import ServerError, own_server, require_server, server_environment
from flows.settings import Settings
from flows.tracking import api_configured, configured_api

_PORTS = range(1, 65536)


def schedule(options: Options, port: int, most_runs: int) -> int:
    """Serve the deployments of the configuration until stopped."""
    if port not in _PORTS or most_runs < 1:
        raise UsageError("--port is from 1 to 65535, --most-runs at least 1")
    settings = settings_of(options)
    say = speaker(options)
    timetable = plan(settings)
    for note in timetable.notes:
        say(note)
    try:
        with _ended_by_term(), _server(settings, port) as pages:
            say(f"Prefect's pages are at {pages}")
            _serve(timetable, most_runs, say)
    except (KeyboardInterrupt, SystemExit):
        pass  # this is how it ends: Prefect, too, makes SystemExit of TERM
    say("stopped; the schedules are paused until the next `pressdiff schedule`")
    return OK


def _serve(timetable: Timetable, most_runs: int, say: Callable[[str], None]) -> None:
    from prefect.exceptions import PrefectHTTPStatusError

    for one in timetable.deployments:
        crons = ", ".join(f"{cron.expression} {cron.timezone}" for cron in one.crons)
        say(f"{one.flow}/{one.name}: {crons}")
    try:
        watch_for_dead_runs()
        serve(timetable.deployments, most_runs, lambda: say("running; Ctrl-C stops"))
    except PrefectHTTPStatusError as error:
        status, url = error.response.status_code, error.request.url
        raise ServerError(f"the Prefect server refused: HTTP {status} at {url}") from error


@contextmanager
def _ended_by_term() -> Iterator[None]:
    """Unwind at TERM from the first moment; Prefect takes it over once runs are served."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _server(settings: Settings, port: int) -> Iterator[str]:
    """The configured Prefect server, else one of our own; yields the address of its pages."""
    if api_configured():
        api_url = configured_api()
        require_server(api_url)
        yield api_url.removesuffix("/").removesuffix("/api")
        return
    folder = (settings.place.root / "prefect").resolve()
    environment = server_environment(folder, port)
    os.environ.update(environment)  # before Prefect is imported, and for the runs it starts
    with own_server(folder, port, environment) as pages:
        yield pages
