"""An executor for programs under supervisor: stop, see it stopped, start, see it running.

The calls return at once and are watched from here, so one that never ends costs a call's timeout and no more.
Supervisor itself sends KILL to a program that outlasts its ``stopwaitsecs``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.supervisor_calls import SupervisorCalls, SupervisorFault
from rejuvmodel.runtime.outside.addresses import is_loopback
from rejuvmodel.runtime.outside.deadlines import Deadline, seconds
from rejuvmodel.runtime.outside.failures import (
    BadAnswerError,
    CommandError,
    DeadlineError,
    NobodyListensError,
    UnreachableError,
)
from rejuvmodel.runtime.outside.names import checked_name, one_line
from rejuvmodel.runtime.watching.identity import Identity, identity_of

_STOPPED = frozenset({"STOPPED", "EXITED", "FATAL"})
_ALIVE = frozenset({"STARTING", "RUNNING", "STOPPING"})
#: BACKOFF: it died and supervisor will try again.
_KNOWN = _STOPPED | _ALIVE | {"BACKOFF", "UNKNOWN"}
#: Numbers of supervisor's faults that a second call, or somebody else, brings about.
_ALREADY_STARTED, _NOT_RUNNING = 60, 70
#: Its number for a program that cannot be started or dies at once.
_SPAWN_ERROR = 50
_PAUSE = 0.05


class SupervisorExecutor(Executor):
    """Restarts programs, named ``"name"`` or ``"group:name"``, through supervisor's XML-RPC.

    Parameters
    ----------
    url : str
        ``"http://127.0.0.1:9001/RPC2"``, or ``"unix:///run/supervisor.sock"``.
    restart_timeout : float
        Time for a restart, until supervisor has the program running [s]. Longer than the program's
        ``stopwaitsecs`` and ``startsecs`` together.
    call_timeout : float
        Time for one call [s].
    user, password : str
        For HTTP basic authentication; never shown.
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.

    Notes
    -----
    Of a supervisor on another machine the begin of a process is as its own clock had it.
    """

    def __init__(
        self,
        url: str,
        *,
        restart_timeout: float,
        call_timeout: float = 5.0,
        user: str = "",
        password: str = "",
        allowed: Collection[str] = (),
    ) -> None:
        timeout = seconds("call_timeout", call_timeout)
        self._calls = SupervisorCalls(url, timeout, user=user, password=password, allowed=allowed)
        self._restart_timeout = seconds("restart_timeout", restart_timeout)
        self._on_this_host = not self._calls.host or is_loopback(self._calls.host)

    def restart(self, program: str) -> None:
        name = checked_name("program", program)
        deadline = Deadline(self._restart_timeout)
        self._order("supervisor.stopProcess", name, _NOT_RUNNING, deadline)
        self._until(name, _STOPPED, "stopped", deadline)
        if not self._started(name, deadline):
            found = f"{name} ended as soon as it was started"
            raise CommandError(self._calls.where, found, "Read what it wrote to its log.")

    def identity(self, program: str) -> Identity | None:
        name = checked_name("program", program)
        info = self._info(name)
        if info["statename"] not in _ALIVE:
            return None
        pid, start = self._whole(info, "pid"), self._whole(info, "start")
        return identity_of(pid) if self._on_this_host else Identity(pid, float(start), here=False)

    def _started(self, name: str, deadline: Deadline) -> bool:
        """Start a program; return whether it runs, and has not died at once."""
        try:
            self._order("supervisor.startProcess", name, _ALREADY_STARTED, deadline)
        except SupervisorFault as fault:
            if fault.code == _SPAWN_ERROR:  # it was dead before supervisor had answered
                return False
            raise
        return self._until(name, _STOPPED | {"RUNNING"}, "running", deadline) == "RUNNING"

    def _order(self, method: str, name: str, harmless: int, deadline: Deadline) -> None:
        """Give an order without waiting; that it is carried out already is no error."""
        try:
            self._answered(deadline, lambda: self._calls.call(method, name, False))
        except SupervisorFault as fault:
            if fault.code != harmless:
                raise

    def _answered(self, deadline: Deadline, call: Callable[[], Any]) -> Any:
        """Call until there is an answer.

        Supervisor may carry out later what it has not answered: an order to stop that is left behind would
        end a server that serves again.
        """
        while True:
            try:
                return call()
            except NobodyListensError:  # it will carry out nothing
                raise
            except UnreachableError:
                if deadline.over:
                    raise
            time.sleep(min(_PAUSE, deadline.left))

    def _until(self, name: str, wanted: Collection[str], word: str, deadline: Deadline) -> str:
        """Wait until the program is in one of the states; return which."""
        while True:
            state = str(self._answered(deadline, lambda: self._info(name))["statename"])
            if state in wanted:
                return state
            if deadline.over:
                found = f"{name} is {state} and not {word} {deadline.seconds:g} s after the order to restart"
                raise DeadlineError(self._calls.where, found, "Compare stopwaitsecs and startsecs with it.")
            time.sleep(min(_PAUSE, deadline.left))

    def _info(self, name: str) -> dict[str, Any]:
        """Return what supervisor says about a program."""
        info = self._calls.call("supervisor.getProcessInfo", name)
        if not isinstance(info, dict) or info.get("statename") not in _KNOWN:
            found = f"no known state of {name}: {one_line(info)}"
            raise BadAnswerError(self._calls.where, found, "Is this supervisor's URL?")
        return info

    def _whole(self, info: dict[str, Any], key: str) -> int:
        """Return a number that a process or a time can have."""
        value = info.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**40:
            raise BadAnswerError(
                self._calls.where, f"{key} is {one_line(value)}", "Is this supervisor's URL?"
            )
        return value
