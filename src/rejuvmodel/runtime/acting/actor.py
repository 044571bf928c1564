"""Carrying out what the controller has ordered: hand over, clean, restart, recover, be loud.

Before a command it is asked once more, in the thread that gives it: whether this controller still is the one
that acts; before a restart, whether the balancers still keep the server in maintenance, and whether the life
that was to end is still there, because somebody else may have restarted it; after a fault, whether it has
come back by itself. Whether this controller acts is asked again as the very last thing before a restart: it
may have been stopped while it looked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from rejuvmodel.runtime.acting.commands import Command, owned_by
from rejuvmodel.runtime.acting.duplex import Duplexer
from rejuvmodel.runtime.acting.workers import Workers
from rejuvmodel.runtime.balancing.balancer import Balancer
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.actions import Action, Alarm, Announce, Clean, Duplex, Recover, Restart
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.deadlines import Deadline
from rejuvmodel.runtime.outside.failures import OutsideError, RefusedError
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.observing import identity_text

_log = logging.getLogger(__name__)
#: How long maintenance is waited for right before a restart [s].
_PARKED = 5.0
_PAUSE = 0.05


class Actor:
    """Carries out the actions of one group.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    balancer, executor, duplexer, monitors
        The parts that act and look.
    workers : Workers
        Where commands run.
    acts : callable
        Whether this controller is the one that acts; asked right before each command.
    owner : str
        Whose the commands are: a successor ends those of an earlier life.
    """

    def __init__(
        self,
        file: RuntimeFile,
        balancer: Balancer,
        executor: Executor,
        duplexer: Duplexer,
        monitors: Mapping[str, Monitor],
        workers: Workers,
        acts: Callable[[], bool],
        owner: str,
    ) -> None:
        self._file = file
        self._balancer = balancer
        self._executor = executor
        self._duplexer = duplexer
        self._monitors = monitors
        self._workers = workers
        self._acts = acts
        self._owner = owner
        self._programs = {one.name: one.program or one.name for one in file.group.servers}

    def carry_out(self, action: Action) -> None:
        """Begin an action; the end of one with a ticket comes through the workers.

        Parameters
        ----------
        action : Action
            What was ordered.
        """
        group, server = self._file.group.name, action.server
        match action:
            case Announce(evidence=evidence):
                _log.info("%s %s is unstable: %s", group, server, evidence, extra=_fields(group, server))
            case Alarm(text=text):
                _log.error("%s %s: %s", group, server, text, extra=_fields(group, server))
                self.notify(server)
            case Duplex(partner=partner, ticket=ticket):
                self._begin(server, ticket, "hand over", lambda: self._hand_over(server, partner))
            case Clean(step=step, ticket=ticket):
                self._begin(server, ticket, f"clean {step}", lambda: self._clean(server, step))
            case Restart(identity=identity, ticket=ticket):
                self._begin(server, ticket, "restart", lambda: self._restart(server, identity))
            case Recover(ticket=ticket):
                self._begin(server, ticket, "recover", lambda: self._recover(action))

    def _begin(self, server: str, ticket: int, what: str, work: Callable[[], None]) -> None:
        """Begin a command that is marked as ours."""

        def owned() -> None:
            with owned_by(self._owner):
                self._check(what)
                work()

        group = self._file.group.name
        _log.info("%s %s: %s", group, server, what, extra=_fields(group, server, ticket=ticket))
        self._workers.begin(server, ticket, what, owned)

    def notify(self, server: str = "") -> None:
        """Call somebody, if the file says whom; also where another controller acts.

        Parameters
        ----------
        server : str
            The server; empty for the group.
        """
        call, group = self._file.connections.notify, self._file.group.name
        if call is not None:
            _log.info("%s %s: notify", group, server, extra=_fields(group, server))
            self._workers.begin(server, 0, "notify", lambda: self._notify(call, server))

    def _notify(self, call: Command, server: str) -> None:
        with owned_by(self._owner):
            call.run(group=self._file.group.name, server=server or self._file.group.name)

    def _hand_over(self, server: str, partner: str) -> None:
        if not partner:  # simplex operation: the service stops, and that was allowed by name
            _log.warning("%s %s: nobody is there to take its work", self._file.group.name, server)
            return
        self._duplexer.duplex(server, partner)

    def _clean(self, server: str, step: str) -> None:
        self._file.connections.clean[step].run(program=self._programs[server])

    def _restart(self, server: str, identity: str | None) -> None:
        """S106: restart, but only the life that was to end."""
        self._parked(server)
        look = self._monitors[server].sample()
        found = identity_text(look.identity)
        if found is None and look.answer != "gone":
            problem = "; ".join(look.doubts) or "nobody knows its process"
            raise RefusedError(server, f"which process it is is not known ({problem}): it is not restarted")
        if found is not None and identity is not None and found != identity:
            group = self._file.group.name
            words = "somebody else has restarted it: not restarted again"
            _log.warning("%s %s: %s", group, server, words, extra=_fields(group, server))
            return
        self._ended("restart", server)

    def _parked(self, server: str) -> None:
        """See the server in maintenance once more: a balancer may have been reloaded since it was decided."""
        deadline, found = Deadline(_PARKED), ""
        while not deadline.over:
            try:
                view = self._balancer.view()
            except OutsideError as problem:
                found = str(problem)
            else:
                one = view[server]
                if one.in_maintenance or (self._file.group.force_drain and one.admin == "maint"):
                    return
                found = f"a balancer has it as {one.admin} with {one.sessions} sessions"
            time.sleep(_PAUSE)
        raise RefusedError(server, f"no maintenance was seen before the restart ({found}): not restarted")

    def _recover(self, action: Recover) -> None:
        """S203: restart what has failed; from the second try on it is cleaned first."""
        server, look = action.server, self._monitors[action.server].sample()
        if look.answer == "healthy" and not action.though_healthy:
            return  # it came back by itself, or by somebody else
        found = identity_text(look.identity)
        if found is not None and action.identity is not None and found != action.identity:
            return  # somebody else has restarted it, and it has to become healthy
        if action.attempt > 1:
            for step in self._file.connections.clean:
                self._clean(server, step)
        self._ended("recover", server)

    def _ended(self, what: str, server: str) -> None:
        """End a life and begin the next, if this controller still acts after all that was looked at."""
        self._check(what)
        self._executor.restart(self._programs[server])

    def _check(self, what: str) -> None:
        """Refuse a command if another controller acts by now."""
        if not self._acts():
            raise RefusedError(what, "this controller is no longer the one that acts")


def _fields(group: str, server: str, **more: object) -> dict[str, dict[str, object]]:
    """What a structured log has beside the text."""
    return {"fields": {"group": group, "server": server, **more}}
