"""Signals of a runtime: the first TERM or INT ends it in order, the second at once; HUP changes nothing.

The work is done in threads, and the main thread waits for them. A handler runs in the main thread between two
of its steps, so it must not touch a lock that this thread may hold; it only sets events that others wait for.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from rejuvmodel.runtime.operating.logs import line_of_log

_log = logging.getLogger("rejuvmodel.runtime")
#: What is added to the number of a signal in the exit code of a process that it has ended.
_BY_SIGNAL = 128
#: Signals within this time are one [s]: `timeout` sends its own to the process and to its group.
_ONE = 0.1


@contextmanager
def ended_in_order(stop: threading.Event, wake: Callable[[], None]) -> Iterator[None]:
    """Let the first TERM or INT set an event, and the second end the process.

    Parameters
    ----------
    stop : threading.Event
        Set by the first.
    wake : callable
        Called after that, so that whoever waits for something else looks at the event.

    Yields
    ------
    None
        Nothing.
    """
    first = -math.inf

    def end(number: int, _: FrameType | None) -> None:
        nonlocal first
        name = signal.Signals(number).name
        if time.monotonic() - first < _ONE:
            return
        if stop.is_set():
            with suppress(OSError, ValueError, AttributeError):
                words = f"{name} again: ended at once; the next start finishes what was under way"
                sys.stderr.write(f"{line_of_log(words)}\n")
                sys.stderr.flush()
            os._exit(_BY_SIGNAL + number)
        _log.info("%s: nothing new begins, what is under way is finished or undone", name)
        first = time.monotonic()
        stop.set()
        wake()

    def stay(number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name
        _log.info("%s is ignored: restart the runtime to let it read its file again", name)

    handlers = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: stay}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def in_threads(works: Sequence[Callable[[], None]], names: Sequence[str], stop: threading.Event) -> None:
    """Do several works, each in a thread, and wait for all of them; the first fault ends the others in order.

    Parameters
    ----------
    works : sequence of callable
        What is done; each ends when the event is set.
    names : sequence of str
        Names of the threads.
    stop : threading.Event
        Set when one of them fails.

    Raises
    ------
    BaseException
        The first fault, once all have ended.
    """
    faults: list[BaseException] = []
    over = threading.Event()
    left = len(works)
    lock = threading.Lock()

    def run(work: Callable[[], None]) -> None:
        nonlocal left
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
            stop.set()
        finally:
            with lock:
                left -= 1
                if left == 0:
                    over.set()

    threads = [
        threading.Thread(target=run, args=(work,), name=name, daemon=True)
        for work, name in zip(works, names, strict=True)
    ]
    for one in threads:
        one.start()
    over.wait()
    for one in threads:
        one.join()
    if faults:
        raise faults[0]
