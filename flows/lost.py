"""The page a site shows for an address it does not have, under a 200: learned, not declared.

Once a run an address is made up and asked for. What answers with a 200 is the site's not-found
page, and a release's address that shows the same is missing.
"""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from parsers.model import Capture, Outcome, Reading
from parsers.signature import mask

ALIKE = 0.5
"""Share of the not-found page's own blocks that a page must show: tickers and menus differ."""


@dataclass(frozen=True, slots=True)
class LostPage:
    """A site's not-found page."""

    is_read: bool
    """Whether it reads as if it were a release."""
    title: str
    blocks: frozenset[str]
    """What it shows that ordinary pages of the site do not."""

    def fits(self, capture: Capture, reading: Reading | None) -> bool:
        """Whether a capture shows this page."""
        if reading is None or (reading.outcome is Outcome.READ) != self.is_read:
            return False
        title, blocks = _shown(capture, reading)
        if title != self.title:
            return False
        return len(self.blocks & blocks) >= ALIKE * len(self.blocks)


def learn_lost_page(
    capture: Capture, reading: Reading, ordinary: frozenset[str]
) -> LostPage | None:
    """The not-found page, from what answered at a made-up address; None: nothing tells it from
    the site's `ordinary` pages."""
    title, blocks = _shown(capture, reading)
    own = blocks - ordinary
    if not own:
        return None
    return LostPage(reading.outcome is Outcome.READ, title, own)


def made_up_url(model: str, run_id: str) -> str:
    """An address beside a known one that no publisher has, another in every run."""
    parts = urlsplit(model)
    folder, _, name = parts.path.rstrip("/").rpartition("/")
    token = sha256(run_id.encode()).hexdigest()[:20]
    suffix = "/" if parts.path.endswith("/") else name[name.rfind(".") :] if "." in name else ""
    return parts._replace(path=f"{folder}/{token}{suffix}", query="", fragment="").geturl()


def _shown(capture: Capture, reading: Reading) -> tuple[str, frozenset[str]]:
    """Title and blocks, with the address that some sites repeat in them masked."""
    if reading.sighting is not None:
        texts = [mask(one) for one in (reading.sighting.headline, *reading.sighting.paragraphs)]
    else:
        texts = list(reading.shown) or [""]
    name = mask(urlsplit(capture.url).path.rstrip("/").rpartition("/")[2])
    masked = [one.replace(name, "{}") if name else one for one in texts]
    return masked[0], frozenset(masked)
