"""What can go wrong in this room. Every message is one sentence for a person, with what to do."""


class WarehouseError(Exception):
    """The command cannot go on. Nothing committed is lost; the message says whether to retry."""


class WarehouseBusyError(WarehouseError):
    """Another process holds the writer's lock; retrying later helps."""


class WarehouseMissingError(WarehouseError):
    """There is no warehouse here yet; `pressdiff run` or `pressdiff init` makes one."""


class SchemaTooNewError(WarehouseError):
    """The warehouse was written by a newer pressdiff; upgrading helps, retrying does not."""


class WarcError(WarehouseError):
    """A WARC file is cut or not a WARC; what was read before the fault is kept."""


class QueryError(WarehouseError):
    """A user's SQL is not one SELECT over the views, or DuckDB refused it."""
