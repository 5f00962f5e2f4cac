"""Every setting with its values."""

import json
from pathlib import Path

from kiecli.config.listing import entries
from kiecli.config.resolver import Config


def test_every_setting_with_what_it_overrides(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    file = {"api-key": "file-0123456789", "dir": "from file", "base-url": "http://nonsense"}
    path.write_text(json.dumps(file))
    environ = {"KIE_API_KEY": "canary-0123456789-key", "KIECLI_TIMEOUT": "nonsense"}
    config = Config({"KIECLI_CONFIG": str(path), **environ})
    listed = [
        (
            entry.setting.name,
            entry.value and (entry.value.shown, entry.value.source),
            [(value.shown, value.source) for value in entry.overridden],
        )
        for entry in entries(config)
    ]
    assert listed == [
        ("api-key", ("****-key", "environment"), [("****6789", "file")]),
        ("base-url", ("http://nonsense", "file"), []),
        ("dir", ("from file", "file"), []),
        ("timeout", ("nonsense", "environment"), []),
    ]


def test_a_setting_without_any_value_is_an_entry_too(tmp_path: Path) -> None:
    entry = next(entries(Config({"KIECLI_CONFIG": str(tmp_path / "config.json")})))
    assert (entry.setting.name, entry.value, entry.overridden) == ("api-key", None, ())


def test_a_value_is_listed_in_the_form_in_which_it_is_used(tmp_path: Path) -> None:
    """As `config get` prints it."""
    environ = {"KIE_BASE_URL": "http://localhost:9800/", "KIECLI_TIMEOUT": " 5m "}
    config = Config({"KIECLI_CONFIG": str(tmp_path / "config.json"), **environ})
    shown = {entry.setting.name: entry.value.shown for entry in entries(config) if entry.value}
    assert shown == {"base-url": "http://localhost:9800", "dir": ".", "timeout": "5m"}
    assert all(config.value(name).text == text for name, text in shown.items())
