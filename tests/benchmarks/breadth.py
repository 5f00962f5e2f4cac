"""How much of kiecli one download passes through: distinct modules and functions, all threads.

`python tests/benchmarks/breadth.py` downloads `demo-image` from the sandbox in a process that is
profiled, and counts the functions defined in kiecli that were called, the sandbox aside. A reader
who follows one file from the command line to the disk meets that many places.
"""

import os
import subprocess
import sys
import tempfile
import threading
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT))

_PACKAGE = str(_ROOT / "kiecli") + os.sep
MAX_MODULES = 45
MAX_FUNCTIONS = 280

# Comprehensions and lambdas belong to the function that a reader is in already.
_UNNAMED = frozenset({"<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"})


def main() -> None:
    """Print the figures of one run; with an argument, be that run."""
    if sys.argv[1:] == ["run"]:
        _profiled_run()
        return
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, str(Path(__file__).resolve()), "run"]
        sandbox = [sys.executable, "-m", "kiecli.sandbox"]
        env = {**os.environ, "PYTHONPATH": str(_ROOT), "KIECLI_DIR": folder}
        subprocess.run([*sandbox, *line], cwd=folder, env=env, check=True, stdin=subprocess.DEVNULL)


def _profiled_run() -> None:
    from kiecli.cli.main import main as kiecli
    from kiecli.runtime import system_runtime

    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    status = kiecli(["download", "--wait", "-q", "demo-image"], system_runtime())
    sys.setprofile(None)
    if status:
        sys.exit(status)
    ours = {code for code in called.copy() if _is_ours(code)}
    modules = {code.co_filename for code in ours}
    print(f"modules passed by one download    {len(modules):4}  (at most {MAX_MODULES})")
    print(f"functions called by one download  {len(ours):4}  (at most {MAX_FUNCTIONS})")
    sys.stdout.flush()


def _is_ours(code: CodeType) -> bool:
    inner = code.co_filename.removeprefix(_PACKAGE)
    is_kiecli = inner != code.co_filename and not inner.startswith("sandbox")
    is_def = bool(code.co_flags & CO_OPTIMIZED)  # the body of a class or a module is not
    return is_kiecli and is_def and code.co_name not in _UNNAMED


if __name__ == "__main__":
    main()
