"""Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, and picks the proxy for a URL.

httpx reads them too late (inside a request), knows fewer forms and has messages of its own; with a
custom transport, as here, it does not read them at all.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from kiecli.errors import ConfigError
from kiecli.urls import DEFAULT_PORTS, is_loopback

_HINT = "name an http:// or https:// proxy there, or set NO_PROXY"


class ProxyAddress(NamedTuple):
    """The address of a proxy, checked."""

    scheme: str
    """`http` or `https`: the protocol to the proxy itself."""
    host: str
    port: int
    auth: tuple[bytes, bytes] | None = None
    """User and password, decoded."""


_Setting = tuple[str, str]  # the variable's name as it was found, and its value


class ProxySettings:
    """The proxy variables of the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read the variables, in the order of precedence that urllib, requests and httpx share.

        Lower-case names win over others; an empty value counts as unset, and an empty lower-case
        one unsets the other.
        """
        self._settings: dict[str, _Setting] = {}
        found = [name for name in environ if name.lower().endswith("_proxy")]
        # A CGI script finds what the client sent as its `Proxy` header in HTTP_PROXY
        # (CVE-2016-1000110).
        if "REQUEST_METHOD" in environ:
            found = [name for name in found if name.lower() != "http_proxy" or name.islower()]
        for name in sorted(found, key=str.islower):
            self._settings[name.lower()] = (name, environ[name].strip(" \t\r\n\"'"))

    def proxy_for(self, scheme: str, host: str, port: int | None) -> ProxyAddress | None:
        """Return the proxy for a URL, or None to connect directly.

        Args:
            scheme: `http` or `https`.
            host: In lower case, IPv6 without brackets.
            port: None is the scheme's own.

        Raises:
            ConfigError: The proxy's address cannot be used.
        """
        setting = self._setting(f"{scheme}_proxy") or self._setting("all_proxy")
        # To a proxy, localhost is the proxy's own machine.
        if setting is None or is_loopback(host):
            return None
        exempt = self._setting("no_proxy")
        if exempt and is_exempt(host, port or DEFAULT_PORTS.get(scheme), exempt[1]):
            return None
        return parse_proxy(*setting)

    def _setting(self, name: str) -> _Setting | None:
        setting = self._settings.get(name)
        return setting if setting and setting[1] else None


def is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Return True if a NO_PROXY list names the host, a domain above it, or everything.

    Entries are separated by commas or white space: `host`, `.host`, `*.host`, an IP address or a
    block of them (`10.0.0.0/8`), each with or without `:port`, and `*`. A final dot makes no
    difference, in the host neither: it only says that the name is complete (RFC 1034, 3.1).
    """
    host = host.removesuffix(".")
    entries = [entry for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry]
    return "*" in entries or any(_matches(host, port, entry) for entry in entries)


def _matches(host: str, port: int | None, entry: str) -> bool:
    name, _, wanted = entry.rpartition(":")
    if not (wanted.isdecimal() and (":" not in name or name.endswith("]"))):
        name, wanted = entry, ""  # without a port; or an IPv6 address without brackets
    if wanted and wanted != str(port):
        return False
    if "/" in name:
        return _is_in_block(host, name)
    name = name.removeprefix("*").strip(".").strip("[]")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_in_block(host: str, block: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        # Not strict, like curl: 10.1.2.3/8 is the block that 10.1.2.3 is in.
        return ip_address(host) in ip_network(block, strict=False)
    except ValueError:  # the host has a name, or it is no block
        return False


def parse_proxy(variable: str, address: str) -> ProxyAddress:
    """Parse the address of a proxy; without a scheme it is `http`.

    Args:
        variable: The environment variable that has it, for messages.
        address: The address, without quotes or white space around it.

    Raises:
        ConfigError: It cannot be used; user and password stay out of the message.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address
    login, at, place = rest.rpartition("@")
    if any(character in login for character in "#/@?"):
        raise ConfigError(
            f"the proxy in {variable} ({place}) cannot be used: its user or password contains"
            " a raw '#', '/', '?' or '@'",
            hint="percent-encode it there: %23 for '#', %2F for '/', %3F for '?', %40 for '@'",
        )
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if scheme.lower() not in DEFAULT_PORTS or not re.fullmatch(r"(?a)[\w.:-]+", host) or port == 0:
        shown = f"{scheme}://{place}" if separator else place
        raise ConfigError(f"the proxy in {variable} ({shown}) cannot be used", hint=_HINT)
    return ProxyAddress(
        scheme.lower(), host, port or DEFAULT_PORTS[scheme.lower()], _auth(login) if at else None
    )


def _auth(login: str) -> tuple[bytes, bytes]:
    user, _, password = login.partition(":")
    return unquote_to_bytes(user), unquote_to_bytes(password)
