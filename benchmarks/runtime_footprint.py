"""What a runtime takes that watches ten servers, once a second, and has nothing to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: How long it is watched [s].
SECONDS = 60


def runtime_footprint(row: Callable[[str, str, str], None]) -> None:
    """A real one, with HAProxy and supervisor, in a process of its own."""
    paths = [str(ROOT / "examples" / "runtime"), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "ten_servers.py", str(SECONDS)],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    found = json.loads(done.stdout)
    row("idle runtime, 10 servers, 1 tick/s, of a processor", f"{found['processor']:.2f} %", "<= 1 %")
    row("  peak of its resident memory", f"{found['memory']:.0f} MB", "<= 60 MB")
