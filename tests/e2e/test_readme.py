"""The README tells the truth: every block is run, and what it shows is what comes."""

import re
from pathlib import Path

import pytest

from tests.support import readme
from tests.support.readme import Block

_BLOCKS = list(readme.blocks())


def _named(kind: str) -> list[object]:
    found = [block for block in _BLOCKS if block.kind == kind]
    return [pytest.param(each, id=f"{each.heading}-{n}") for n, each in enumerate(found)]


@pytest.mark.parametrize("block", _named("console"))
def test_commands_say_what_the_readme_shows(block: Block, tmp_path: Path) -> None:
    assert readme.said(block, tmp_path) == readme.shown(block)


@pytest.mark.parametrize("block", _named("text"))
def test_a_terminal_shows_what_the_readme_shows(block: Block, tmp_path: Path) -> None:
    assert block.terminal is not None
    assert readme.on_terminal(block.terminal, tmp_path) == block.text


@pytest.mark.parametrize("block", _named("yaml"))
def test_workflows_save_their_results(block: Block, tmp_path: Path) -> None:
    for script in readme.scripts(block):
        result = readme.run(f"set -e\n{script}", tmp_path)
        saved = list((tmp_path / "out").iterdir())
        assert (result.returncode, len(saved)) == (0, 1), result.stderr
        if "GITHUB_STEP_SUMMARY" in script:
            *_, row = (tmp_path / "summary.md").read_text(encoding="utf-8").splitlines()
            assert re.fullmatch(rf"\| [0-9a-f]{{32}} \| success \| out/{saved[0].name} \|", row)


def test_the_summary_of_a_job_names_only_files_that_are_there(tmp_path: Path) -> None:
    scripts = [text for each in _BLOCKS if each.kind == "yaml" for text in readme.scripts(each)]
    (summary,) = re.findall(r'(?s)\{ echo .*? >> "\$GITHUB_STEP_SUMMARY"', "\n".join(scripts))
    saving = "kiecli download -d out --json a=demo-expired b=demo-audio > tasks.ndjson"
    readme.run(f"{saving}\n{summary}", tmp_path)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    first, second = sorted(text.splitlines()[-2:])
    assert first.startswith("| a | error | could not save out/a-1.png: ")
    assert second == "| b | success | out/b-1.wav, out/b-2.wav |"


# The setup commands make environments of their own: .ci/run carries them out.
_SETUP = ("python3 -m venv", "pipx install")


@pytest.mark.parametrize("block", _named("sh"))
def test_scripts_run_to_their_end(block: Block, tmp_path: Path) -> None:
    if block.text.startswith(_SETUP):
        gate = (readme.README.parent / ".ci" / "run").read_text(encoding="utf-8")
        assert f'readme_command "{_hashes(block)} {block.heading}"' in gate
        return
    # `:` comes last: bash turns into the last command, and completions look for a shell above it.
    result = readme.run(f"set -e\n{block.text}:\n", tmp_path, stdin="a-key-for-the-file\n")
    assert result.returncode == 0, result.stderr


def _hashes(block: Block) -> str:
    return "#" if block.heading == "kiecli" else "##"
