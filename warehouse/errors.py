"""What can go wrong in this room. Every message is one sentence for a person, with what to do."""


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


def explain_storage(error: Exception) -> str | None:
    """One sentence for a fault that DuckDB reports of disk or catalog; None for any other error."""
    module = type(error).__module__
    if not module.startswith(("duckdb", "_duckdb")):
        return None
    said = str(error).strip().partition("\n")[0]
    lowered = said.lower()
    if "no space left" in lowered or "disk is full" in lowered or "disk i/o" in lowered:
        return "the disk is full; nothing of this run was committed: free some space and run again"
    if "read-only" in lowered or "readonly" in lowered or "permission denied" in lowered:
        return f"the warehouse cannot be written ({said}); nothing of this run was committed"
    return f"the warehouse refused it ({said}); nothing of this run was committed"
