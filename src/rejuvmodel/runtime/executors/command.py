"""An executor of commands: any tool that restarts a program, as a list of arguments.

Recipes, each without a shell on this side::

    restart = ["systemctl", "restart", "{program}"]
    identity = ["systemctl", "show", "--property=MainPID", "--value", "{program}"]

    restart = ["docker", "restart", "-t", "20", "{program}"]
    identity = ["docker", "inspect", "--format", "{{.State.Pid}}", "{program}"]

    restart = ["ssh", "-o", "BatchMode=yes", "app1.example.org", "systemctl", "restart", "{program}"]
    identity = ["ssh", "-o", "BatchMode=yes", "app1.example.org", "cat", "/run/{program}.identity"]
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.failures import BadAnswerError, NoIdentityError
from rejuvmodel.runtime.outside.names import checked_name, one_line
from rejuvmodel.runtime.watching.identity import Identity, identity_of

_ANSWER = re.compile(r"([0-9]{1,10})(?:\s+([0-9]{1,16}(?:\.[0-9]{1,9})?))?", re.ASCII)


class CommandExecutor(Executor):
    """Restarts a program by a command.

    Parameters
    ----------
    restart : sequence of str
        The command; ``{program}`` is the place of the name.
    restart_timeout : float
        Its time [s]; then TERM, and KILL.
    identity : sequence of str, optional
        A command that prints the number of the process, and 0 if it does not run. For a process of another
        machine it prints a second number: when it was started, on any clock of that machine that is never
        set back.
    identity_timeout : float
        Its time [s].
    """

    def __init__(
        self,
        restart: Sequence[str],
        *,
        restart_timeout: float,
        identity: Sequence[str] | None = None,
        identity_timeout: float = 5.0,
    ) -> None:
        self._restart = Command("restart", restart, restart_timeout)
        self._identity = None if identity is None else Command("identity", identity, identity_timeout)

    def restart(self, program: str) -> None:
        self._restart.run(program=program)

    def identity(self, program: str) -> Identity | None:
        name = checked_name("program", program)
        if self._identity is None:
            found = f"no command tells the process of {name}"
            raise NoIdentityError("identity", found, 'Give one as "identity" in [executor].')
        printed = self._identity.run(program=name).strip()
        answer = _ANSWER.fullmatch(printed)
        if answer is None:
            found = f"it printed {one_line(printed)} where the number of a process is expected"
            raise BadAnswerError(f"identity of {name}", found, "Let it print nothing else.")
        pid = int(answer[1])
        if answer[2] is None or pid == 0:
            return identity_of(pid)
        return Identity(pid, float(answer[2]), here=False)
