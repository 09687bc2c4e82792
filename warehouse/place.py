"""Where a warehouse lies: in one folder, or its catalog in PostgreSQL and its files in a bucket."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a warehouse lies: the catalog, the Parquet files, the evidence, the lock.

    With `postgres` and `bucket` the folder holds only what a run has not yet committed.
    """

    root: Path
    postgres: str | None = None
    """libpq's connection string, without a password; None: a SQLite catalog in the folder."""
    bucket: str | None = None
    """`s3://bucket/prefix` of Parquet files and evidence; set when `postgres` is."""

    @property
    def scaled(self) -> bool:
        """Whether catalog and files lie outside the folder."""
        return self.postgres is not None

    @property
    def said(self) -> str:
        """What a person calls it."""
        return str(self.root) if self.bucket is None else self.bucket

    @property
    def catalog(self) -> Path:
        """The SQLite catalog of an embedded lake."""
        return self.root / "catalog.sqlite"

    @property
    def files(self) -> Path:
        """The Parquet files of an embedded lake."""
        return self.root / "files"

    @property
    def data_path(self) -> str:
        """The Parquet files, as DuckLake is told."""
        return f"{self.files}/" if self.bucket is None else f"{self.bucket}/files/"

    @property
    def evidence(self) -> Path:
        """The WARC files; scaled: those under way. Read them through `warehouse.evidence`."""
        return self.root / "evidence"

    @property
    def staging(self) -> Path:
        """What runs not yet committed have read; safe to delete when no run is under way."""
        return self.root / "staging"

    @property
    def lock(self) -> Path:
        """The writer's lock of an embedded lake."""
        return self.root / ".lock"

    @property
    def exists(self) -> bool:
        """Whether a lake was made here; True when only asking the catalog would tell."""
        return self.scaled or self.catalog.exists()
