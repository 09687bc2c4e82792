"""A Prefect server of our own: on loopback, in one process, its database below the warehouse.

`python -m flows.prefect_server PORT` is that process. It ends when its standard input does, so that
none outlives the command that started it, whichever way that command died.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

from flows.errors import FlowError

HOST = "127.0.0.1"
_START_S = 120.0
_STOP_S = 15.0
_POLL_S = 0.1


class ServerError(FlowError):
    """The Prefect server cannot be reached or started; the message says why."""


def server_environment(folder: Path, port: int) -> dict[str, str]:
    """What Prefect's server, its runs and we ourselves must agree on, as environment variables."""
    api = f"http://{HOST}:{port}/api"
    return {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_UI_API_URL": api,  # the pages ask port 4200 without it
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        # kept in memory a slot would never be freed once the server is started again
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def own_server(folder: Path, port: int, environment: Mapping[str, str]) -> Iterator[str]:
    """A server that answers while the context lasts; yields the address of its pages.

    `environment` is `server_environment` of the same folder and port, or more. Raises ServerError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_taken(port)
    log = folder / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.prefect_server", str(port)],
            env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=said, stderr=said,
            start_new_session=True,  # Ctrl-C is ours; the server is stopped after the schedules
        )  # fmt: skip
    assert process.stdin is not None
    try:
        _await(process, port, log)
        yield f"http://{HOST}:{port}"
    finally:
        process.stdin.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def require_server(api_url: str) -> None:
    """Raise ServerError unless a Prefect server answers at this API address."""
    fault = _fault(api_url)
    if fault:
        raise ServerError(f"the Prefect server at {api_url} does not answer: {fault}")


def _refuse_taken(port: int) -> None:
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"port {port} of {HOST} cannot be taken ({(error.strerror or '').lower()}); "
                "name another with --port, or a server that runs already with PREFECT_API_URL"
            ) from error


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while _fault(f"http://{HOST}:{port}/api"):
        if process.poll() is not None:
            raise ServerError(f"the Prefect server ended as it started; {log} says why")
        if time.monotonic() > deadline:
            raise ServerError(f"the Prefect server gave no answer in {_START_S:.0f} s; see {log}")
        time.sleep(_POLL_S)


def _fault(api_url: str) -> str | None:
    """Why a server does not answer; None: it does."""
    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=10):
            return None
    except urllib.error.HTTPError as error:
        # asked to log in is an answer, too: the client that follows knows who we are
        return None if error.code in (401, 403) else f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or error).lower()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main(port: int) -> None:
    """Serve until standard input ends or a signal comes."""
    import uvicorn
    from prefect.server.api.server import create_app

    threading.Thread(target=_end_with_input, daemon=True).start()
    uvicorn.run(
        create_app(final=True), host=HOST, port=port, log_level="warning",
        timeout_graceful_shutdown=3,
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
