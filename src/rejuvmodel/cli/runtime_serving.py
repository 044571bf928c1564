"""Runners and their control sockets: started, run in threads until told to stop, and closed in order."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from rejuvmodel.cli.runtime_signals import ended_in_order, in_threads
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.control import ControlServer
from rejuvmodel.runtime.outside.failures import named_in
from rejuvmodel.runtime.runner import Runner

_log = logging.getLogger("rejuvmodel.runtime")
_ENDS = "the runtime is ending"
#: Whoever has asked within this time follows what goes on, and asks for its end [s].
_FOLLOWED = 1.0


@contextmanager
def control_of(file: RuntimeFile, runner: Runner) -> Iterator[ControlServer]:
    """Answer on the control socket of a group, for as long as the context lasts and somebody follows its end.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    runner : Runner
        Who is asked; its loop has ended when the context is left.

    Yields
    ------
    ControlServer
        The server.
    """
    ending = threading.Event()
    asked = -math.inf

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked = time.monotonic()
        if ending.is_set() and request["ask"] != "status":
            return {"ok": False, "error": _ENDS, "advice": "Start it again."}
        return runner.post(request)

    with ExitStack() as stack:
        with named_in("group", file.path):
            server = stack.enter_context(ControlServer(file.home.control, answer))
        _log.info("%s: asked on %s", file.group.name, server.path)
        try:
            yield server
        finally:
            ending.set()
            runner.inbox.refuse(_ENDS)
            if time.monotonic() - asked < _FOLLOWED:
                time.sleep(_FOLLOWED)


def serve(files: Sequence[RuntimeFile], *, once: bool) -> list[dict[str, Any]]:
    """Run a runtime for each file until a signal ends it.

    Parameters
    ----------
    files : sequence of RuntimeFile
        The files.
    once : bool
        Whether to look once, do what is due, and end.

    Returns
    -------
    list of dict
        The status of each group at its end.

    Raises
    ------
    InvalidInputError
        If two files are of the same group, or have the same socket.
    """
    _refuse_twice(files)
    stop = threading.Event()
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(file)) for file in files]
        for file, runner in zip(files, runners, strict=True):
            stack.enter_context(control_of(file, runner))

        def wake() -> None:
            for runner in runners:
                runner.wake()

        stack.enter_context(ended_in_order(stop, wake))
        works = [_work(runner, stop, once=once) for runner in runners]
        in_threads(works, [file.group.name for file in files], stop)
        return [runner.status() for runner in runners]


def _work(runner: Runner, stop: threading.Event, *, once: bool) -> Callable[[], None]:
    """What a thread does for one group."""

    def work() -> None:
        try:
            if once:
                runner.once(stop)
            else:
                runner.run(stop)
        except Exception:
            _log.exception("%s: a fault; every group is ended in order", runner.file.group.name)
            raise

    return work


def _journal(file: RuntimeFile) -> str:
    """Where the journal is."""
    if file.lease.type == "etcd":
        return f"{file.lease.url} {file.lease.prefix}"
    return os.path.realpath(file.home.journal)


def _refuse_twice(files: Sequence[RuntimeFile]) -> None:
    """Refuse two files that would be in the way of one another."""
    seen: dict[tuple[str, ...], str] = {}
    for file in files:
        keys = {
            ("control", os.path.realpath(file.home.control)): "each group has a control socket of its own",
            ("name", _journal(file), file.group.name): "each group has one file",
        }
        for key, rule in keys.items():
            if key in seen:
                found = f"{shown(key[-1])}, which {seen[key]} has as well"
                advice = "Name each file once, and each group and socket."
                raise InvalidInputError(f"group.{key[0]} in {file.path}", found, rule, advice)
            seen[key] = file.path
