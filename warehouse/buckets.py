"""A bucket of an S3 service: whose it is comes from the environment, never from a configuration.

`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and where they apply `AWS_SESSION_TOKEN`, `AWS_REGION`
and `AWS_ENDPOINT_URL`, as other tools read them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import urlsplit

from warehouse.errors import WarehouseError

_READ_BYTES = 256 * 1024
"""A request's latency costs as much as that many bytes."""
_COPY_BYTES = 8 * 1024 * 1024
_ATTEMPTS = 4
_CONNECT_S = 10
_REQUEST_S = 60


@dataclass(frozen=True, slots=True)
class Access:
    """Who we are to an S3 service. Its `repr` shows no secret."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    region: str = "us-east-1"
    endpoint: str | None = None
    """`host:port`; None: the region's own."""
    tls: bool = True

    def secret_sql(self, scope: str) -> str:
        """The statement that tells DuckDB; never log it."""
        said = {
            "key_id": self.key_id,
            "secret": self.secret,
            "session_token": self.session_token,
            "region": self.region,
            "scope": scope,
        }
        if self.endpoint is not None:
            said |= {"endpoint": self.endpoint, "url_style": "path"}
        options = ", ".join(
            f"{name} '{value.replace(chr(39), 2 * chr(39))}'"
            for name, value in said.items()
            if value
        )
        return f"create secret warehouse (type s3, {options}, use_ssl {str(self.tls).lower()})"


def access_from(environ: Mapping[str, str] = os.environ) -> Access:
    """What the environment says. Raises WarehouseError when it names no key."""
    try:
        key_id, secret = environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"]
    except KeyError as error:
        raise WarehouseError(
            f"the files of this warehouse lie in a bucket, but {error.args[0]} is not set"
        ) from None
    url = urlsplit(environ.get("AWS_ENDPOINT_URL", ""))
    if url.scheme not in ("", "http", "https"):
        raise WarehouseError("AWS_ENDPOINT_URL must begin with http:// or https://")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Access(
        key_id, secret, environ.get("AWS_SESSION_TOKEN", ""), region,
        url.netloc or None, url.scheme != "http",
    )  # fmt: skip


class Bucket:
    """The objects below `s3://bucket/prefix`. A missing one raises FileNotFoundError, a service
    that cannot be reached OSError."""

    def __init__(self, url: str, access: Access) -> None:
        self.url = url
        self._below = url.removeprefix("s3://").rstrip("/")
        self._files = _filesystem(access)

    def put(self, path: Path, name: str) -> None:
        """Upload a file; it is there, whole, when this returns."""
        with path.open("rb") as source:
            self.put_stream(source, name)

    def put_stream(self, source: IO[bytes], name: str) -> None:
        """Upload what is read; it is there, whole, when this returns."""
        # compression is guessed from the name unless it is told
        target = self._files.open_output_stream(self._key(name), compression=None)
        try:
            with target:
                while part := source.read(_COPY_BYTES):
                    target.write(part)
        except BaseException:
            with suppress(OSError):  # closing made an object of the part that was sent
                self.remove(name)
            raise

    def open(self, name: str) -> BinaryIO:
        """An object to read and seek in."""
        raw = _Raw(self._files.open_input_file(self._key(name)))
        return BufferedReader(raw, _READ_BYTES)

    def length(self, name: str) -> int | None:
        """How many bytes an object has; None when there is none."""
        from pyarrow import fs

        (info,) = self._files.get_file_info([self._key(name)])
        return int(info.size) if info.type == fs.FileType.File else None

    def sizes(self, folder: str) -> Iterator[tuple[str, int]]:
        """(name below the folder, bytes) of every object in it; nothing when it is empty."""
        yield from ((name, size) for name, size, _ in self.objects(folder))

    def objects(self, folder: str) -> Iterator[tuple[str, int, datetime]]:
        """(name below the folder, bytes, when it was made) of every object in it."""
        from pyarrow import fs

        root = self._key(folder)
        selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
        for info in self._files.get_file_info(selector):
            if info.type == fs.FileType.File:
                made_at = info.mtime.astimezone(UTC)
                yield info.path.removeprefix(f"{root}/"), int(info.size or 0), made_at

    def remove(self, name: str) -> None:
        """Delete an object."""
        self._files.delete_file(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._below}/{name}"


class _Raw(RawIOBase):
    """A file of pyarrow's as one of Python's."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _filesystem(access: Access) -> Any:
    from pyarrow import fs

    return fs.S3FileSystem(
        access_key=access.key_id,
        secret_key=access.secret,
        session_token=access.session_token or None,
        region=access.region,
        endpoint_override=access.endpoint,
        scheme="https" if access.tls else "http",
        connect_timeout=_CONNECT_S,
        request_timeout=_REQUEST_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )
