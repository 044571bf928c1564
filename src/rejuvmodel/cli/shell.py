"""The edge between the commands and the shell: exit codes, error lines, output written whole or not at all.

Exit codes: 0 good, 1 the two roads disagree or a runtime needs attention, 2 bad input, 70 a fault of this
program (with its traceback), 130 interrupted, 141 the reader of the output went away. An unexpected fault
must not end with Python's 1, or a pipeline would take it for a disagreement.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from rejuvmodel.errors import AgreementError, InvalidInputError, RejuvmodelError

DISAGREE, BAD_INPUT, FAULT, INTERRUPTED, READER_GONE = 1, 2, 70, 130, 141


class Commands(TyperGroup):
    """The group of commands; every way out of a command passes here."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line and leave with its exit code."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal without Greek letters shows a "?" instead of failing.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        options["standalone_mode"] = False
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _show_warning
            sys.exit(self._exit_code(*args, **options))

    def _exit_code(self, *args: Any, **options: Any) -> int:
        try:
            code = super().main(*args, **options)
        except AgreementError as error:
            return complain(str(error), DISAGREE)
        except RejuvmodelError as error:
            return complain(str(error), BAD_INPUT)
        except MemoryError:
            return complain("out of memory; use fewer servers or points", BAD_INPUT)
        except (KeyboardInterrupt, typer.Abort):
            return INTERRUPTED
        except Exception as error:
            # What typer raises for a wrong command line has no public base class, but always this method.
            if not hasattr(error, "format_message"):
                complain(f"a fault of rejuvmodel, please report it:\n{traceback.format_exc()}", FAULT)
                return FAULT
            context = getattr(error, "ctx", None)
            help_line = f" See '{context.command_path} --help'." if context is not None else ""
            message = error.format_message().removesuffix(".")
            return complain(f"{message}{'' if message.endswith('?') else '.'}{help_line}", BAD_INPUT)
        return code if isinstance(code, int) else 0


def emit(text: str) -> None:
    """Write text to standard output, ending with one newline.

    Parameters
    ----------
    text : str
        All that the command has to say.

    Raises
    ------
    InvalidInputError
        If the output cannot be written.
    """
    if sys.stdout is None:  # closed by the caller
        return
    try:
        sys.stdout.write(f"{text.rstrip()}\n")
        sys.stdout.flush()
    except OSError as problem:
        # Python flushes once more at its end, and would complain on its own.
        with suppress(OSError, AttributeError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(problem, BrokenPipeError):
            raise typer.Exit(READER_GONE) from None
        _refuse_output("standard output", problem)


def write_whole(path: str, contents: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : str
        The file, as the user typed it; replaced if it exists.
    contents : bytes
        All of it.

    Raises
    ------
    InvalidInputError
        If it cannot be written; nothing is left behind then.
    """
    require_writable(path)
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a device or a pipe has nothing to replace
        try:
            target.write_bytes(contents)
        except OSError as problem:
            _refuse_output(path, problem)
        return
    part = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            file.write(contents)
        if target.exists():
            os.chmod(part, target.stat().st_mode & 0o7777)
        os.replace(part, target)
    except OSError as problem:
        _refuse_output(path, problem)
    finally:
        with suppress(OSError):
            part.unlink()


def require_writable(path: str) -> None:
    """Refuse an output that can only fail, before anything is computed.

    Parameters
    ----------
    path : str
        The file, as the user typed it.

    Raises
    ------
    InvalidInputError
        If it is empty, a directory, or in a directory that does not exist or may not be written to.
    """
    rule, found = "a file to write to is expected", ""
    parent = os.path.dirname(os.path.realpath(path)) if path and "\0" not in path else ""
    if not parent:
        found = "no name of a file"
    elif os.path.isdir(path):
        found = "a directory"
    elif not os.path.isdir(parent):
        found = "a file in a directory that does not exist"
    elif not os.path.exists(path) and not os.access(parent, os.W_OK):
        found = "a file in a directory that may not be written to"
    if found:
        advice = "Make the directory first, or name" if "not exist" in found else "Name"
        name = path.replace("\0", "?") or '""'
        raise InvalidInputError(f"output {name}", found, rule, f"{advice} another file.")


def _refuse_output(name: str, problem: OSError) -> None:
    reason = problem.strerror or str(problem)
    raise InvalidInputError(
        f"output {name}", f"an error ({reason})", "a file to write to is expected", "Name another file."
    ) from None


def complain(message: str, code: int) -> int:
    """Write an error to standard error.

    Parameters
    ----------
    message : str
        What is wrong.
    code : int
        The exit code.

    Returns
    -------
    int
        The same code.
    """
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(f"error: {message}\n")
        sys.stderr.flush()
    return code


def _show_warning(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(f"warning: {message}\n")
