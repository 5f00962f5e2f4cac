"""What is read from URLs and host names."""

import pytest

from kiecli.urls import (
    file_name_of,
    is_ip,
    is_loopback,
    is_web_address,
    percent_encode,
    server_of,
)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("::1", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("127.evil.test", False),
        ("127.0.0.1.nip.test", False),
        ("localhost.test", False),
        ("10.0.0.1", False),
        ("::2", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", True), ("::1", True), ("fe80::1", True), ("1.2.3", False), ("kie.ai", False)],
)
def test_which_names_are_addresses(host: str, address: bool) -> None:
    assert is_ip(host) is address


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://api.kie.ai/a?b", "api.kie.ai"),
        ("https://api.kie.ai:443", "api.kie.ai"),
        ("HTTPS://API.kie.ai:443", "api.kie.ai"),
        ("https://api.kie.ai:80", "api.kie.ai:80"),
        ("http://localhost:80", "localhost"),
        ("http://user:secret@127.0.0.1:8080/a", "127.0.0.1:8080"),
        ("http://[::1]/a", "::1"),
        ("http://[::1]:8080/a", "[::1]:8080"),
    ],
)
def test_a_server_is_named_with_its_port_unless_that_goes_without_saying(
    url: str, server: str
) -> None:
    assert server_of(url) == server


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("https://h/a.png", True),
        ("HTTP://h", True),
        ("https://user@h:8080/a b", True),
        ("https://", False),
        ("https://[", False),
        ("https://a b/c", False),
        ("https:///a", False),
        ("//h/a", False),
        ("ftp://h/a", False),
        ("data:image/png;base64,AA", False),
        ("", False),
    ],
)
def test_which_texts_are_web_addresses(text: str, is_address: bool) -> None:
    assert is_web_address(text) is is_address


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("https://h", "https://h"),
        ("https://h/a%20b?c={d}|e", "https://h/a%20b?c={d}|e"),
        ("https://h/my song.png", "https://h/my%20song.png"),
        ("https://h/a\tb\u3000c", "https://h/a%09b%E3%80%80c"),
        ("https://h/ü?q=ü#ü", "https://h/%C3%BC?q=%C3%BC#%C3%BC"),
        ("https://h/100% ü%20", "https://h/100%25%20%C3%BC%20"),
        ("https://h/\ud800", "https://h/%ED%A0%80"),
        ("https://müller.test/100%", "https://müller.test/100%"),
        ("https://müller.test/ü", "https://müller.test/%C3%BC"),
        ("https://h?q=//ü", "https://h?q=//%C3%BC"),
    ],
)
def test_white_space_and_unicode_are_percent_encoded(url: str, encoded: str) -> None:
    assert percent_encode(url) == encoded


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b.png", "b.png"),
        ("https://h/a%20b.png?x=/y.jpg#/z.gif", "a%20b.png"),
        ("https://h/a.png#b?c", "a.png"),
        ("https://h/a/", ""),
        ("https://h.tld", ""),
        ("https://h.tld?a/b.png", ""),
        ("a/b.png", "b.png"),
        ("data:image/png;base64,eA==", "png;base64,eA=="),
        ("", ""),
    ],
)
def test_the_file_name_of_a_url(url: str, name: str) -> None:
    assert file_name_of(url) == name
