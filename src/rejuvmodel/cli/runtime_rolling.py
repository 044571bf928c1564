"""Rejuvenating by hand: by the runtime that runs for the file, or by one made for it that then ends."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from rejuvmodel.cli.runtime_asking import asked
from rejuvmodel.cli.runtime_following import Progress, cancelled, follow
from rejuvmodel.cli.runtime_serving import control_of
from rejuvmodel.cli.runtime_signals import ended_in_order, in_threads
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.control_client import Reply
from rejuvmodel.runtime.operating.logs import logged, printable
from rejuvmodel.runtime.rolls import RollResult, roll
from rejuvmodel.runtime.runner import Runner

_TERMINATED = 143


def rolled_by(file: RuntimeFile, servers: tuple[str, ...], running: Reply) -> RollResult:
    """Let the runtime that runs do it, and follow it to the end.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    servers : tuple of str
        Only these; empty for all.
    running : Reply
        Its status before.

    Returns
    -------
    RollResult
        What came of it.
    """
    progress = Progress()
    progress(running.status)
    reply = asked(file, "rejuvenate" if servers else "roll", servers)
    if reply is None:
        reply = running
    names = servers or tuple(file.group.capacities)
    with _terminated():
        try:
            return follow(file.home.control, names, running.status, progress)
        except (KeyboardInterrupt, SystemExit):
            cancelled(file.home.control)
            raise


def rolled_here(file: RuntimeFile, servers: tuple[str, ...]) -> RollResult:
    """Do it with a runtime of its own, which others can ask meanwhile as any other.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    servers : tuple of str
        Only these; empty for all.

    Returns
    -------
    RollResult
        What came of it.
    """
    stop, found = threading.Event(), []
    with ExitStack() as stack:
        stack.enter_context(logged("text", "warning"))
        runner = stack.enter_context(Runner(file, by_policy=False))
        stack.enter_context(control_of(file, runner))
        stack.enter_context(ended_in_order(stop, runner.wake))
        progress = Progress()
        in_threads(
            [lambda: found.append(roll(runner, servers, stop=stop, progress=progress))], ["roll"], stop
        )
    result: RollResult = found[0]
    return result


def result_text(file: RuntimeFile, servers: tuple[str, ...], result: RollResult) -> str:
    """Return what came of it as text.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    servers : tuple of str
        Those that were asked for; empty for all.
    result : RollResult
        What came of it.

    Returns
    -------
    str
        A line, and one for each server that was left.
    """
    names = servers or tuple(file.group.capacities)
    if result.dry_run:
        lines = [f"{file.path}: a dry run; it would rejuvenate {', then '.join(names)}"]
    elif result.rejuvenated:
        lines = [f"{file.path}: rejuvenated {', '.join(result.rejuvenated)} in {result.seconds:.1f} s"]
    else:
        lines = [f"{file.path}: rejuvenated nothing in {result.seconds:.1f} s"]
    lines += [f"- {name} was not rejuvenated: {why}" for name, why in result.left.items()]
    lines += [f"- PROBLEM {text}" for text in result.problems]
    return "\n".join(map(printable, lines))


def result_json(result: RollResult, by: str) -> Mapping[str, Any]:
    """Return what came of it as the keys of a document.

    Parameters
    ----------
    result : RollResult
        What came of it.
    by : str
        The socket of the runtime that did it.

    Returns
    -------
    mapping
        JSON values.
    """
    return {key: value for key, value in result.to_dict().items() if key != "schema"} | {"by": by}


@contextmanager
def _terminated() -> Iterator[None]:
    """Let TERM end the command like an interrupt: with what has to be done at its end."""

    def end(_: int, __: FrameType | None) -> None:
        sys.exit(_TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
