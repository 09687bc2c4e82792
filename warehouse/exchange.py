"""One request and its answer as they went over the wire: what evidence keeps of a fetch."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered, wholly or in part."""

    url: str
    """Asked for; absolute, without fragment."""
    requested_at: datetime
    """When the request was sent: aware, UTC."""
    elapsed_s: float
    """From sending to the last byte, on a monotonic clock."""
    peer: str
    """The address that answered, `host:port`."""
    request_head: bytes
    """Request line and headers as sent, with the blank line."""
    response_head: bytes
    """Status line and headers as they came, with the blank line."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Of the answer, in order, names as sent."""
    payload: bytes
    """As sent: Content-Encoding kept, Transfer-Encoding removed."""
    body: bytes
    """Content-Encoding undone, charset not yet decoded."""
    truncated: str | None = None
    """Why the payload is not whole (WARC-Truncated: length, time, disconnect); None: it is."""

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None when it was not sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
