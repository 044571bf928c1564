"""Runs the fenced code blocks of a Markdown document and compares what they print.

* ``python``: run in order in one namespace per document; with ``>>>`` prompts, compared line by line.
* ``output`` straight after a ``python`` block without prompts: what that block prints.
* ``console``: each ``$ rejuvmodel ...`` is run, and what it prints is compared with the lines below it.

Every other language is left alone. ``...`` stands for anything. In Python output a number may differ by
half a unit in its last written place; in console output nothing may differ.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^(?P<indent>[ >]*)(?P<fence>`{3,}|~{3,})(?P<language>[^`]*)$")
NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d+\.(?P<decimals>\d*)|\d+(?=e))(?:e(?P<exponent>[+-]?\d+))?", re.I)
RUN = {"python", "console", "output"}
PYTHON_BY_ANOTHER_NAME = re.compile(r"\b(py|i?python\d?|pycon|doctest|console)\b", re.I)


class DocumentError(AssertionError):
    """A code block does not do what the document says."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and the line on which the text begins."""

    language: str
    text: str
    line: int


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document, outermost fences only."""
    found: list[Block] = []
    lines = iter(enumerate(document.splitlines(), start=1))
    for number, line in lines:
        if not (opening := FENCE.match(line)):
            continue
        indent, fence = opening["indent"], opening["fence"]
        body: list[str] = []
        for _, inner in lines:
            stripped = inner.removeprefix(indent)
            if re.fullmatch(rf"\s*{re.escape(fence[0])}{{{len(fence)},}}\s*", stripped):
                break
            body.append(stripped)
        else:
            raise DocumentError(f"line {number}: the block is never closed")
        text = "".join(f"{part}\n" for part in body)
        found.append(Block(opening["language"].strip(), text, number + 1))
    return found


class NumberChecker(doctest.OutputChecker):
    """Accepts a number that rounds to the one written."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Say whether the output is the expected one."""
        return super().check_output(want, rounded_like(want, got), optionflags)


def rounded_like(want: str, got: str) -> str:
    """Return ``got`` with each number that rounds to its counterpart in ``want`` replaced by it."""
    wanted, given = list(NUMBER.finditer(want)), list(NUMBER.finditer(got))
    if len(wanted) != len(given):
        return got
    parts, end = [], 0
    for expected, number in zip(wanted, given, strict=True):
        parts += [got[end : number.start()], expected[0] if rounds_to(expected, number[0]) else number[0]]
        end = number.end()
    return "".join([*parts, got[end:]])


def rounds_to(expected: re.Match[str], number: str) -> bool:
    """Say whether ``number`` is within half a unit of the last place written in ``expected``."""
    places = int(expected["exponent"] or 0) - len(expected["decimals"] or "")
    value = float(expected[0])
    # All sixteen digits may be written: the last of them belong to the machine, not to the document.
    allowed = max(0.5 * 10.0**places * (1 + 1e-9), 1e-12 * abs(value))
    return abs(float(number) - value) <= allowed


def run_document(path: Path, directory: Path, program: str = "rejuvmodel") -> int:
    """Run the blocks of one document inside a copy of the examples; return how many were run.

    Of the console blocks only the lines that call ``program`` are run.
    """
    prepare(directory)
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed: str | None = None
    count = 0
    for block in blocks(path.read_text(encoding="utf-8")):
        place = f"{path.name}, line {block.line}"
        before, printed = printed, None
        if would_be_missed(block, program):
            raise DocumentError(f"{place}: name the language python or console, or the block is not run")
        if block.language == "python" and re.search(r"^\s*>>> ", block.text, re.M):
            run_examples(block, namespace, place)
        elif block.language == "python":
            printed = run_code(block, namespace, path)
        elif block.language == "console":
            run_console(block, directory, program, place)
        elif block.language == "output":
            if before is None:
                raise DocumentError(f"{place}: no python block without prompts stands before this output")
            compare(block.text, before, NumberChecker(), place)
        else:
            continue
        count += 1
    return count


def would_be_missed(block: Block, program: str) -> bool:
    """Say whether a block looks like one to be run but bears another name."""
    if block.language in RUN:
        return False
    shell = re.fullmatch(r"(ba|z)?sh|shell.*|terminal", block.language)
    named = PYTHON_BY_ANOTHER_NAME.search(block.language)
    return bool(named or (shell and re.search(rf"^(\$ )?{program}\b", block.text, re.M)))


def prepare(directory: Path) -> None:
    """Copy the examples, so that ``examples/duplex.toml`` and ``duplex.toml`` both name a file."""
    for target in (directory, directory / "examples"):
        if (ROOT / "examples").is_dir():
            shutil.copytree(ROOT / "examples", target, dirs_exist_ok=True)


def run_code(block: Block, namespace: dict[str, object], path: Path) -> str:
    """Run a block without prompts; return what it prints."""
    source = "\n" * (block.line - 1) + block.text
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, str(path), "exec"), namespace)
    return printed.getvalue()


def run_examples(block: Block, namespace: dict[str, object], place: str) -> None:
    """Run a block with prompts and compare each answer."""
    test = doctest.DocTestParser().get_doctest(block.text, {}, place, place, block.line - 1)
    test.globs = namespace
    report = io.StringIO()
    runner = doctest.DocTestRunner(checker=NumberChecker(), verbose=False, optionflags=doctest.ELLIPSIS)
    if runner.run(test, out=report.write, clear_globs=False).failed:
        raise DocumentError(report.getvalue())


def run_console(block: Block, directory: Path, program: str, place: str) -> None:
    """Run the commands of a console block and compare what they print."""
    for command, expected in commands(block.text):
        if re.match(rf"{program}\b", command):
            compare(expected, run_command(command, directory), doctest.OutputChecker(), f"{place}: {command}")


def commands(text: str) -> list[tuple[str, str]]:
    """Split a console session into commands and the output shown below each."""
    joined = re.sub(r"\\\n(?:> ?)?", "", text)
    parts = re.split(r"^\$ (.*)\n", joined, flags=re.M)
    if parts[0].strip():
        raise DocumentError(f"a console block begins with a command, not with {parts[0].splitlines()[0]!r}")
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_command(command: str, directory: Path) -> str:
    """Run one command line as a reader would, 80 columns wide and without colours."""
    scripts = directory / ".scripts"
    scripts.mkdir(exist_ok=True)
    script = scripts / "rejuvmodel"
    script.write_text(f"#!{sys.executable}\nimport sys\nfrom rejuvmodel.cli import main\nsys.exit(main())\n")
    script.chmod(0o755)
    drop = {"FORCE_COLOR", "CLICOLOR_FORCE", "PYTHONWARNINGS"}
    environment = {name: value for name, value in os.environ.items() if name not in drop}
    environment |= {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
        "COLUMNS": "80",
        "LINES": "24",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONUTF8": "1",
    }
    finished = subprocess.run(
        command,
        shell=True,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return finished.stdout


def compare(want: str, got: str, checker: doctest.OutputChecker, place: str) -> None:
    """Compare two texts but for white space at the ends of lines and of the text."""
    want, got = (re.sub(r"[ \t]+$", "", text, flags=re.M).strip("\n") + "\n" for text in (want, got))
    flags = doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE | doctest.REPORT_NDIFF
    if not checker.check_output(want, got, flags):
        raise DocumentError(f"{place}\nThe document says\n{want}\nbut what is printed is\n{got}")
