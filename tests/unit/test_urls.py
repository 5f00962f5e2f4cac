"""Which hosts are this machine, and which names are addresses."""

import pytest

from kiecli.urls import is_ip, is_loopback


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
