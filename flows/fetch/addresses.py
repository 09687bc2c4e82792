"""Whom a source lets us contact: its hosts by name, and the addresses behind them.

A name is resolved once a run, its addresses are checked, and the connection goes to exactly those
addresses (`flows.fetch.wire`). A name server that changes its mind afterwards changes nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from parsers.model import Source

Resolver = Callable[[str, int], Sequence[str]]
"""From a host name and a port to the addresses behind it; raises OSError when there are none."""

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_KEEP = "!$%&'()*+,/:;=?@[]~"


class RefusedError(Exception):
    """We do not ask for this, by our own rules; the message says which. A retry does not help."""


class UnresolvedError(Exception):
    """No address is known for a host; a retry may help."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked for, as far as its text tells."""

    url: str
    """Absolute, ASCII, without fragment."""
    scheme: str
    host: str
    """Lower-case, ASCII; an IPv6 address without brackets."""
    port: int

    @property
    def origin(self) -> str:
        """What a robots.txt speaks for: scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        given = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{given}"


def resolve(host: str, port: int) -> list[str]:
    """The addresses the system knows for a host, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_global(address: str) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in.

    >>> [is_global(one) for one in ("8.8.8.8", "127.0.0.1", "224.0.0.1", "::ffff:10.0.0.1")]
    [True, False, False, False]
    >>> [is_global(one) for one in ("2606:4700::1111", "2002:7f00:1::", "64:ff9b::a00:1")]
    [True, False, False]
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_global(str(inner))
    return ip.is_global and not ip.is_multicast


def parse_target(url: str) -> Target:
    """The target a URL names. Raises RefusedError unless it is a plain http(s) URL.

    >>> parse_target("HTTP://Example.org:80/a b?q=\u00e9#top").url
    'http://example.org/a%20b?q=%C3%A9'
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise RefusedError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in _PORTS:
        raise RefusedError(f"{url!r} is neither http nor https")
    if "@" in parts.netloc:
        raise RefusedError(f"{url!r} holds a user name")
    host = _ascii_host(parts.hostname or "")
    if not _HOST.fullmatch(host):
        raise RefusedError(f"{url!r} names no host")
    bare = Target("", parts.scheme, host, port if port is not None else _PORTS[parts.scheme])
    path = quote(parts.path or "/", safe=_KEEP, errors="surrogateescape")
    query = quote(parts.query, safe=_KEEP, errors="surrogateescape")
    clean = urlunsplit((parts.scheme, urlsplit(bare.origin).netloc, path, query, ""))
    return Target(clean, bare.scheme, bare.host, bare.port)


def _ascii_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def join_location(url: str, location: str) -> str:
    """Where a Location header leads, or the header itself where that is no URL at all.

    Header bytes beyond ASCII are taken as UTF-8.
    """
    raw = location.encode("latin-1", "replace").decode("utf-8", "surrogateescape").strip()
    try:
        return urljoin(url, raw)
    except ValueError:
        return raw


class Gate:
    """What one source may contact in one run."""

    def __init__(self, source: Source, resolver: Resolver = resolve) -> None:
        self._hosts = _allowed(source)
        self._private = source.fetch.allow_private_addresses
        self._resolver = resolver
        self._known: dict[tuple[str, int], tuple[str, ...]] = {}

    def check(self, url: str) -> Target:
        """The target of a URL. Raises RefusedError for another scheme or host."""
        target = parse_target(url)
        if (target.host, target.port) not in self._hosts:
            raise RefusedError(f"{target.origin} is not among the source's hosts")
        return target

    def addresses(self, target: Target) -> tuple[str, ...]:
        """The checked addresses of a target's host, asked for once.

        Addresses that are not global are left out unless the source allows them; RefusedError
        when none is left, UnresolvedError when the host is not known.
        """
        key = (target.host, target.port)
        if key not in self._known:
            try:
                found = tuple(self._resolver(*key))
            except (OSError, UnicodeError) as error:
                raise UnresolvedError(f"{target.host} cannot be resolved: {error}") from error
            usable = tuple(one for one in found if self._private or is_global(one))
            if not found:
                raise UnresolvedError(f"{target.host} has no address")
            if not usable:
                raise RefusedError(f"{target.host} is at {found[0]}, which is not a public address")
            self._known[key] = usable
        return self._known[key]


def _allowed(source: Source) -> frozenset[tuple[str, int]]:
    """Host and port pairs. An entry without a port stands for the usual ones of both schemes."""
    entries = source.fetch.hosts
    if not entries and source.homepage is not None:
        home = parse_target(source.homepage)
        usual = home.port == _PORTS[home.scheme]
        return frozenset((home.host, port) for port in (_PORTS.values() if usual else [home.port]))
    allowed: set[tuple[str, int]] = set()
    for entry in entries:
        parts = urlsplit(f"//{entry}")
        host = _ascii_host(parts.hostname or "")
        ports = _PORTS.values() if parts.port is None else [parts.port]
        allowed |= {(host, port) for port in ports}
    return frozenset(allowed)
