"""Whatever stands in the environment, the config file and stdin, a line ends with a message."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiecli.sandbox.simulation import SimulatedKie
from tests.support.fakes import FakeClock
from tests.support.faults import Faults
from tests.support.hostile.search import examples
from tests.support.program import FakeStream, Program

_PIECES = [
    "sk-", "0123456789abcdef", "1h30m", "-1", "9" * 20, "https://", "http://", "kie.test", "[::1]",
    ":99999", "@", "?", "/", "..", "~", "~nobody", "%41", "{n}", '"', "'", "\\", "=", " ", "\t",
    "\n", "\x1b[2J", "\u202e", "é", "💥", "\udcff", "\ud800", "export KIE_API_KEY=", "Bearer ",
    "x" * 5000,
]  # fmt: skip
_TEXT = st.lists(st.sampled_from(_PIECES), max_size=4).map("".join)
_NAMES = ["api-key", "base-url", "dir", "timeout", "theme"]
_FILES = st.dictionaries(
    st.sampled_from(_NAMES), _TEXT | st.none() | st.floats() | st.lists(st.none())
)
_VARIABLES = ["KIE_API_KEY", "KIE_BASE_URL", "KIECLI_DIR", "KIECLI_TIMEOUT"]
_LINES = st.sampled_from(
    [
        ("config", "list"),
        ("config", "list", "--json"),
        *(("config", "get", name) for name in _NAMES),
        *(("config", "set", name, "-") for name in _NAMES),
        ("config", "unset", "dir"),
        ("config", "check"),
        ("status", "demo-image"),
        ("download", "-n", "demo-image"),
    ]
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings") / "config.json"


@examples(300)
@given(
    line=_LINES,
    environ=st.dictionaries(st.sampled_from(_VARIABLES), _TEXT),
    file=_FILES,
    stdin=_TEXT,
    actions=st.booleans(),
)
def test_any_settings_end_in_an_exit_code_and_one_line(
    path: Path,
    line: tuple[str, ...],
    environ: dict[str, str],
    file: dict[str, object],
    stdin: str,
    *,
    actions: bool,
) -> None:
    path.write_text(json.dumps(file))
    path.chmod(0o600)
    clock = FakeClock()
    faults = Faults(SimulatedKie("https://kie.test", now=clock.wall), now=clock.now)
    kiecli = Program(faults, clock, {**environ, "KIECLI_CONFIG": str(path), "TERM": "xterm"})
    if actions:
        kiecli.environ["GITHUB_ACTIONS"] = "true"
    encoded = stdin.encode(errors="surrogatepass")
    ran = kiecli(*line, stdin=encoded, err=FakeStream(terminal=True))
    assert ran.code in (0, 2, 4, 6), ran.err
    assert (ran.code == 0) or ran.err
    assert "\x1b[2J" not in ran.err
