"""Commands in threads of their own: the loop begins them and hears of their end, and never waits for one."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.runtime.deciding.events import Done, NotDone

_log = logging.getLogger(__name__)


class Workers:
    """Runs commands, each in a thread.

    Parameters
    ----------
    wake : callable
        Called when a command has ended.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._ends: queue.SimpleQueue[tuple[int, Done | NotDone]] = queue.SimpleQueue()
        self._life = 0
        self._running: dict[str, tuple[str, int, threading.Thread]] = {}

    def begin(self, server: str, ticket: int, what: str, work: Callable[[], None]) -> None:
        """Begin a command, unless one with a ticket still runs for its server: then it has failed.

        Parameters
        ----------
        server : str
            Its server.
        ticket : int
            Its number; with 0 nobody waits for its end, and it is left out while the one before of the same
            name still runs.
        what : str
            Its name in the log.
        work : callable
            Does it; an error is its failure.
        """
        name = f"{what} {server} {ticket}".strip()
        self._running = {key: one for key, one in self._running.items() if one[2].is_alive()}
        if ticket and self.command_runs(server):
            self._end(
                self._life, server, ticket, "an earlier command of it has not ended: none is begun beside it"
            )
            return
        if name in self._running:
            return
        details = (self._life, server, ticket, what, work)
        thread = threading.Thread(target=self._run, args=details, name=name, daemon=True)
        self._running[name] = (server, ticket, thread)
        thread.start()

    def command_runs(self, server: str | None = None) -> bool:
        """Return whether a command with a ticket runs, also one whose end nobody waits for any more.

        Parameters
        ----------
        server : str, optional
            Its server; any if it is left out.

        Returns
        -------
        bool
            True if there is one, which may still end the server.
        """
        return any(
            server in (None, name) and ticket and thread.is_alive()
            for name, ticket, thread in self._running.values()
        )

    def ends(self) -> list[Done | NotDone]:
        """Return the ends of commands since the last call, in their order."""
        found = []
        while not self._ends.empty():
            life, end = self._ends.get()
            if life == self._life:
                found.append(end)
        return found

    def forget(self) -> None:
        """Let the ends of all commands so far be heard of no more: their tickets will be used again."""
        self._life += 1

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return any(thread.is_alive() for _, _, thread in self._running.values())

    def _run(self, life: int, server: str, ticket: int, what: str, work: Callable[[], None]) -> None:
        """One command to its end."""
        problem = ""
        try:
            work()
        except RejuvmodelError as error:
            problem = str(error)
        except Exception as error:  # an executor of another distribution may raise anything
            _log.exception("%s %s failed", what, server)
            problem = f"{type(error).__name__}: {error}"
        if ticket:
            self._end(life, server, ticket, problem)
        elif problem:
            _log.warning("%s of %s: %s", what, server, problem)

    def _end(self, life: int, server: str, ticket: int, problem: str) -> None:
        """Let the loop hear of the end of a command."""
        self._ends.put((life, NotDone(server, ticket, problem) if problem else Done(server, ticket)))
        self._wake()
