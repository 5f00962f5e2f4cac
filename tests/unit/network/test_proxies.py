"""Which proxy leads where, and which settings cannot be used."""

import pytest

from kiecli.errors import ConfigError
from kiecli.network.proxies import ProxyAddress, ProxySettings, is_exempt, parse_proxy

PROXY = ProxyAddress("http", "proxy.test", 3128)
HERE = "http://proxy.test:3128"
THERE = "http://other.test:1"


@pytest.mark.parametrize(
    ("environ", "scheme", "is_proxied"),
    [
        ({"HTTP_PROXY": HERE}, "http", True),
        ({"http_proxy": HERE}, "http", True),
        ({"Http_Proxy": HERE}, "http", True),
        ({"HTTPS_PROXY": HERE}, "https", True),
        ({"ALL_PROXY": HERE}, "https", True),
        ({"all_proxy": HERE}, "http", True),
        ({"HTTP_PROXY": HERE}, "https", False),
        ({"HTTPS_PROXY": HERE}, "http", False),
        ({}, "http", False),
        # The one of the scheme comes first, then the one in lower case.
        ({"ALL_PROXY": THERE, "HTTP_PROXY": HERE}, "http", True),
        ({"HTTP_PROXY": THERE, "http_proxy": HERE}, "http", True),
        ({"http_proxy": HERE, "HTTP_PROXY": THERE}, "http", True),
        # Empty is unset, and hides what stands in upper case.
        ({"HTTP_PROXY": HERE, "http_proxy": ""}, "http", False),
        ({"HTTP_PROXY": "", "ALL_PROXY": HERE}, "http", True),
        # What a client of a CGI script could have sent.
        ({"HTTP_PROXY": HERE, "REQUEST_METHOD": "GET"}, "http", False),
        ({"http_proxy": HERE, "REQUEST_METHOD": "GET"}, "http", True),
        ({"HTTPS_PROXY": HERE, "REQUEST_METHOD": "GET"}, "https", True),
        # What is pasted along.
        ({"HTTP_PROXY": f'"{HERE}"\r\n'}, "http", True),
        ({"HTTP_PROXY": f" '{HERE}' "}, "http", True),
        ({"HTTP_PROXY": "\n"}, "http", False),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "kie.test"}, "http", False),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "kie.test", "no_proxy": ""}, "http", True),
        ({"HTTP_PROXY": HERE, "NO_PROXY": "kie.test:80"}, "http", False),
        ({"HTTPS_PROXY": HERE, "NO_PROXY": "kie.test:443"}, "https", False),
        ({"HTTPS_PROXY": HERE, "NO_PROXY": "kie.test:80"}, "https", True),
    ],
)
def test_a_proxy_comes_from_its_scheme_variable_or_all_proxy(
    environ: dict[str, str], scheme: str, is_proxied: bool
) -> None:
    proxy = ProxySettings(environ).proxy_for(scheme, "kie.test", None)
    assert proxy == (PROXY if is_proxied else None)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_never_reached_through_a_proxy(host: str) -> None:
    settings = ProxySettings({"ALL_PROXY": "socks5://nobody"})
    assert settings.proxy_for("http", host, 8080) is None


@pytest.mark.parametrize(
    ("no_proxy", "expected"),
    [
        ("api.kie.test", True),
        ("kie.test", True),
        (".kie.test", True),
        ("*.kie.test", True),
        ("KIE.test", True),
        ("*", True),
        ("kie.test:81", True),
        ("*.kie.test:81", True),
        ("other.test,kie.test", True),
        ("other.test kie.test", True),
        ("other.test\t\nkie.test", True),
        (" other.test ,, * ", True),
        ("kie.test:82", False),
        ("other.test", False),
        ("ie.test", False),
        ("*ie.test", False),
        ("www.api.kie.test", False),
        ("kie.test.", True),
        (".kie.test.:81", True),
        ("api.kie.test.", True),
        ("*.", False),
        ("", False),
        (" , ", False),
        (".", False),
        (":81", False),
    ],
)
def test_no_proxy_exempts_hosts_by_name_domain_and_port(no_proxy: str, expected: bool) -> None:
    assert is_exempt("api.kie.test", 81, no_proxy) is expected


@pytest.mark.parametrize(
    ("no_proxy", "expected"),
    [
        ("2001:db8::5", True),
        ("[2001:db8::5]", True),
        ("[2001:db8::5]:81", True),
        ("[2001:db8::5]:82", False),
        ("2001:db8::6", False),
        ("2001:db8::/32", True),
        ("2001:db9::/32", False),
        ("10.0.0.0/8", False),
    ],
)
def test_no_proxy_exempts_ip_addresses_with_and_without_port(no_proxy: str, expected: bool) -> None:
    assert is_exempt("2001:db8::5", 81, no_proxy) is expected


@pytest.mark.parametrize(
    ("no_proxy", "expected"),
    [
        ("10.0.0.0/8", True),
        ("10.1.2.3/8", True),
        ("10.1.2.3/32", True),
        ("10.0.0.0/8:81", True),
        ("other.test, 192.168.0.0/16 10.0.0.0/8", True),
        ("0.0.0.0/0", True),
        ("10.0.0.0/8:82", False),
        ("10.1.2.4/31", False),
        ("192.168.0.0/16", False),
        ("10.0.0.0/33", False),
        ("10.0.0.0/", False),
        ("10/8", False),
        ("/8", False),
        ("2001:db8::/32", False),
    ],
)
def test_no_proxy_exempts_blocks_of_ip_addresses(no_proxy: str, expected: bool) -> None:
    assert is_exempt("10.1.2.3", 81, no_proxy) is expected


@pytest.mark.parametrize(
    ("no_proxy", "expected"),
    [("kie.test", True), ("api.kie.test.", True), ("10.0.0.0/8", False), ("test.", True)],
)
def test_no_proxy_exempts_hosts_with_a_final_dot(no_proxy: str, expected: bool) -> None:
    assert is_exempt("api.kie.test.", 81, no_proxy) is expected


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://proxy.test:3128", PROXY),
        ("proxy.test:3128", PROXY),
        ("HTTP://Proxy.Test:3128/", PROXY),
        ("http://proxy.test", ProxyAddress("http", "proxy.test", 80)),
        ("https://proxy.test", ProxyAddress("https", "proxy.test", 443)),
        ("http://[::1]:3128", ProxyAddress("http", "::1", 3128)),
        (
            "http://me:p%23s%2Fs%40@proxy.test:3128",
            ProxyAddress("http", "proxy.test", 3128, (b"me", b"p#s/s@")),
        ),
        ("me@proxy.test:3128", ProxyAddress("http", "proxy.test", 3128, (b"me", b""))),
        (
            "http://me:päss:word@proxy.test:3128",
            ProxyAddress("http", "proxy.test", 3128, (b"me", "päss:word".encode())),
        ),
    ],
)
def test_a_proxy_address_is_parsed_with_its_login(address: str, proxy: ProxyAddress) -> None:
    assert parse_proxy("HTTP_PROXY", address) == proxy


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("socks5://proxy.test:1080", "socks5://proxy.test:1080"),
        ("socks5://me:canary@proxy.test:1080", "socks5://proxy.test:1080"),
        ("ftp://proxy.test", "ftp://proxy.test"),
        ("http://proxy.test:port", "http://proxy.test:port"),
        ("http://proxy.test:0", "http://proxy.test:0"),
        ("http://proxy.test:70000", "http://proxy.test:70000"),
        ("http://pröxy.test", "http://pröxy.test"),
        ("http://a b", "http://a b"),
        ("http://", "http://"),
        ("http://[", "http://["),
        ("me:canary@", ""),
        (":3128", ":3128"),
    ],
)
def test_what_is_no_proxy_is_a_setting_to_mend(address: str, shown: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_proxy("https_proxy", address)
    assert (refusal.value.message, refusal.value.hint) == (
        f"the proxy in https_proxy ({shown}) cannot be used",
        "name an http:// or https:// proxy there, or set NO_PROXY",
    )


@pytest.mark.parametrize("password", ["can#ary", "can/ary", "can@ary", "can?ary", "#", "a@b@c"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_what_must_be_encoded_in_a_password_is_advised(password: str, scheme: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_proxy("HTTPS_PROXY", f"{scheme}me:{password}@proxy.test:3128")
    message = "the proxy in HTTPS_PROXY (proxy.test:3128) cannot be used: "
    assert (refusal.value.message, refusal.value.hint) == (
        f"{message}its user or password contains a raw '#', '/', '?' or '@'",
        "percent-encode it there: %23 for '#', %2F for '/', %3F for '?', %40 for '@'",
    )
