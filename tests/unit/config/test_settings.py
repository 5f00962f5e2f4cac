"""What each setting's value may be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiecli.config.settings import SETTINGS, Value, folder, get_setting
from kiecli.errors import ExitCode, UsageError
from kiecli.system.path_syntax import WindowsPaths
from tests.support.systems import needs_bytes_as_names, needs_home_folders_of_others


def test_the_table_of_settings() -> None:
    assert [setting[:3] for setting in SETTINGS] == [
        ("api-key", "KIE_API_KEY", None),
        ("base-url", "KIE_BASE_URL", "https://api.kie.ai"),
        ("dir", "KIECLI_DIR", "."),
        ("timeout", "KIECLI_TIMEOUT", "15m"),
    ]


def test_a_default_is_a_value_like_any_other() -> None:
    for setting in SETTINGS[1:]:
        assert setting.default is not None
        assert setting.read(setting.default) == setting.default


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("apikey", "'apikey' is not a setting", "did you mean 'api-key'?"),
        ("API_KEY", "'API_KEY' is not a setting", "did you mean 'api-key'?"),
        ("KIE_API_KEY", "'KIE_API_KEY' is not a setting", "did you mean 'api-key'?"),
        ("url", "'url' is not a setting", "did you mean 'base-url'?"),
        ("directory", "'directory' is not a setting", "did you mean 'dir'?"),
        ("colour", "'colour' is not a setting", "the settings are api-key, base-url, dir, timeout"),
        ("", "that is not a setting", "the settings are api-key, base-url, dir, timeout"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refusal:
        get_setting(name)
    assert (refusal.value.message, refusal.value.hint) == (message, hint)
    assert refusal.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "key", ["sk-1a", "0123456789abcdef0123456789abcdef", "sk-" + "x" * 40, "api-key=canary"]
)
def test_a_key_in_the_place_of_a_name_is_not_repeated(key: str) -> None:
    with pytest.raises(UsageError) as refusal:
        get_setting(key)
    assert refusal.value.message == "that is not a setting"
    assert key not in refusal.value.hint


_read_url = get_setting("base-url").read


def _refusal(url: str) -> str:
    """Why an address is refused."""
    with pytest.raises(ValueError, match=r".") as refusal:
        _read_url(url)
    return str(refusal.value)


_read_folder = get_setting("dir").read
_read_timeout = get_setting("timeout").read


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://api.kie.ai", "https://api.kie.ai"),
        (" https://api.kie.ai/\n", "https://api.kie.ai"),
        ("https://proxy.example.com:8443/kie/v2//", "https://proxy.example.com:8443/kie/v2"),
        ("HTTPS://API.Kie.AI", "HTTPS://API.Kie.AI"),
        ("https://api.kie.ai//", "https://api.kie.ai"),
        ("https://proxy.example.com/api/v1", "https://proxy.example.com/api/v1"),
        ("https://kie.internal.", "https://kie.internal."),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://10.0.0.7", "https://10.0.0.7"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("HTTP://LOCALHOST", "HTTP://LOCALHOST"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://api.kie.ai:65535", "https://api.kie.ai:65535"),
    ],
)
def test_base_urls_that_are_taken(url: str, read: str) -> None:
    assert _read_url(url) == read


@pytest.mark.parametrize(
    "url",
    [
        "https://api.kie.ai/api/v1",
        "https://api.kie.ai/api/v1/",
        "https://API.kie.ai.:443/v1",
        "https://api.kie.ai/api/v1/jobs/recordInfo",
    ],
)
def test_a_path_at_kies_own_host_is_refused(url: str) -> None:
    advice = "has a path, which kiecli adds itself: use https://api.kie.ai"
    assert _refusal(url) == f"{url!r} {advice}"


_NO_ADDRESSES = [
    "", " ", "api.kie.ai", "ftp://api.kie.ai", "https://", "https:///x", "https:api.kie.ai",
    "//api.kie.ai", "https://a..b", "https://.b", f"https://{'a' * 64}.de", "https://exa mple.de",
    "https://api.kie.ai\n.evil.de", "https://api.kie.ai/\tx", "https://api.kie.ai\x00",
    "https://kié.ai", "https://\u212aie.ai", "https://api.kie.ai:", "https://api.kie.ai:x",
    "https://api.kie.ai:65536", "https://api.kie.ai:-1", "https://[::1", "https://[::1]x",
    "https://x[::1]", "https://[::::]", "https://[fe80::1%25eth0]", "https://[v1.x]",
    "https://api.kie.ai\\x", "https://%61pi.kie.ai",
]  # fmt: skip


@pytest.mark.parametrize("url", _NO_ADDRESSES)
def test_what_is_no_address_of_the_web_is_refused_with_an_example(url: str) -> None:
    assert _refusal(url) == f"{url!r} is not a URL such as https://api.kie.ai"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.kie.ai",
        "http://127.evil.com",
        "http://127.0.0.1.evil.com",
        "http://127.1",
        "http://localhost.evil.com",
        "http://10.0.0.7",
        "http://0.0.0.0",
        "http://[2001:db8::1]",
        "HTTP://api.kie.ai",
    ],
)
def test_the_key_never_leaves_the_machine_in_clear_text(url: str) -> None:
    assert _refusal(url) == f"{url!r} would send the key unencrypted: use https"


@pytest.mark.parametrize("url", ["https://me:canary@api.kie.ai", "https://canary@api.kie.ai"])
def test_a_user_in_the_address_is_refused_unseen(url: str) -> None:
    assert _refusal(url) == "the address has a user name in it, which would not be sent"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:canary@api.kie.ai/v1", "https://****@api.kie.ai/v1"),
        (" HTTP://canary@api.kie.ai\n", " HTTP://****@api.kie.ai\n"),
        ("https://me:c@na/r?y@api.kie.ai", "https://****@api.kie.ai"),
        ("https://me:can\nary@api.kie.ai", "https://****@api.kie.ai"),
        ("me:canary@api.kie.ai", "****@api.kie.ai"),
        ("me:canary://x@api.kie.ai", "****@api.kie.ai"),
        ("https://@api.kie.ai", "https://****@api.kie.ai"),
        ("https://api.kie.ai/v1", "https://api.kie.ai/v1"),
    ],
)
def test_a_user_in_the_address_is_masked_where_the_value_is_shown(url: str, shown: str) -> None:
    setting = get_setting("base-url")
    assert Value(setting, url, "environment", setting.variable).shown == shown


@pytest.mark.parametrize("url", ["https://api.kie.ai?", "https://api.kie.ai/#x", "https://a/?b=c"])
def test_a_query_or_a_fragment_is_refused(url: str) -> None:
    assert _refusal(url) == f"{url!r} has a query or a fragment, which would be lost"


@given(st.text(max_size=40) | st.from_regex(r"https?://[^ ]{0,20}", fullmatch=True))
@settings(deadline=None)
def test_any_text_is_a_base_url_or_a_value_error(text: str) -> None:
    try:
        url = _read_url(text)
    except ValueError:
        return
    assert url.lower().startswith(("https://", "http://localhost", "http://127.", "http://[::1]"))


@pytest.mark.parametrize("folder", [".", "./out", "a b/ü", "/tmp/x/", "a~b", "-x", " x", "\udcff"])
def test_a_folder_stays_as_it_was_typed(folder: str) -> None:
    assert _read_folder(folder) == folder


def test_a_tilde_is_the_home_folder() -> None:
    import os

    home = os.path.expanduser("~")  # noqa: PTH111
    assert _read_folder("~/out") == os.path.join(home, "out")  # noqa: PTH118
    assert _read_folder("~") == home


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("", "the name of the folder is empty"),
        (" ", "the name of the folder is empty"),
        ("a\0b", r"'a\x00b' is not a valid folder name"),
        pytest.param("\ud800", r"'\ud800' is not a valid folder name", marks=needs_bytes_as_names),
        pytest.param(
            "~nobody-of-that-name/x",
            "the home folder of '~nobody-of-that-name/x' is not known",
            marks=needs_home_folders_of_others,
        ),
    ],
)
def test_what_can_be_no_folder_is_refused(folder: str, message: str) -> None:
    with pytest.raises(ValueError, match="folder") as refusal:
        _read_folder(folder)
    assert str(refusal.value) == message


def test_a_device_of_windows_is_no_folder_there() -> None:
    with pytest.raises(ValueError, match="device") as refusal:
        folder("out/con", WindowsPaths())
    assert str(refusal.value) == "'out/con': con is a device on Windows"
    assert folder("C:/out\\new", WindowsPaths()) == "C:/out\\new"
    assert folder("out\r\n", WindowsPaths()) == "out\r\n"  # as `config set dir -` reads it


def test_a_timeout_is_a_duration_and_may_be_zero() -> None:
    assert [_read_timeout(text) for text in (" 15m\n", "0", "900")] == ["15m", "0", "900"]
    with pytest.raises(ValueError, match=r"^'soon' is not a duration"):
        _read_timeout("soon")
