"""A journal's disk that is full, on a real small file system: row 19 of the acceptance list."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kept import file_of, phases, refusals, starts
from rolling import NAMES, world

from rejuvmodel.runtime.operating.status import is_loud

CONTROLLER = Path(__file__).with_name("full_disk_controller.py")
SOAK = ("parking", "restarting", "warming")
MOUNTED = 'mount -t tmpfs -o size=256k none "$1" && shift && exec "$@"'


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
@pytest.mark.parametrize(
    "phase",
    [
        "draining",
        *(pytest.param(one, marks=pytest.mark.soak) for one in ("parking", "restarting", "warming")),
    ],
)
def test_19_a_journal_without_room_during_a_roll(tmp_path: Path, phase: str) -> None:
    """What has begun is finished or undone, nothing new begins, it is loud; with room the roll goes on."""
    folder = tmp_path / "small"
    folder.mkdir()
    with world(warm_up=0.2) as one:
        more = '[policy]\nretry_after = "0.1 s"'
        file = file_of(one, tmp_path, group='journal = "small/web.journal"', more=more)
        before = starts(one)
        arguments = ["sh", folder, sys.executable, str(CONTROLLER), file.path, str(folder), phase]
        run = subprocess.run(
            ["unshare", "--mount", "sh", "-c", MOUNTED, *arguments],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if "mount" in run.stderr and run.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {run.stderr.strip()}")
        assert run.returncode == 0, run.stderr
        found = json.loads(run.stdout)
        full, after = found["full"], found["after"]
        assert is_loud(full)
        assert "disk is full" in " ".join(full["problems"])
        assert phases(full) == dict.fromkeys(NAMES, "serving")
        assert set(refusals(full).values()) == {"blocked"}
        assert not is_loud(after)
        assert one.balancer.view().serving == NAMES
        new = starts(one)
        assert {name: new[name] - before[name] for name in NAMES} == dict.fromkeys(NAMES, 1)
