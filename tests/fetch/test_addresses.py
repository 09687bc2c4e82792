"""Whom we contact: hosts of the source, at the addresses that were checked. Promises 4 and 5."""

import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.fetch.addresses import Gate, RefusedError, Target, parse_target
from flows.fetch.answer import Answer
from flows.fetch.fetcher import Fetcher
from parsers.model import Fetch, Source
from tests.fetch.conftest import Make
from tests.fetch.server import QUICK, Server, answer, source


def gate(homepage: str, *hosts: str, private: bool = False, at: str = "8.8.8.8") -> Gate:
    fetch = Fetch(hosts=hosts, allow_private_addresses=private)
    return Gate(Source("x", "X", homepage=homepage, fetch=fetch), lambda *_: [at])


@pytest.mark.parametrize(
    ("homepage", "hosts", "url", "allowed"),
    [
        ("https://example.org/", (), "http://example.org/a", True),
        ("https://example.org/", (), "https://EXAMPLE.org.:443/a", True),
        ("https://example.org/", (), "https://example.org:8443/a", False),
        ("https://example.org/", (), "https://www.example.org/a", False),
        ("http://127.0.0.1:8765/", (), "http://127.0.0.1:8765/a", True),
        ("http://127.0.0.1:8765/", (), "http://127.0.0.1/a", False),
        ("https://example.org/", ("files.example.org",), "https://files.example.org/a", True),
        ("https://example.org/", ("files.example.org",), "https://example.org/a", False),
        ("https://example.org/", ("[2606::1]:81",), "http://[2606::1]:81/a", True),
        ("https://xn--e1afmkfd.xn--p1ai/", (), "https://пример.рф/a", True),
    ],
)
def test_hosts_are_the_sources_own(
    homepage: str, hosts: tuple[str, ...], url: str, allowed: bool
) -> None:
    if allowed:
        assert gate(homepage, *hosts).check(url).url.isascii()
    else:
        with pytest.raises(RefusedError, match="not among the source's hosts"):
            gate(homepage, *hosts).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/a", "javascript:alert(1)", "//example.org/a",
        "http://user@example.org/", "http://example.org@evil.test/", "http://good\\@evil.test/",
        "http://evil.test\\.example.org/", "http:///a", "http://exa mple.org/", "http://[::1/",
        "http://example.org:99999/", "",
    ],
)  # fmt: skip
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(RefusedError):
        gate("https://example.org/").check(url)


def test_paths_keep_what_the_publisher_wrote() -> None:
    target = parse_target("http://h/a%7Eb/../c d/\u043f?x=%zz&y={1}#top")
    assert target.url == "http://h/a%7Eb/../c%20d/%D0%BF?x=%zz&y=%7B1%7D"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused_unless_allowed(address: str) -> None:
    target = Target("http://h/", "http", "h", 80)
    with pytest.raises(RefusedError, match="not a public address"):
        gate("http://h/", at=address).addresses(target)
    assert gate("http://h/", private=True, at=address).addresses(target) == (address,)


def test_a_private_homepage_is_refused_by_default(server: Server, make: Make) -> None:
    with make({"allow_private_addresses": False}) as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
    assert (fetched.answer, fetched.exchanges) == (Answer.REFUSED, ())
    assert server.log == []


class Rebinding:
    """A name server that gives a public address first and a private one ever after."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, *_: object) -> Sequence[str]:
        self.asked += 1
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


def test_a_name_is_resolved_once_and_its_checked_address_is_used(server: Server) -> None:
    names = Rebinding("127.0.0.1", "203.0.113.7")
    lakes = Source(
        "lakes", "Lakes", homepage=f"http://lakes.test:{server.port}/",
        fetch=Fetch(allow_private_addresses=True),
    )  # fmt: skip
    server.on("/page", answer())
    with Fetcher(
        lakes, "https://example.org/", "0.1", clock=server.fake.clock(), limits=QUICK,
        resolver=names,
    ) as fetcher:  # fmt: skip
        first = fetcher.get(f"http://lakes.test:{server.port}/page")
        second = fetcher.get(f"http://lakes.test:{server.port}/page")
    assert (first.answer, second.answer, names.asked) == (Answer.BODY, Answer.BODY, 1)
    assert server.log[-1].header("Host") == f"lakes.test:{server.port}"


def test_rebinding_to_a_private_address_reaches_nobody(server: Server) -> None:
    lakes = Source("lakes", "Lakes", homepage=f"http://lakes.test:{server.port}/")
    settings = {"clock": server.fake.clock(), "limits": QUICK}
    with Fetcher(
        lakes, "https://example.org/", "0.1", resolver=Rebinding("127.0.0.1"), **settings
    ) as fetcher:
        fetched = fetcher.get(f"http://lakes.test:{server.port}/page")
    assert fetched.answer is Answer.REFUSED
    assert server.log == []


def test_a_host_without_address_is_a_failure_that_is_retried(server: Server) -> None:
    asked = []

    def unknown(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        raise OSError("Name or service not known")

    lakes = Source("lakes", "Lakes", homepage="http://lakes.test/")
    with Fetcher(
        lakes, "https://example.org/", "0.1", clock=server.fake.clock(), resolver=unknown
    ) as fetcher:
        fetched = fetcher.get("http://lakes.test/page")
    assert fetched.answer is Answer.REFUSED  # without robots.txt nothing may be fetched
    assert "cannot be resolved" in (fetched.error or "")
    assert len(asked) == 3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `lakes.test`, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    path = folder / "both.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=lakes.test",
            "-addext", "subjectAltName=DNS:lakes.test",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "answer_wanted", "said"),
    [
        ("lakes.test", True, Answer.BODY, None),
        ("lakes.test", False, Answer.REFUSED, "self-signed certificate"),
        ("other.test", True, Answer.REFUSED, "certificate is not valid for 'other.test'"),
    ],
)
def test_certificates_are_verified_against_the_hosts_name(
    certificate: Path, host: str, trusted: bool, answer_wanted: Answer, said: str | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(tls=context) as server:
        server.on("/robots.txt", answer(b"", headers={"Content-Type": "text/plain"}))
        server.on("/page", answer())
        root = f"https://{host}:{server.port}"
        lakes = Source(
            "lakes", "Lakes", homepage=f"{root}/", fetch=Fetch(allow_private_addresses=True)
        )
        with Fetcher(
            lakes, "https://example.org/", "0.1", clock=server.fake.clock(), limits=QUICK,
            resolver=lambda *_: ["127.0.0.1"], ca_file=str(certificate) if trusted else None,
        ) as fetcher:  # fmt: skip
            fetched = fetcher.get(f"{root}/page")
        assert fetched.answer is answer_wanted
        assert (said or "") in (fetched.error or "")
        assert server.paths == (["/robots.txt", "/page"] if said is None else [])


def test_ports_of_others_are_never_contacted(server: Server, make: Make) -> None:
    with Server() as other:
        server.on("/away", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                  + f"Location: {other.root}/page\r\n\r\n".encode())  # fmt: skip
        server.on("/file", b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n"
                  b"Location: file:///etc/passwd\r\n\r\n")  # fmt: skip
        with make() as fetcher:
            away, file = fetcher.get(f"{server.root}/away"), fetcher.get(f"{server.root}/file")
        assert other.log == []
    assert [away.answer, file.answer] == [Answer.REFUSED, Answer.REFUSED]
    assert away.final_url == f"{other.root}/page"
    assert [hop.target for hop in file.hops] == ["file:///etc/passwd"]
    assert [one.status for one in away.exchanges] == [302]
    assert source(server).fetch.hosts == ()
