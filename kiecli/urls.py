"""What a host name is, told without asking a resolver."""


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
