"""Where publishers send those who ask for a page that is gone: the home page, or a listing."""

import re
from urllib.parse import urljoin, urlsplit

from parsers.model import Source


class Landings:
    """The home page and listings of a source, without scheme: http and https twins are one."""

    def __init__(self, source: Source) -> None:
        home = source.homepage or ""
        self._plain = {_bare(home), _bare(urljoin(home, "/"))} if home else set()
        self._paged: list[re.Pattern[str]] = []
        for listing in source.discover.listings:
            template = urljoin(home, listing)
            if "{page}" not in urlsplit(template).path:
                self._plain.add(_bare(template.partition("?")[0]))
            pattern = re.escape(_bare(template)).replace(re.escape("{page}"), r"\d+")
            self._paged.append(re.compile(pattern))

    def has(self, url: str) -> bool:
        """Whether a URL is one of them."""
        bare = _bare(url)
        return bare in self._plain or any(one.fullmatch(bare) for one in self._paged)


def _bare(url: str) -> str:
    """Host, path without its last slash, and query; what is no URL stays as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"
