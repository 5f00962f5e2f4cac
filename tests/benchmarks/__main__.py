"""All benchmarks, one after the other: `python tests/benchmarks`, some six minutes."""

import subprocess
import sys
from pathlib import Path

for name in ("breadth", "startup", "transfers", "waiting"):
    subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=True)
    print(flush=True)
