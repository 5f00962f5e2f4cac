"""What can be read from URLs and host names, without asking a resolver."""

from urllib.parse import urlsplit


def is_ip(host: str) -> bool:
    """Tell whether it is an address, IPv6 without its brackets."""
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether it means this machine, whatever a resolver would say."""
    from ipaddress import ip_address

    return ip_address(host).is_loopback if is_ip(host) else host == "localhost"


def host_of(url: str) -> str:
    """Return the host of a URL, for messages."""
    return urlsplit(url).hostname or url
