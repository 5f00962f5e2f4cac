"""The lines that point another shell at the sandbox."""

import os

from kiecli.sandbox.shells import lines, powershell_lines, sh_lines

SETTINGS = {"KIE_API_KEY": "sandbox-key", "KIECLI_CONFIG": "/tmp/it's/config.json"}


def test_sh_gets_exports() -> None:
    assert sh_lines(SETTINGS, ["KIECLI_DIR", "X"], "/opt/my bin") == [
        "export KIE_API_KEY=sandbox-key",
        """export KIECLI_CONFIG='/tmp/it'"'"'s/config.json'""",
        "unset KIECLI_DIR X",
        """export PATH='/opt/my bin':"$PATH\"""",
    ]


def test_powershell_gets_its_own() -> None:
    assert powershell_lines(SETTINGS, ["KIECLI_DIR", "X"], "/opt/my bin") == [
        "$env:KIE_API_KEY = 'sandbox-key'",
        "$env:KIECLI_CONFIG = '/tmp/it''s/config.json'",
        "$env:KIECLI_DIR = ''",
        "$env:X = ''",
        f"$env:PATH = '/opt/my bin{os.pathsep}' + $env:PATH",
    ]


def test_every_system_gets_the_lines_for_its_shells() -> None:
    given = (SETTINGS, ["X"], "/opt/bin")
    found = [line for line in lines(*given) if not line.startswith("#")]
    assert found in (sh_lines(*given), powershell_lines(*given) + sh_lines(*given))
