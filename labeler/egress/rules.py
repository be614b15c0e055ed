"""Which addresses of somebody else's servers may be asked. Pure: nothing is looked up or sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

LONGEST_URL = 2000
HTTPS = 443

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)")
_PUBLIC_6 = ip_network("2000::/3")
_CLOSED = tuple(
    ip_network(each)
    for each in (
        # IPv4: this network, private, shared, loopback, link-local with the clouds' metadata, protocol assignments,
        # documentation, 6to4 relays, benchmarks, multicast, reserved and broadcast (IANA special-purpose registry)
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        # a public address at which one cloud serves its machines' metadata
        "168.63.129.16/32",
        # IPv6 inside of the public range: protocol assignments with Teredo, documentation, 6to4. Everything outside of
        # it is closed as a whole: loopback, mapped and compatible IPv4, NAT64, unique-local, link-local, multicast
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip


class Closed(Exception):
    """The address may not be asked; the words say why, and what would help."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked: `path` begins with a slash and has the query."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host, with its port where that is not the usual one."""
        return self.host if self.port == HTTPS else f"{self.host}:{self.port}"


def is_public(address: str) -> bool:
    """Whether an address, as the system writes it, is one of the open internet."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address) and (known.scope_id or known not in _PUBLIC_6):
        return False
    return not any(known in each for each in _CLOSED if each.version == known.version)


def parse_hosts(text: str) -> frozenset[tuple[str, int]]:
    """The hosts of an allow-list: names with commas or spaces between, each with `:port` where it is not 443.

    Raises ValueError, for addresses in numbers too: they are what the list keeps out.
    """
    found = set()
    for each in re.split(r"[,\s]+", text.strip().lower()):
        if not each:
            continue
        name, _, port = each.partition(":")
        if not _is_name(name) or (port and not (port.isdecimal() and 0 < int(port) < 65_536)) or each.endswith(":"):
            raise ValueError(f"{each!r} is not the name of a host, such as hooks.example.org or hooks.example.org:8443")
        found.add((name, int(port or HTTPS)))
    return frozenset(found)


def _is_name(name: str) -> bool:
    """Whether this is a full host name in plain letters, and no number in any spelling (decimal, octal, hex, short)."""
    last = name.rpartition(".")[2]
    return len(name) <= 253 and bool(_NAME.fullmatch(name)) and not _NUMBER.fullmatch(last)


def target(url: str, hosts: frozenset[tuple[str, int]]) -> Target:
    """What an address names, when `hosts` has it; empty, nobody may be asked. Raises Closed with what would help."""
    if len(url) > LONGEST_URL or not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise Closed(
            f"Write the address in at most {LONGEST_URL:,} plain characters, without spaces. A name in other letters "
            "is written in its xn-- form."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Closed("This is not an address. Write it like https://hooks.example.org/labels") from None
    if parts.scheme != "https":
        raise Closed("Only https is used. Write the address like https://hooks.example.org/labels")
    if "@" in parts.netloc:
        raise Closed("An address with a name or a password in it is not used. Take them out.")
    if parts.fragment or url.endswith("#"):
        raise Closed("Leave out # and what follows: it is never sent.")
    host = parts.hostname or ""
    if not _is_name(host):
        raise Closed(
            "Write the full name of a host, such as hooks.example.org. Numbers, short names and a dot at the end are "
            "not used."
        )
    if not hosts:
        raise Closed("This installation sends nothing out. Its operator can allow hosts with LABELER_EGRESS_HOSTS.")
    found = Target(host, port or HTTPS, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    if (found.host, found.port) not in hosts:
        raise Closed(
            f"{found.authority} is not among the hosts that the operator has allowed. Ask for it to be added to "
            "LABELER_EGRESS_HOSTS."
        )
    return found


def parse_proxy(text: str) -> tuple[str, int]:
    """The host and port of the operator's forward proxy, from an address like http://proxy.internal:3128.

    Raises ValueError. It takes no name and password: it is asked from this machine alone.
    """
    parts = urlsplit(text.strip())
    if parts.scheme != "http" or not parts.hostname or parts.port is None or parts.path.strip("/") or "@" in text:
        raise ValueError("Write the proxy like http://proxy.internal:3128, without a name, a password or a path.")
    return parts.hostname, parts.port
