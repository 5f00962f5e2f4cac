"""What can be read from URLs and host names, without asking a resolver."""

import re
from urllib.parse import quote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The port of each scheme that need not be named."""


def is_ip(host: str) -> bool:
    """Return True for an IP address; IPv6 comes without brackets."""
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return True for a host that is this machine, whatever a resolver would say."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(url: str) -> str:
    """Return the host of a URL, without its port."""
    return urlsplit(url).hostname or url


def server_of(url: str) -> str:
    """Return the host of a URL for messages, with the port unless it is the scheme's own.

    Raises:
        ValueError: Its port is not a number up to 65535.
    """
    parts = urlsplit(url)
    host = host_of(url)
    if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)):
        return host
    return f"[{host}]:{parts.port}" if ":" in host else f"{host}:{parts.port}"


def path_of(url: str) -> str:
    """Return the path of a URL, without query and fragment."""
    return urlsplit(url).path


def file_name_of(url: str) -> str:
    """Return the last part of a URL's path, percent-encoded as it stands; empty where it has none.

    A task may list hundreds of results, and the standard library's parser takes six times as long.
    """
    location, slashes, rest = url.partition("#")[0].partition("?")[0].partition("//")
    path = rest.partition("/")[2] if slashes else location
    return path.rpartition("/")[2]


def is_web_address(text: str) -> bool:
    """Return True for an absolute http or https URL; white space may only stand after its host."""
    if not text.lower().startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and not any(map(str.isspace, parts.netloc))
    except ValueError:
        return False


def percent_encode(url: str) -> str:
    """Return a URL with raw white space and Unicode behind its host percent-encoded (RFC 3986, 2).

    A URL without them is returned as it is: what it has encoded already is not encoded again. So is
    any other text.
    """
    is_encoded = url.isascii() and url.isprintable() and " " not in url  # nearly every URL
    if is_encoded or not is_web_address(url):
        return url
    scheme, host, rest = re.split(r"(//[^/?#]*)", url, maxsplit=1)
    if re.fullmatch(r"[!-~]*", rest):
        return url
    # Who writes `100% sure.png` means the sign, who writes `a%20b ü.png` the space.
    raw = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})")
    encoded = raw.sub(lambda found: quote(found[0].encode(errors="surrogatepass"), safe=""), rest)
    return f"{scheme}{host}{encoded}"
