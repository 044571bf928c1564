"""Rejuvenating by hand: by the runtime that runs for the file, or by one made for it that then ends."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rejuvmodel.cli.runtime_asking import asked
from rejuvmodel.cli.runtime_documents import runtime_json
from rejuvmodel.cli.runtime_following import Progress, cancelled, follow
from rejuvmodel.cli.runtime_serving import control_of
from rejuvmodel.cli.runtime_signals import ended_in_order, in_threads
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.control_client import Reply
from rejuvmodel.runtime.operating.logs import logged, printable
from rejuvmodel.runtime.rolls import RollResult, roll
from rejuvmodel.runtime.runner import Runner

_TERMINATED = 143


def rolled(
    file: RuntimeFile, servers: tuple[str, ...], running: Reply | None, *, command: str, as_json: bool
) -> tuple[str, bool]:
    """Rejuvenate servers to the end; return what came of it, for the terminal, and whether that is good.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    servers : tuple of str
        Only these; empty for all.
    running : Reply or None
        The status before, of the runtime that runs; None if there is none.
    command : str
        The name of the command, for its JSON.
    as_json : bool
        Whether a JSON document is wanted.

    Returns
    -------
    tuple of str and bool
        Text or JSON; and True if every server that was asked for has been rejuvenated.
    """
    result = _here(file, servers) if running is None else _by(file, servers, running)
    if not as_json:
        return _text(file, servers, result), result.ok
    by = file.home.control if running is None else running.path
    return runtime_json(command, **(result.to_dict() | {"by": by})), result.ok


def _by(file: RuntimeFile, servers: tuple[str, ...], running: Reply) -> RollResult:
    """Let the runtime that runs do it, and follow it to the end."""
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


def _here(file: RuntimeFile, servers: tuple[str, ...]) -> RollResult:
    """Do it with a runtime of its own, which others can ask meanwhile as any other."""
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


def _text(file: RuntimeFile, servers: tuple[str, ...], result: RollResult) -> str:
    """A line, and one for each server that was left."""
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
