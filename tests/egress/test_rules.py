"""Which addresses may be asked: everything that could lead inside is refused before a name is looked up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from labeler.config import Settings
from labeler.egress.rules import Closed, Target, is_public, parse_hosts, parse_proxy, target

HOSTS = parse_hosts("hooks.example.org, hooks.example.org:8443\nxn--bcher-kva.example")


@pytest.mark.parametrize(
    ("url", "aim"),
    [
        ("https://hooks.example.org", Target("hooks.example.org", 443, "/")),
        ("https://HOOKS.Example.org:443/a/b?c=d&e", Target("hooks.example.org", 443, "/a/b?c=d&e")),
        ("https://hooks.example.org:8443/x", Target("hooks.example.org", 8443, "/x")),
        ("https://xn--bcher-kva.example/", Target("xn--bcher-kva.example", 443, "/")),
    ],
)
def test_what_the_operator_allows_may_be_asked(url: str, aim: Target) -> None:
    assert target(url, HOSTS) == aim


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd", "//hooks.example.org/", "",
        "https://", "https:///x", "https://hooks.example.org:99999/", "https://hooks.example.org:0x1bb/",
        # other hosts and ports, and names that only look alike
        "https://elsewhere.example.org/", "https://hooks.example.org:444/", "https://hooks.example.org.evil.example/",
        "https://evil.example/hooks.example.org", "https://a.hooks.example.org/", "https://example.org/",
        # a name, a password, or somebody who hopes that the other part is read
        "https://me:pw@hooks.example.org/", "https://hooks.example.org@evil.example/", "https://@hooks.example.org/",
        "https://evil.example\\@hooks.example.org/", "https://hooks.example.org\\.evil.example/",
        # a dot at the end, other letters, a part that is encoded
        "https://hooks.example.org./", "https://hooks。example。org/", "https://höoks.example.org/",
        "https://%68ooks.example.org/", "https://hooks.example.org%2eevil.example/", "https://hooks_x.example.org/",
        # lines and blanks
        "https://hooks.example.org/\r\nHost: evil.example", "https://hooks.example.org/a b", "https://hooks.exa\tmple.org/",
        "https://hooks.example.org/\0", " https://hooks.example.org/", "https://hooks.example.org/#x",
        f"https://hooks.example.org/{'x' * 2000}",
    ],
)  # fmt: skip
def test_what_is_not_plainly_an_allowed_address_is_refused(url: str) -> None:
    with pytest.raises(Closed):
        target(url, HOSTS)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.0x1",
        "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "[64:ff9b::7f00:1]", "localhost",
        "8.8.8.8", "0", "1.0x", "a.1", "metadata", "127.0.0.1.", "①②⑦.0.0.1",
    ],
)  # fmt: skip
def test_no_spelling_of_a_number_is_a_host_not_even_in_the_list(host: str) -> None:
    with pytest.raises(ValueError, match="not the name of a host"):
        parse_hosts(host)
    with pytest.raises(Closed):
        target(f"https://{host}/", HOSTS | {(host.strip("[]"), 443)})


def test_without_a_list_nobody_is_asked() -> None:
    assert parse_hosts(" ") == frozenset()
    with pytest.raises(Closed, match="sends nothing out"):
        target("https://hooks.example.org/", frozenset())


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "192.0.2.1", "198.51.100.1",
        "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1",
        "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
        "2001::1", "2002:7f00:1::", "100::1", "3fff::1", "5f00::1", "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111",
                                     "2a00:1450::1", "2001:4860:4860::8888"])  # fmt: skip
def test_an_address_of_the_open_internet_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_what_python_knows_as_not_global_is_never_public(address: object) -> None:
    assert not (is_public(str(address)) and not address.is_global)  # type: ignore[attr-defined]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_allowed_host_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.org/{text}"):
        try:
            assert target(url, HOSTS).host in ("hooks.example.org", "xn--bcher-kva.example")
        except Closed:
            pass


def test_settings_that_make_no_sense_stop_the_start() -> None:
    assert parse_proxy("http://10.0.0.7:3128") == ("10.0.0.7", 3128)
    for wrong in ("https://p:1", "http://p", "http://me:pw@p:1", "p:1", "http://p:1/x"):
        with pytest.raises(ValidationError):
            Settings(egress_proxy=wrong)
    with pytest.raises(ValidationError):
        Settings(egress_hosts="hooks.example.org, 127.0.0.1")
    assert Settings().egress.hosts == frozenset() and not Settings().egress.loopback
