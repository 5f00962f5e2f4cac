"""The API key out of a pasted line, checked, masked."""

import pytest

from kiecli.config.settings import check_key, extract_key, mask_key

KEY = "sk-canary/0123+4567_89.ab"

_PASTED = [
    '"{}"', "'{}'", "`{}`", "\u201c{}\u201d", "{};", " \t{}\r\n",
    'export KIE_API_KEY="{}"', "export KIE_API_KEY={}", 'export KIE_API_KEY="{}";',
    "export KIE_API_KEY=\u201c{}\u201d", 'export KIE_API_KEY="Bearer {}"', "kie_api_key = {}",
    "KIE_API_KEY={}", 'KIE_API_KEY: "{}"', '"KIE_API_KEY": "{}",', "setenv KIE_API_KEY {}",
    "set -gx KIE_API_KEY {}", "set KIE_API_KEY={}", 'set "KIE_API_KEY={}"', "-e KIE_API_KEY={}",
    "setx KIE_API_KEY {}", 'setx KIE_API_KEY "{}"', 'setx KIE_API_KEY "{}" /M',
    "$env:KIE_API_KEY = '{}'", '$env:KIE_API_KEY="{}"',
    "[Environment]::SetEnvironmentVariable('KIE_API_KEY', '{}', 'User')",
    "Authorization: Bearer {}", '-H "Authorization: Bearer {}"', "'Authorization': 'Bearer {}',",
    "Bearer {}", "bearer {}", '"Bearer {}"', 'api-key: "{}"', '{{"api-key": "{}"}}',
]  # fmt: skip


@pytest.mark.parametrize("line", _PASTED)
def test_a_key_is_taken_out_of_a_pasted_line(line: str) -> None:
    assert check_key(line.format(KEY)) == KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ('""', "empty"),
        ("'", "empty"),
        ("canary\nsecond", "not one line of printable ASCII"),
        ("canary\tx", "not one line of printable ASCII"),
        ("canary\x7f", "not one line of printable ASCII"),
        ("canaryé", "not one line of printable ASCII"),
        ("\ufeffcanary", "not one line of printable ASCII"),
        ("canary\udcff", "not one line of printable ASCII"),
        (f"export KIE_API_KEY={KEY}\nexport OTHER=x", "not one line of printable ASCII"),
        (f"{KEY} {KEY}", None),
        (f"OTHER_KEY={KEY}", None),
        ("KIE_API_KEY=$KIE_API_KEY", None),
        ("KIE_API_KEY=<your key>", None),
        ("set KIE_API_KEY=%KEY%", None),
        (f'curl -H "Authorization: Bearer {KEY}" https://api.kie.ai', None),
        (f"KIE_API_KEY={'x' * 5000}", None),
    ],
)
def test_what_no_request_can_carry_is_refused_unseen(text: str, reason: str | None) -> None:
    with pytest.raises(ValueError, match="key") as refusal:
        check_key(text)
    assert str(refusal.value) == (
        f"the key is {reason}"
        if reason
        else "the key has a space or a '=' in it, so it is not the key alone"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$KIE_API_KEY", "the name of a variable, which no shell has replaced"),
        ('"${KIE_API_KEY}"', "the name of a variable, which no shell has replaced"),
        ("$env:KIE_API_KEY", "the name of a variable, which no shell has replaced"),
        ("%KIE_API_KEY%", "the name of a variable, which no shell has replaced"),
        ("****cdef", "a mask that is shown in its place, and not the key itself"),
        ("export KIE_API_KEY=***", "a mask that is shown in its place, and not the key itself"),
    ],
)
def test_what_stands_for_a_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="key") as refusal:
        check_key(text)
    assert str(refusal.value) == f"the key is {reason}"


@pytest.mark.parametrize("key", [KEY, "KIE_API_KEY", "a$b", "a,b", "100%", "a*b"])
def test_a_key_alone_stays_as_it_is(key: str) -> None:
    assert extract_key(key) == check_key(key) == key


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("0123456789abcdef", "****cdef"),
        (' "0123456789ab"\n', "****89ab"),
        ("0123456789a", "****"),
        ("", "****"),
        ("0123456789abc\x1b[1m", "****"),
        ("0123456789äöüß", "****"),
    ],
)
def test_a_mask_shows_the_last_four_of_a_long_key(key: str, shown: str) -> None:
    assert mask_key(key) == shown
