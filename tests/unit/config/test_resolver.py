"""Which value is in force, and the message where it cannot be used."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kiecli.config.resolver import Config, user_folder
from kiecli.errors import AccessError, ConfigError, KieError, UsageError
from tests.support.systems import WINDOWS, needs_home_folders_of_others, needs_modes

KEY = "canary-0123456789-key"
PAGE = "https://kie.ai/api-key"
BROKEN = "{"
MakeConfig = Callable[..., Config]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


@pytest.fixture
def config(path: Path) -> MakeConfig:
    """Make a Config over an environment and what the file holds."""

    def make(file: object = None, **environ: str) -> Config:
        if isinstance(file, str):
            path.write_text(file)
        elif file is not None:
            path.write_text(json.dumps(file))
            path.chmod(0o600)
        return Config({"KIECLI_CONFIG": str(path), **environ})

    return make


def in_force(config: Config, name: str, option: str | None = None) -> tuple[str, str, str]:
    value = config.value(name, option)
    return value.text, value.source, value.origin


def refusal(call: Callable[[], object]) -> tuple[type[KieError], str, str]:
    with pytest.raises(KieError) as refused:
        call()
    # Neither may lead a traceback to the value, which may be the key.
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)
    return type(refused.value), refused.value.message, refused.value.hint


def test_option_over_environment_over_file_over_default(config: MakeConfig, path: Path) -> None:
    full = config({"timeout": "2m"}, KIECLI_TIMEOUT="1m")
    assert in_force(full, "timeout", "30s") == ("30s", "option", "--timeout")
    assert in_force(full, "timeout") == ("1m", "environment", "KIECLI_TIMEOUT")
    assert in_force(config(), "timeout") == ("2m", "file", f"timeout in {path}")
    assert in_force(config({}), "timeout") == ("15m", "default", "the default")


def test_a_value_in_force_is_in_its_final_form(config: MakeConfig) -> None:
    made = config({"base-url": "https://kie.example/"}, KIE_API_KEY=f" {KEY}\n")
    assert made.value("base-url").text == "https://kie.example"
    assert (made.value("api-key").text, made.note()) == (KEY, None)
    assert made.value("dir", "~").text == str(Path.home())


def test_an_empty_value_counts_as_unset(config: MakeConfig) -> None:
    made = config({"timeout": "", "dir": None}, KIECLI_TIMEOUT="", KIECLI_DIR="")
    assert made.value("timeout").source == "default"
    assert made.value("dir").source == "default"


def test_the_file_is_read_only_when_it_is_needed(config: MakeConfig) -> None:
    made = config(BROKEN, KIECLI_DIR="out")
    assert made.value("dir").text == "out"
    assert made.value("timeout", "1m").text == "1m"
    assert made.warning() is None
    with pytest.raises(ConfigError):
        made.value("timeout")


def test_the_file_is_read_once(config: MakeConfig, path: Path) -> None:
    made = config({"dir": "out", "timeout": "1m"})
    assert made.value("dir").text == "out"
    path.write_text(BROKEN)
    assert made.value("timeout").text == "1m"


def test_the_timeout_in_seconds(config: MakeConfig) -> None:
    made = config({"timeout": 90})
    assert [made.timeout(), made.timeout("0"), made.timeout("1h30m")] == [90, 0, 5400]


@pytest.mark.parametrize(
    ("name", "option", "file", "environ", "error"),
    [
        (
            "api-key",
            None,
            None,
            {},
            (
                AccessError,
                "no API key is set, in KIE_API_KEY or the config file",
                f"get one at {PAGE}, then run: kiecli config set api-key",
            ),
        ),
        (
            "api-key",
            None,
            None,
            {"KIE_API_KEY": f"{KEY}\n{KEY}"},
            (
                AccessError,
                "KIE_API_KEY: the key is not one line of printable ASCII",
                f"copy the key from {PAGE} into KIE_API_KEY",
            ),
        ),
        (
            "api-key",
            None,
            {"api-key": f"{KEY} {KEY}"},
            {},
            (
                AccessError,
                "api-key in PATH: the key has a space or a '=' in it, so it is not the key alone",
                f"copy the key from {PAGE}, then run: kiecli config set api-key",
            ),
        ),
        (
            "timeout",
            None,
            None,
            {"KIECLI_TIMEOUT": "abc"},
            (
                ConfigError,
                "KIECLI_TIMEOUT: 'abc' is not a duration such as 90s, 15m or 1h30m",
                "fix or unset KIECLI_TIMEOUT",
            ),
        ),
        (
            "timeout",
            None,
            {"timeout": "abc"},
            {},
            (
                ConfigError,
                "timeout in PATH: 'abc' is not a duration such as 90s, 15m or 1h30m",
                "to fix it: kiecli config set timeout VALUE",
            ),
        ),
        *(
            (
                "timeout",
                None,
                {"timeout": value},
                {},
                (
                    ConfigError,
                    "timeout in PATH: the value is not a string",
                    "fix it in the file",
                ),
            )
            for value in [True, list[int](), {"a": 1}]
        ),
        # An option that was given is never unset, also when it is empty.
        (
            "dir",
            "",
            None,
            {"KIECLI_DIR": "out"},
            (UsageError, "--dir: the name of the folder is empty", ""),
        ),
    ],
)
def test_a_message_names_where_the_value_came_from(
    config: MakeConfig,
    path: Path,
    name: str,
    option: str | None,
    file: object,
    environ: dict[str, str],
    error: tuple[type[KieError], str, str],
) -> None:
    kind, message, hint = refusal(lambda: config(file, **environ).value(name, option))
    assert (kind, message.replace(str(path), "PATH"), hint) == error


@pytest.mark.parametrize("text", [f'export KIE_API_KEY="{KEY}"', f"Bearer {KEY}", f"'{KEY}'"])
def test_a_pasted_key_is_taken_out_of_its_line_wherever_it_stands(
    config: MakeConfig, path: Path, text: str
) -> None:
    note = "{}: using the API key only, without the text around it"
    made = config(KIE_API_KEY=text)
    assert made.note() is None  # not asked for yet
    assert (made.value("api-key").text, made.note()) == (KEY, note.format("KIE_API_KEY"))
    made = config({"api-key": text})
    assert made.value("api-key").text == KEY
    assert made.note() == note.format(f"api-key in {path}")
    made = config()
    made.set("api-key", text)
    assert made.note() == note.format("api-key")
    assert json.loads(path.read_text()) == {"api-key": KEY}


@pytest.mark.parametrize(
    ("file", "environ", "secrets"),
    [
        (None, {}, []),
        ({"api-key": "hidden"}, {"KIE_API_KEY": f" {KEY}"}, [KEY]),
        ({"api-key": f"Bearer {KEY}"}, {}, [f"Bearer {KEY}", KEY]),
        (None, {"KIE_API_KEY": f"no key {KEY}"}, [f"no key {KEY}"]),
    ],
)
def test_what_no_output_may_show(
    config: MakeConfig, file: object, environ: dict[str, str], secrets: list[str]
) -> None:
    assert config(file, **environ).secrets() == secrets


def test_an_unknown_name_is_refused_everywhere(config: MakeConfig, path: Path) -> None:
    made = config()
    for call in (
        lambda: made.value("apikey"),
        lambda: made.set("apikey", "x"),
        lambda: made.unset("apikey"),
    ):
        assert refusal(call)[:2] == (UsageError, "'apikey' is not a setting")
    assert not path.exists()


def test_a_value_is_stored_trimmed_and_used_at_once(config: MakeConfig, path: Path) -> None:
    made = config({"dir": "old", "theme": 1})
    assert made.value("dir").text == "old"
    assert (made.set("dir", " ~/out\n"), made.set("api-key", f" {KEY}\n")) == (None, None)
    assert json.loads(path.read_text()) == {"dir": "~/out", "theme": 1, "api-key": KEY}
    assert made.value("dir").text == str(Path.home() / "out")
    assert (made.unset("dir"), made.unset("dir")) == (True, False)
    assert made.value("dir").source == "default"


def test_setting_returns_which_variable_overrides_the_value(config: MakeConfig) -> None:
    assert config(KIECLI_DIR="x").set("dir", "y") == "KIECLI_DIR"
    assert config(KIECLI_DIR="").set("dir", "y") is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("timeout", "abc", "timeout: 'abc' is not a duration such as 90s, 15m or 1h30m"),
        ("base-url", "kie", "base-url: 'kie' is not a URL such as https://api.kie.ai"),
        ("dir", "", "dir: the name of the folder is empty"),
        ("api-key", "\n", "api-key: the key is empty"),
    ],
)
def test_a_value_that_cannot_be_used_is_not_stored(
    config: MakeConfig, path: Path, name: str, text: str, message: str
) -> None:
    kind = AccessError if name == "api-key" else UsageError
    assert refusal(lambda: config().set(name, text))[:2] == (kind, message)
    assert not path.exists()


@needs_modes
def test_a_file_that_others_can_read_is_warned_about_once_read(
    config: MakeConfig, tmp_path: Path
) -> None:
    path = tmp_path / "a b.json"
    path.write_text('{"dir": "x"}')
    path.chmod(0o640)
    made = config(KIECLI_CONFIG=str(path))
    assert made.warning() is None
    made.value("dir")
    assert (
        made.warning() == f"others can read the config file {path}; to fix this: chmod 600 '{path}'"
    )
    path.chmod(0o600)
    assert made.warning() is None


def test_kiecli_config_names_the_file() -> None:
    assert Config({"KIECLI_CONFIG": "~/k.json"}).store.path == Path.home() / "k.json"
    assert Config({"KIECLI_CONFIG": "k.json"}).store.path == Path("k.json")


@needs_home_folders_of_others
def test_a_home_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        Config({"KIECLI_CONFIG": "~nobody-of-that-name/k.json"}).value("dir")
    assert (refused.value.message, refused.value.hint) == (
        "KIECLI_CONFIG: the home folder of '~nobody-of-that-name/k.json' is not known",
        "give an absolute path",
    )


@pytest.mark.parametrize("environ", [{}, {"KIECLI_CONFIG": ""}])
def test_without_it_the_platform_decides(environ: dict[str, str], tmp_path: Path) -> None:
    assert Config(environ, lambda: str(tmp_path)).store.path == tmp_path / "config.json"


def test_the_platforms_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = Path(user_folder())
    assert folder.name == "kiecli"
    # Windows asks the profile, not the environment.
    assert Path(os.environ["LOCALAPPDATA"] if WINDOWS else tmp_path) in folder.parents


def _raise() -> str:
    raise RuntimeError


@pytest.mark.parametrize("folder", [_raise, lambda: "~/.config/kiecli"])
def test_without_a_home_there_are_defaults_and_no_file(folder: Callable[[], str]) -> None:
    config = Config({}, folder)
    assert config.value("timeout").text == "15m"
    assert (config.warning(), config.secrets()) == (None, [])
    with pytest.raises(ConfigError) as refused:
        config.set("dir", "out")
    assert (refused.value.message, refused.value.hint) == (
        "no folder for the config file: the home folder is unknown",
        "set HOME, or set KIECLI_CONFIG to a file",
    )
