"""The demo of the runtime loses nothing, its control does, and it leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

DEMO = Path(__file__).parents[1] / "examples" / "runtime" / "demo.py"


def demo() -> subprocess.Popen[str]:
    """Start the short form."""
    return subprocess.Popen(
        [sys.executable, str(DEMO), "--quick"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def read_until(running: subprocess.Popen[str], words: str) -> str:
    """Read what is printed until some words come."""
    assert running.stdout is not None
    text = ""
    for line in running.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(f"{words!r} did not come: {text}")


def family(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """The process and everything that it has started."""
    return [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]


def test_the_demo() -> None:
    """Every server has a new process, nothing is lost, two always serve, and the control loses something."""
    with demo() as running:
        text = read_until(running, "serving")
        started = family(running)
        text += running.communicate(timeout=90)[0]
    assert running.returncode == 0, text
    assert "requests lost               0" in text
    assert "fewest servers serving      2" in text
    assert text.count("restarted, pid") >= 3
    assert "everything is stopped" in text.lower()
    assert len(started) >= 6  # the demo, supervisor, three servers, HAProxy; and the runtime
    assert not any(one.is_running() for one in started)


def test_the_demo_interrupted() -> None:
    """After an interrupt in the middle of a rejuvenation everything is stopped as well."""
    with demo() as running:
        read_until(running, "off the list")
        started = family(running)
        running.send_signal(signal.SIGINT)
        text = running.communicate(timeout=60)[0]
    assert running.returncode == 130, text
    assert len(started) == 7
    assert not any(one.is_running() for one in started)
