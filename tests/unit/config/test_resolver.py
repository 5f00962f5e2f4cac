"""Which value is in force, and what is said when it cannot be used."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kiecli.config.resolver import Config, user_folder
from kiecli.errors import AccessError, ConfigError, ExitCode, KieError, UsageError

CANARY = "canary-0123456789-key"
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


def error_of(config: Config, name: str, option: str | None = None) -> KieError:
    with pytest.raises(KieError) as refusal:
        config.value(name, option)
    return refusal.value


def test_option_over_environment_over_file_over_default(config: MakeConfig, path: Path) -> None:
    full = config({"timeout": "2m"}, KIECLI_TIMEOUT="1m")
    assert in_force(full, "timeout", "30s") == ("30s", "option", "--timeout")
    assert in_force(full, "timeout") == ("1m", "environment", "KIECLI_TIMEOUT")
    assert in_force(config(), "timeout") == ("2m", "file", f"timeout in {path}")
    assert in_force(config({}), "timeout") == ("15m", "default", "the default")


def test_a_value_in_force_is_in_its_final_form(config: MakeConfig) -> None:
    made = config({"base-url": "https://kie.example/"}, KIE_API_KEY=f" {CANARY}\n")
    assert made.value("base-url").text == "https://kie.example"
    assert made.value("api-key").text == CANARY
    assert made.value("dir", "~").text == str(Path.home())


def test_an_empty_value_counts_as_unset(config: MakeConfig) -> None:
    made = config({"timeout": "", "dir": None}, KIECLI_TIMEOUT="", KIECLI_DIR="")
    assert made.value("timeout").source == "default"
    assert made.value("dir").source == "default"


def test_an_option_is_never_unset(config: MakeConfig) -> None:
    error = error_of(config(KIECLI_DIR="out"), "dir", "")
    assert isinstance(error, UsageError)
    assert not isinstance(error, ConfigError)
    assert (error.message, error.hint) == ("--dir: the folder is blank", "")


def test_the_file_is_read_only_when_it_is_needed(config: MakeConfig) -> None:
    made = config(BROKEN, KIECLI_DIR="out")
    assert made.value("dir").text == "out"
    assert made.value("timeout", "1m").text == "1m"
    assert made.warning() is None
    assert isinstance(error_of(made, "timeout"), ConfigError)


def test_the_file_is_read_once(config: MakeConfig, path: Path) -> None:
    made = config({"dir": "out", "timeout": "1m"})
    assert made.value("dir").text == "out"
    path.write_text(BROKEN)
    assert made.value("timeout").text == "1m"


def test_the_timeout_in_seconds(config: MakeConfig) -> None:
    made = config({"timeout": 90})
    assert made.timeout() == 90
    assert made.timeout("0") == 0
    assert made.timeout("1h30m") == 5400


def test_no_key_anywhere(config: MakeConfig) -> None:
    error = error_of(config(), "api-key")
    assert (error.message, error.hint, error.exit_code) == (
        "no API key is set",
        "set KIE_API_KEY, or run: kiecli config set api-key",
        ExitCode.REFUSED,
    )


def test_an_error_says_where_the_value_came_from(config: MakeConfig, path: Path) -> None:
    error = error_of(config(KIECLI_TIMEOUT="abc"), "timeout")
    assert isinstance(error, ConfigError)
    assert (error.message, error.hint) == (
        "KIECLI_TIMEOUT: 'abc' is not a duration such as 90s, 15m or 1h30m",
        "correct or unset KIECLI_TIMEOUT",
    )
    error = error_of(config({"timeout": "abc"}), "timeout")
    assert isinstance(error, ConfigError)
    assert (error.message, error.hint) == (
        f"timeout in {path}: 'abc' is not a duration such as 90s, 15m or 1h30m",
        "correct it with: kiecli config set timeout VALUE",
    )


@pytest.mark.parametrize("value", [True, [], {"a": 1}])
def test_a_value_of_the_file_must_be_text_or_a_number(
    config: MakeConfig, path: Path, value: object
) -> None:
    error = error_of(config({"timeout": value}), "timeout")
    assert isinstance(error, ConfigError)
    assert (error.message, error.hint) == (
        f"timeout in {path}: the value is no text",
        "correct it in the file",
    )


def test_a_key_that_cannot_be_one_is_refused_unseen(config: MakeConfig, path: Path) -> None:
    error = error_of(config(KIE_API_KEY=f"{CANARY}\n{CANARY}"), "api-key")
    assert (error.message, error.hint, error.exit_code) == (
        "KIE_API_KEY: the key is not printable ASCII on one line",
        "correct or unset KIE_API_KEY",
        ExitCode.REFUSED,
    )
    error = error_of(config({"api-key": f"{CANARY}é"}), "api-key")
    assert isinstance(error, AccessError)
    assert (error.message, error.hint) == (
        f"api-key in {path}: the key is not printable ASCII on one line",
        "correct it with: kiecli config set api-key",
    )
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_unknown_name_is_refused_everywhere(config: MakeConfig, path: Path) -> None:
    made = config()
    for act in (
        lambda: made.value("apikey"),
        lambda: made.set("apikey", "x"),
        lambda: made.unset("apikey"),
    ):
        with pytest.raises(UsageError, match="'apikey' is not a setting"):
            act()
    assert not path.exists()


def test_every_setting_with_what_it_hides(config: MakeConfig) -> None:
    made = config(
        {"api-key": "file-0123456789", "dir": "filed", "base-url": "http://nonsense"},
        KIE_API_KEY=CANARY,
        KIECLI_TIMEOUT="nonsense",
    )
    told = [
        (
            entry.setting.name,
            entry.value and (entry.value.shown, entry.value.source),
            [(value.shown, value.source) for value in entry.overridden],
        )
        for entry in made.entries()
    ]
    assert told == [
        ("api-key", ("****-key", "environment"), [("****6789", "file")]),
        ("base-url", ("http://nonsense", "file"), []),
        ("dir", ("filed", "file"), []),
        ("timeout", ("nonsense", "environment"), []),
    ]


def test_a_setting_without_any_value_is_an_entry_too(config: MakeConfig) -> None:
    entry = next(config().entries())
    assert (entry.setting.name, entry.value, entry.overridden) == ("api-key", None, ())


def test_setting_a_value_keeps_it_trimmed(config: MakeConfig, path: Path) -> None:
    assert config().set("api-key", f" {CANARY}\n") is None
    assert config().set("dir", "~/out") is None
    assert json.loads(path.read_text()) == {"api-key": CANARY, "dir": "~/out"}
    assert config().value("dir").text == str(Path.home() / "out")


def test_what_is_set_is_seen_at_once(config: MakeConfig) -> None:
    made = config({"dir": "old"})
    assert made.value("dir").text == "old"
    made.set("dir", "new")
    assert made.value("dir").text == "new"
    made.unset("dir")
    assert made.value("dir").source == "default"


def test_setting_tells_which_variable_hides_the_value(config: MakeConfig) -> None:
    assert config(KIECLI_DIR="x").set("dir", "y") == "KIECLI_DIR"
    assert config(KIECLI_DIR="").set("dir", "y") is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("timeout", "abc", "timeout: 'abc' is not a duration such as 90s, 15m or 1h30m"),
        ("base-url", "kie", "base-url: 'kie' is not an address such as https://api.kie.ai"),
        ("dir", "", "dir: the folder is blank"),
        ("api-key", "canary\nx", "api-key: the key is not printable ASCII on one line"),
        ("api-key", "\n", "api-key: the key is blank"),
    ],
)
def test_a_value_that_cannot_be_used_is_not_kept(
    config: MakeConfig, path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(AccessError if name == "api-key" else UsageError) as refusal:
        config().set(name, text)
    assert (refusal.value.message, refusal.value.hint) == (message, "")
    assert not path.exists()


def test_unsetting_tells_whether_there_was_anything(config: MakeConfig, path: Path) -> None:
    assert config({"dir": "x", "theme": 1}).unset("dir") is True
    assert config().unset("dir") is False
    assert json.loads(path.read_text()) == {"theme": 1}


def test_a_file_that_others_can_read_is_warned_about_once_read(
    config: MakeConfig, tmp_path: Path
) -> None:
    path = tmp_path / "a b.json"
    path.write_text('{"dir": "x"}')
    path.chmod(0o640)
    made = config(KIECLI_CONFIG=str(path))
    assert made.warning() is None
    made.value("dir")
    assert made.warning() == f"others can read the config file {path}: chmod 600 '{path}'"
    path.chmod(0o600)
    assert made.warning() is None


def test_kiecli_config_names_the_file() -> None:
    assert Config({"KIECLI_CONFIG": "~/k.json"}).store.path == Path.home() / "k.json"
    assert Config({"KIECLI_CONFIG": "k.json"}).store.path == Path("k.json")


def test_a_home_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError) as refusal:
        Config({"KIECLI_CONFIG": "~nobody-of-that-name/k.json"}).value("dir")
    assert (refusal.value.message, refusal.value.hint) == (
        "KIECLI_CONFIG: the home folder of '~nobody-of-that-name/k.json' is not known",
        "give the whole path",
    )


@pytest.mark.parametrize("environ", [{}, {"KIECLI_CONFIG": ""}])
def test_without_it_the_platform_says_where(environ: dict[str, str]) -> None:
    assert Config(environ, lambda: "/etc/kiecli").store.path == Path("/etc/kiecli/config.json")


def test_the_platforms_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = Path(user_folder())
    assert folder.name == "kiecli"
    assert tmp_path in folder.parents


def _raise() -> str:
    raise RuntimeError


@pytest.mark.parametrize("folder", [_raise, lambda: "~/.config/kiecli"])
def test_without_a_home_there_are_defaults_and_no_file(folder: Callable[[], str]) -> None:
    config = Config({}, folder)
    assert config.value("timeout").text == "15m"
    assert config.warning() is None
    with pytest.raises(ConfigError) as refusal:
        config.set("dir", "out")
    assert (refusal.value.message, refusal.value.hint) == (
        "no folder for the config file: the home folder is not known",
        "set HOME, or name a file with KIECLI_CONFIG",
    )
