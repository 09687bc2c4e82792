"""WARC files of other tools: statuses, types, revisits and listings are no releases."""

import base64
import hashlib
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.flows.shell import Shell

HEADLINE = "Observers of the Council took part in the exercise near Minsk"
SITE = "https://en.odkb-csto.org"
PAGE = (
    f"<html><body><h1>{HEADLINE}</h1><div class='news-detail'><span class='news-date-time'>"
    "14.05.2024</span>On May 13, 2024, in Minsk, observers took part in the exercise of the "
    "Council's forces.<br><br>The Chairman thanked them all.</div></body></html>"
).encode()
LISTING = (
    b"<html><body><h1>News of the Organization</h1><div><p>On May 13, 2024, in Minsk, observers "
    b"took part in the exercise.</p><p>A meeting was held in Astana on 12 May 2024.</p></div>"
)


class Crawl:
    """A WARC file as a crawler writes it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = WARCWriter(self._file, gzip=True)

    def response(
        self, url: str, day: int, body: bytes, status: str = "200 OK", kind: str = "text/html"
    ) -> None:
        """One exchange."""
        http = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        self._add(url, day, "response", body, http)

    def revisit(self, url: str, day: int, of: bytes) -> None:
        """The same bytes again, named by their SHA-1 as most tools do."""
        digest = "sha1:" + base64.b32encode(hashlib.sha1(of).digest()).decode()
        http = StatusAndHeaders("200 OK", [], protocol="HTTP/1.1")
        self._writer.write_record(
            self._writer.create_revisit_record(
                url, digest, url, "2024-06-01T00:00:00Z", http_headers=http,
                warc_headers_dict={"WARC-Date": f"2024-06-{day:02}T00:00:00Z"},
            )
        )  # fmt: skip

    def _add(self, url: str, day: int, kind: str, body: bytes, http: StatusAndHeaders) -> None:
        self._writer.write_record(
            self._writer.create_warc_record(
                url, kind, payload=BytesIO(body), http_headers=http,
                warc_headers_dict={"WARC-Date": f"2024-06-{day:02}T00:00:00Z"},
            )
        )  # fmt: skip

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def test_a_crawl_is_told_apart(shell: Shell) -> None:
    crawl = Crawl(shell.folder / "crawl.warc.gz")
    url = f"{SITE}/news/news_odkb/observers/"
    crawl.response(url, 1, PAGE)
    crawl.revisit(url, 2, PAGE)
    crawl.response(f"{SITE}/news/", 1, LISTING)
    crawl.response(f"{SITE}/picture.jpg", 1, b"\xff\xd8\xff", kind="image/jpeg")
    crawl.response(f"{SITE}/news/news_odkb/gone/", 1, PAGE, "404 Not Found")
    crawl.response(f"{SITE}/news/news_odkb/away/", 1, b"", "410 Gone")
    crawl.response(f"{SITE}/news/news_odkb/old/", 1, b"", "301 Moved Permanently")
    crawl.response(f"{SITE}/news/news_odkb/down/", 1, PAGE, "503 Service Unavailable")
    crawl.close()
    ran = shell("ingest", "crawl.warc.gz", "--source", "csto")
    assert ran.code == 3, ran.err  # the 503 could not be read
    rows = shell.sql("select url, outcome, release_id from captures order by captured_at, url")
    found = {(row["url"].removeprefix(SITE), row["outcome"]) for row in rows}
    assert found == {
        ("/news/", "discovery"),
        ("/news/news_odkb/away/", "gone"),
        ("/news/news_odkb/down/", "failed"),
        ("/news/news_odkb/gone/", "missing"),
        ("/news/news_odkb/observers/", "new"),
        ("/news/news_odkb/observers/", "unchanged"),
        ("/news/news_odkb/old/", "moved"),
        ("/picture.jpg", "discovery"),
    }
    (release,) = shell.sql("select url, headline, first_seen_at, last_seen_at from releases")
    assert release["url"] == url
    assert release["last_seen_at"] == "2024-06-02T00:00:00+00:00"
    assert shell("verify").code == 0
    before = shell.sql("select * from captures order by all")
    assert shell("ingest", "crawl.warc.gz", "--source", "csto").code == 0  # nothing new in it
    assert shell.sql("select * from captures order by all") == before


def test_a_revisit_of_bytes_nobody_has_is_said(shell: Shell) -> None:
    crawl = Crawl(shell.folder / "part.warc.gz")
    crawl.response(f"{SITE}/news/news_odkb/observers/", 1, PAGE)
    crawl.revisit(f"{SITE}/news/news_odkb/other/", 2, b"bytes of another file")
    crawl.close()
    ran = shell("ingest", "part.warc.gz", "--source", "csto")
    assert ran.code == 3
    assert "repeats a record that is not in this file" in ran.err
    assert shell.sql("select count(*) as n from releases") == [{"n": 1}]


def test_evidence_can_be_ingested_again_elsewhere(seeded: Shell, tmp_path: Path) -> None:
    """A warehouse lost but for its WARC files is made again from them."""
    (warc,) = (seeded.folder / "data/evidence").rglob("*.warc.gz")
    other = Shell(tmp_path / "other")
    other.folder.mkdir()
    assert other("ingest", str(warc), "--source", "csto").code == 0
    query = "select headline, published_on, text, first_seen_at from releases order by headline"
    assert other.sql(query) == seeded.sql(query)
