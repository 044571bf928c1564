"""The command line as the tests use it: run in this process or in one of its own, and read back."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rejuvmodel import cli

EXAMPLES = Path(__file__).parents[1] / "examples"
DUPLEX, HUANG_A, HUANG_B, WEB_TIER = (
    str(EXAMPLES / f"{name}.toml") for name in ("duplex", "huang_a", "huang_b", "web_tier")
)
GRID = """
[cluster]
servers = 2
[rates]
aging = [0.01, 0.02, 0.04]
failure = 0.001
repair = 0.5
restart = [[3], [6]]
rejuvenation = 0.01
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), prog_name="rejuvmodel")


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def document(*arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON of a command, read by a reader that accepts nothing but valid JSON."""
    result = run(*arguments, "--json")
    assert result.exit_code == code
    found: dict[str, Any] = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["schema"] == 1
    assert found["command"] == arguments[0]
    return found


def refused(*arguments: str) -> str:
    """The one line of an error that ends with exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("error: ").rstrip()


def changed(name: str, *changes: tuple[str, str]) -> str:
    """Write x.toml, an example with every change made once, and return its name."""
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    Path("x.toml").write_text(text, encoding="utf-8")
    return "x.toml"


def cells(text: str, name: str) -> list[str]:
    """The cells of the row of that name."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    (row,) = [row for row in rows if row[0] == name]
    return row[1:]


def titles(text: str) -> list[str]:
    """The titles of the last table."""
    header = [block for block in text.split("\n\n") if block.startswith("|")][-1].splitlines()[0]
    return [cell.strip() for cell in header.strip("|").split("|")][1:]


def published(name: str) -> tuple[float, float]:
    """A published figure and its relative tolerance."""
    data = tomllib.loads((Path(__file__).parent / "data" / "published.toml").read_text(encoding="utf-8"))
    (figure,) = [f for f in data["figure"] if f["group"] == "huang-1995" and f["name"] == name]
    return figure["value"], figure["rtol"]


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rejuvmodel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)
