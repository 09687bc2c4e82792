"""A site of a few pages on loopback, and `pressdiff` watching it day by day."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest

from tests.fetch.server import Reply, Server, answer, redirect
from tests.flows.shell import Ran, Shell
from tests.site.clock import Clock
from tests.site.drive import run_in_process

DAY = timedelta(hours=25)
LISTING = "/news/?PAGEN_1="
BODY = "The council met in {0}. It agreed on {0} plans for clean water and wrote them down."

_CONFIG = """[warehouse]
path = "data"
[http]
contact = "https://lakes.example/why"
[[source]]
use = "lakes.toml"
{schedule}
"""
_SOURCE = """id = "lakes"
name = "Council of Lakes"
homepage = "{root}/"
language = "en"
timezone = "UTC"
verified = true
[discover]
listings = ["/news/?PAGEN_1={{page}}"]
article = '^/news/[a-z0-9-]+/$|^/files/[^/]+\\.pdf$'
[fetch]
delay_s = {delay_s}
hosts = ["127.0.0.1:{port}"]
allow_private_addresses = true
[[layout]]
container = "div.release"
headline = "h1"
published = "time@datetime"
date_formats = ["%Y-%m-%d"]
body = "div.text"
teasers = ".latest li"
"""
SECOND_LAYOUT = """[[layout]]
container = "article"
headline = "h2"
published = "time@datetime"
date_formats = ["%Y-%m-%d"]
body = "section"
"""


def release(
    headline: str, body: str, day: str = "2026-02-27", aside: str = "", new: bool = False
) -> bytes:
    """A release's page; `new`: in the markup of the second layout."""
    box, title, text = ("article", "h2", "section") if new else ("div", "h1", "div")
    kinds = ("", "") if new else (' class="release"', ' class="text"')
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{headline}</title>
</head><body><{box}{kinds[0]}><{title}>{escape(headline)}</{title}><time datetime="{day}">{day}
</time><{text}{kinds[1]}><p>{escape(body)}</p></{text}></{box}>{aside}</body></html>""".encode()


def lost(number: int = 0) -> bytes:
    """The site's not-found page, which comes with a 200."""
    return (
        "<html><head><title>Oops</title></head><body><h3>Nothing lives at this address</h3>"
        f"<p>Perhaps it never did. Case {number}.</p></body></html>"
    ).encode()


class _Otherwise(dict[str, list[Reply]]):
    """Replies by path, and one for every other path."""

    def __init__(self, known: dict[str, list[Reply]], reply: Reply) -> None:
        super().__init__(known)
        self._reply = reply

    def get(self, path: str, _: object = None) -> list[Reply]:  # type: ignore[override]
        return super().get(path) or [self._reply]


class Watched:
    """The site, and the command line in a folder of its own."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.server, self.shell, self.clock = server, Shell(folder), Clock()
        self.links: dict[str, str] = {}
        self.configure()

    def configure(self, more: str = "", delay_s: float = 0.0, schedule: str | None = None) -> None:
        """Write the configuration; `more` is added to the source file."""
        line = f'schedule = "{schedule}"' if schedule else ""
        self.shell.write("pressdiff.toml", _CONFIG.format(schedule=line))
        source = _SOURCE.format(root=self.server.root, port=self.server.port, delay_s=delay_s)
        self.shell.write("lakes.toml", source + more)

    def has(self, path: str, *replies: Reply, link: str | None = None) -> None:
        """What stands at a path; `link`: the words under which the list names it."""
        self.server.on(path, *replies)
        if link is not None:
            self.links[path] = link

    def otherwise(self, reply: Reply) -> None:
        """What stands at every other path but robots.txt."""
        self.server.on("/robots.txt", answer(b"", "404 Not Found"))
        self.server.replies = _Otherwise(self.server.replies, reply)

    def publish(self, path: str, headline: str, body: str, **more: str) -> None:
        """A release, listed."""
        self.has(path, answer(release(headline, body, **more)), link=headline)

    def publish_many(self, many: int) -> None:
        """Releases /news/r0/ and on."""
        for n in range(many):
            self.publish(f"/news/r{n}/", f"Headline {n}", BODY.format(n))

    def listed(self, *pages: list[str]) -> None:
        """Let the list be these pages of paths, the last one again beyond its end; by default one
        of all."""
        shown = pages or (list(self.links),)
        for number in range(1, len(shown) + 3):
            paths = shown[min(number, len(shown)) - 1]
            items = "".join(f'<li><a href="{p}">{escape(self.links[p])}</a></li>' for p in paths)
            self.server.on(f"{LISTING}{number}", answer(f"<ul>{items}</ul>".encode()))

    def look(self, *words: str, wait: timedelta = DAY) -> Ran:
        """A run, a day after the last one."""
        self.clock.sleep(wait.total_seconds())
        self.server.log.clear()
        return run_in_process(self.shell, self.clock, *words)

    @property
    def asked(self) -> list[str]:
        """Paths of releases that the last run asked for, in order."""
        return [one for one in self.server.paths if one in self.links or one.startswith("/old")]

    def statuses(self) -> dict[str, str]:
        """Status by path."""
        rows = self.shell.sql("select url, status from releases")
        return {row["url"].removeprefix(self.server.root): row["status"] for row in rows}

    def roles(self) -> dict[str, str]:
        """Role by path."""
        rows = self.shell.sql("select url, role from release_urls")
        return {row["url"].removeprefix(self.server.root): row["role"] for row in rows}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """An empty site."""
    with Server() as server:
        yield Watched(tmp_path / "watch", server)


__all__ = ["BODY", "LISTING", "SECOND_LAYOUT", "Watched", "answer", "lost", "redirect", "release",
           "watched"]  # fmt: skip
