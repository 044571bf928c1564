"""The tests that docs/testing.md names are there, and none of the runtime's faults is left out."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "testing.md").read_text(encoding="utf-8")
FAULTS = 24


def written() -> set[str]:
    """Names of all test functions."""
    texts = [file.read_text(encoding="utf-8") for file in HERE.glob("test_*.py")]
    return {name for text in texts for name in re.findall(r"(?m)^def (test_\w+)", text)}


def test_every_test_that_is_named_is_there() -> None:
    """A renamed or deleted test leaves no empty promise behind."""
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert named - written() == set()


def test_every_fault_has_its_test() -> None:
    """The table has 24 rows in order, and a test that bears a number bears the right one."""
    rows = re.findall(r"(?m)^\| (\d+) \| .* \| `(test_\w+)` \|$", PAGE)
    assert [int(number) for number, _ in rows] == list(range(1, FAULTS + 1))
    for number, name in rows:
        found = re.match(r"test_(?:row_)?(\d+)_", name)
        assert found is None or found[1] == number
