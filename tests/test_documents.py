"""The code blocks of README.md and docs/ do what the text says, and a wrong block would be noticed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_blocks import ROOT, RUN, DocumentError, blocks, run_document

from rejuvmodel import plotting

DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "_build" not in path.relative_to(ROOT).parts
)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Blocks run in a directory of their own."""
    place = tmp_path / "copy"
    place.mkdir()
    monkeypatch.chdir(place)
    yield place
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_blocks_of_a_document(path: Path, directory: Path) -> None:
    """Every block of the document runs and prints what the document shows."""
    run_document(path, directory)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_formulas_are_shown_as_meant(path: Path) -> None:
    """No formula has a fraction without braces or a dot, and no plus at a line's start makes a list of it."""
    prose = re.sub(r"(?ms)^ *```.*?^ *```", "", path.read_text(encoding="utf-8"))
    outside = re.sub(r"(?s)\$\$.*?\$\$", "", prose)
    assert not re.findall(r"\\[td]?frac(?! *\{)|\\dot\b", prose)
    assert not re.findall(r"(?m)^ *\+ .*", outside)


HOW_TOS = sorted((ROOT / "docs" / "howto").glob("*.md"))


@pytest.mark.parametrize("path", HOW_TOS, ids=lambda path: path.stem)
def test_a_how_to(path: Path) -> None:
    """A how-to is at most 40 lines long, has code that runs, and stands in the list of how-tos."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert any(block.language in RUN for block in blocks(text))
    assert f"howto/{path.stem}" in (ROOT / "docs" / "howto.md").read_text(encoding="utf-8").splitlines()


def test_the_gallery_shows_every_picture() -> None:
    """Every picture of the plotting module is in the gallery, and each block is followed by what it saves."""
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    code = "\n".join(block.text for block in blocks(page))
    missing = [
        name for name in plotting.__all__ if name.startswith("plot_") and f"plotting.{name}(" not in code
    ]
    assert not missing
    saved = re.findall(r'savefig\("([^"]*)"\)', code)
    assert re.findall(r"^!\[.+\]\(gallery/(.*)\)$", page, re.M) == saved
    assert len(set(saved)) == len(saved) > 10


@pytest.fixture
def run(tmp_path: Path, directory: Path):
    """Run a document given as text; its console blocks call echo."""

    def run_text(text: str) -> int:
        path = tmp_path / "document.md"
        path.write_text(text, encoding="utf-8")
        return run_document(path, directory, program="echo")

    return run_text


GOOD = {
    "no block": ("Only words.\n", 0),
    "another language": ("```toml\nthis is = not run\n```\n", 0),
    "one namespace": ("```python\nx = 2\n```\n\n```python\n>>> x + 1\n3\n```\n", 2),
    "printed output": ("```python\nprint(1 / 3)\n```\n\n```output\n0.333\n```\n", 2),
    "rounded number": ("```python\n>>> 2 / 3 * 1e-5\n6.67e-06\n```\n", 1),
    "last digit": ("```python\n>>> 0.1 + 0.2\n0.3000000000000001\n```\n", 1),
    "expected error": ("```python\n>>> [][1]\nTraceback (most recent call last):\nIndexError: ...\n```\n", 1),
    "in a list": ("1. First\n\n   ```python\n   >>> 1 + 1\n   2\n   ```\n", 1),
    "longer fence": ("````md\n```python\nraise ValueError\n```\n````\n", 0),
    "other command": ("```bash\nmake test\n```\n", 0),
    "console": ("```console\n$ echo a \\\n> b\na b\n\n$ make nothing\n$ echo c\n...\n```\n", 1),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_right_block_passes(name: str, run) -> None:
    """A block that does what it says passes and is counted."""
    text, count = GOOD[name]
    assert run(text) == count


WRONG = {
    "answer": "```python\n>>> 1 + 1\n3\n```\n",
    "digit": "```python\n>>> 2 / 3\n0.66\n```\n",
    "integer": "```python\n>>> 10**6\n1000001\n```\n",
    "count of numbers": "```python\n>>> [0.5, 0.5]\n[0.5]\n```\n",
    "unexpected error": "```python\n>>> [][1]\n1\n```\n",
    "printed output": "```python\nprint(0.5)\n```\n\n```output\n0.6\n```\n",
    "output of nothing": "```output\n0.6\n```\n",
    "console": "```console\n$ echo 0.50\n0.5\n```\n",
    "second command": "```console\n$ echo a\na\n$ echo b\nc\n```\n",
    "no command": "```console\nrejuvmodel a\n```\n",
    "shell": "```bash\necho a\n```\n",
    "directive": "```{code-block} python\n1 + 1\n```\n",
    "other name": "```py\n1 + 1\n```\n",
    "open fence": "```python\n1 + 1\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_block_fails(name: str, run) -> None:
    """A block that does not do what it says is an error."""
    with pytest.raises(DocumentError):
        run(WRONG[name])


def test_an_error_in_code_names_its_line(run) -> None:
    """An exception in a block without prompts carries the line of the document."""
    with pytest.raises(ZeroDivisionError) as caught:
        run("Words.\n\n```python\nx = 1\nx / 0\n```\n")
    assert caught.traceback[-1].lineno == 4
