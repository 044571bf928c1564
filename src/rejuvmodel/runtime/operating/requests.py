"""What operators ask of a running controller: taken in from other threads, answered by the loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.events import CancelAsked, Event, PauseAsked, ResumeAsked, RollAsked
from rejuvmodel.runtime.outside.names import one_line

#: How long a request waits for the loop to take it up [s].
PATIENCE = 5.0
_PLAIN: dict[str, Event] = {"pause": PauseAsked(), "resume": ResumeAsked(), "cancel": CancelAsked()}
_KINDS = (*_PLAIN, "roll", "rejuvenate")


@dataclass(slots=True)
class _Request:
    """One request and its answer."""

    event: Event
    answered: threading.Event = field(default_factory=threading.Event)
    answer: dict[str, Any] = field(default_factory=dict)


class Inbox:
    """Requests that wait for the loop.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    wake : callable
        Called when a request has come.
    """

    def __init__(self, file: RuntimeFile, wake: Callable[[], None]) -> None:
        self._names = tuple(file.group.capacities)
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: list[_Request] = []
        self._taken: list[_Request] = []

    def post(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a request and wait for its answer; called from another thread than the loop's.

        Parameters
        ----------
        request : mapping
            ``ask`` is "pause", "resume", "cancel", "roll" or "rejuvenate"; the last one names ``servers``.

        Returns
        -------
        dict
            ``ok``; with it the ``status``, or the ``error`` and the ``advice``.
        """
        event = self._event(request)
        if isinstance(event, dict):
            return event
        one = _Request(event)
        with self._lock:
            self._waiting.append(one)
        self._wake()
        if one.answered.wait(PATIENCE):
            return one.answer
        with self._lock:
            if one in self._waiting:
                self._waiting.remove(one)
        return _no(f"the runtime did not take it up within {PATIENCE:g} s", "Look at its log.")

    def put(self, request: Mapping[str, Any]) -> None:
        """Hand in a request whose answer nobody waits for.

        Parameters
        ----------
        request : mapping
            As for `post`.
        """
        event = self._event(request)
        if not isinstance(event, dict):
            with self._lock:
                self._waiting.append(_Request(event))

    def events(self) -> list[Event]:
        """Return what was asked since the last call.

        Returns
        -------
        list of Event
            In the order in which it was asked.
        """
        with self._lock:
            taken, self._waiting = self._waiting, []
        self._taken += taken
        return [one.event for one in taken]

    def answer(self, status: Callable[[], Mapping[str, Any]], failed: str = "") -> None:
        """Answer what `events` has returned.

        Parameters
        ----------
        status : callable
            Returns the status document.
        failed : str
            Why nothing came of it; empty if it was done.
        """
        taken, self._taken = self._taken, []
        for one in taken:
            one.answer = _no(failed, "Ask again later.") if failed else {"ok": True, "status": status()}
            one.answered.set()

    def refuse(self, why: str) -> None:
        """Refuse whatever waits.

        Parameters
        ----------
        why : str
            The reason.
        """
        self.events()
        self.answer(dict, why)

    def _event(self, request: Mapping[str, Any]) -> Event | dict[str, Any]:
        """What is asked, as an event; or the refusal."""
        kind, servers = request.get("ask"), request.get("servers", [])
        if not isinstance(kind, str) or kind not in _KINDS:
            return _no(f"nobody can ask for {one_line(kind)}", f"Ask for status, {', '.join(_KINDS)}.")
        if not isinstance(servers, list) or not all(isinstance(one, str) for one in servers):
            return _no("servers is a list of names", "Name servers of the file.")
        for name in servers:
            if name not in self._names:
                near = get_close_matches(name, self._names, n=1)
                advice = f"Did you mean {near[0]}?" if near else f"The servers are {', '.join(self._names)}."
                return _no(f"the group has no server {one_line(name)}", advice)
        if kind in _PLAIN:
            return _PLAIN[kind]
        if kind == "rejuvenate" and not servers:
            return _no("rejuvenate needs the name of a server", f"They are {', '.join(self._names)}.")
        return RollAsked("an operator asks", by_operator=True, servers=tuple(servers))


def _no(error: str, advice: str) -> dict[str, Any]:
    """A refusal."""
    return {"ok": False, "error": error, "advice": advice}
