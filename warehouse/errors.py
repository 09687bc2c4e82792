"""What can go wrong in this room. Every message is one sentence for a person, with what to do."""

import duckdb
import pyarrow as pa


class WarehouseError(Exception):
    """The command cannot go on. Nothing committed is lost; the message says whether to retry."""


class WarehouseBusyError(WarehouseError):
    """Another process holds the writer's lock; retrying later helps."""


class WarehouseMissingError(WarehouseError):
    """There is no warehouse here yet; `pressdiff run` or `pressdiff init` makes one."""


class SchemaTooNewError(WarehouseError):
    """The warehouse was written by a newer pressdiff; upgrading helps, retrying does not."""


class SchemaTooOldError(WarehouseError):
    """An older pressdiff wrote the warehouse, and a command that only reads cannot upgrade it."""


class WarcError(WarehouseError):
    """A WARC file is cut or not a WARC; what was read before the fault is kept."""


class QueryError(WarehouseError):
    """A user's SQL is not one SELECT over the views, or DuckDB refused it."""


AFTER_COMMIT_ERRORS = (duckdb.Error, OSError, WarehouseError, pa.ArrowException)
"""What may go wrong with the care of an archive after a run's commit; that is no failed run."""

DISK_FULL = "the disk is full; nothing of this run was committed: free some space and run again"
_FULL = ("no space left", "disk is full", "disk i/o", "could not write all bytes")
_REFUSED = ("read-only", "readonly", "permission denied")
_GONE = (
    "could not connect", "connection refused", "connection to server", "closed the connection",
    "terminating connection", "could not establish connection", "http get error", "http error",
    "http put", "unable to connect", "network connection", "connection error", "timeout",
    "not reached", "ssl syscall", "no connection", "http code 5",
    'execute query "rollback"',  # what is not even rolled back has lost its session
)  # fmt: skip


_OF_BUCKET = "AWS Error "
"""In what pyarrow says of an S3 service."""


def is_full(said: str) -> bool:
    """Whether a message tells of a full disk."""
    return any(sign in said.lower() for sign in _FULL)


def explain_storage(error: Exception) -> str | None:
    """One sentence for a fault that DuckDB reports of disk or catalog, or that a bucket's service
    is at; None for any other error."""
    if isinstance(error, OSError) and _OF_BUCKET in str(error):
        # `When uploading part for key '...' in bucket '...': AWS Error NETWORK_CONNECTION during
        # UploadPart operation: curlCode: 7, Couldn't connect to server; Details: ...`
        said = str(error).partition(_OF_BUCKET)[2].partition("; Details:")[0]
        return f"the bucket cannot be used ({said}); run again, nothing is taken twice"
    module = type(error).__module__
    if not module.startswith(("duckdb", "_duckdb")):
        return None
    said = str(error).strip().partition("\n")[0].rstrip(" :")
    lowered = str(error).lower()
    if is_full(lowered):
        return DISK_FULL
    if any(sign in lowered for sign in _REFUSED):
        return f"the warehouse cannot be written ({said}); nothing of this run was committed"
    if any(sign in lowered for sign in _GONE):
        # a server may die after COMMIT and before it says so: then the run stands
        return f"the warehouse cannot be reached ({said}); run again, nothing is taken twice"
    return f"the warehouse refused it ({said}); nothing of this run was committed"
