"""An executor for programs that run without a supervisor: it starts and stops them itself.

Which process a program is stands in a file (number and begin), written whole after each start, so that the
next run of the controller finds it. A number that another process has by now is not believed. A controller
that is killed between the start and the file leaves a process that no file knows; a mark in its environment
tells it, so that no program is ever started a second time beside the first.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.commands import MARK, Command
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.deadlines import Deadline, seconds
from rejuvmodel.runtime.outside.failures import BadAnswerError, CommandError, DeadlineError, RefusedError
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.runtime.outside.waiting import ended, until
from rejuvmodel.runtime.watching.identity import Identity, identity_of, is_alive, marked
from rejuvmodel.text_files import write_text

#: The variable that marks a program in its environment.
_MARK = "REJUVMODEL_PROGRAM"


class ProcessExecutor(Executor):
    """Starts, stops and restarts programs of this machine.

    Parameters
    ----------
    programs : mapping of str to sequence of str
        For each program its command, a list of arguments.
    directory : str or path
        Where the files with the identities are kept, and what the programs print (``<program>.log``). It
        must exist; only this user should be able to write there.
    stop_timeout : float
        Time between TERM and KILL [s].
    settle : float
        How long a new process must have lived before the restart counts as done [s].

    Notes
    -----
    Started programs have a session of their own and go on when the controller ends. Stopping a program
    stops its process group.
    """

    def __init__(
        self,
        programs: Mapping[str, Sequence[str]],
        directory: str | os.PathLike[str],
        *,
        stop_timeout: float = 10.0,
        settle: float = 0.2,
    ) -> None:
        self._commands = {
            checked_name("programs", name): Command(f"programs.{name}", arguments, stop_timeout, ())
            for name, arguments in programs.items()
        }
        self._directory = Path(directory)
        if not self._directory.is_dir():
            raise InvalidInputError(
                "directory", shown(str(directory)), "a directory that exists is expected", "Make it first."
            )
        self._stop_timeout = seconds("stop_timeout", stop_timeout)
        self._settle = seconds("settle", settle)
        self._children: dict[str, int] = {}
        self._codes: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def restart(self, program: str) -> None:
        self.stop(program)
        self.start(program)

    def start(self, program: str) -> Identity:
        """Start a program that does not run.

        Parameters
        ----------
        program : str
            The program.

        Returns
        -------
        Identity
            Its process.

        Raises
        ------
        RefusedError
            If it runs already, or is unknown.
        CommandError
            If it cannot be started, or ends at once.
        """
        command = self._command(program)
        if (running := self.identity(program)) is not None:
            raise RefusedError(program, f"it runs already, as process {running.pid}", "Stop it first.")
        pid = self._spawned(program, command.arguments)
        identity = identity_of(pid)
        if identity is not None:
            self._keep(program, identity)
        if identity is None or until(Deadline(self._settle), lambda: identity_of(pid) is None):
            found = f"it ended at once, with exit code {self._exit_code(program, pid)}"
            with self._lock:
                self._children.pop(program, None)
            raise CommandError(program, found, f"Read {self._directory / f'{program}.log'}.")
        return identity

    def stop(self, program: str) -> None:
        """Stop a program and its process group: TERM, then KILL; nothing happens if it does not run.

        Parameters
        ----------
        program : str
            The program.

        Raises
        ------
        DeadlineError
            If even KILL does not end it.
        """
        self._command(program)
        identity = self.identity(program)
        if identity is None:
            return
        if not ended(
            lambda number: _signal_group(identity, number),
            lambda: self.identity(program) is None,
            self._stop_timeout,
        ):
            found = f"process {identity.pid} is still there after KILL"
            raise DeadlineError(program, found, "The kernel holds it: look at the disks it uses.")

    def identity(self, program: str) -> Identity | None:
        self._command(program)
        child = self._children.get(program)
        if child is not None and self._exit_code(program, child) is not None:
            with self._lock:  # a monitor asks while a restart goes on: only what was looked at is forgotten
                if self._children.get(program) == child:
                    del self._children[program]
        try:
            text = self._file(program).read_text("ascii")
            pid, started = text.split()
            known = Identity(int(pid), float(started))
        except FileNotFoundError:
            return self._found_by_mark(program)
        except (OSError, ValueError) as problem:
            found = f"the file of its process cannot be read ({type(problem).__name__})"
            raise BadAnswerError(program, found, f"Look at {self._file(program)}.") from None
        return known if is_alive(known) else self._found_by_mark(program)

    def _found_by_mark(self, program: str) -> Identity | None:
        """Return the process that was started from here as this program, and keep its identity."""
        found = marked(_MARK, self._mark(program))
        if found is not None:
            self._keep(program, found)
        return found

    def _keep(self, program: str, identity: Identity) -> None:
        """Write the file with the identity."""
        write_text(str(self._file(program)), f"{identity.pid} {identity.started!r}\n")

    def _mark(self, program: str) -> str:
        """Return what stands in the environment of this program."""
        return os.path.join(os.path.realpath(self._directory), program)

    def _spawned(self, program: str, arguments: tuple[str, ...]) -> int:
        """Start a process in a session of its own, its output at the end of the log; return its number."""
        log = str(self._directory / f"{program}.log")
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        try:
            # Not by subprocess, whose objects want to see the end of what they have started.
            pid = os.posix_spawnp(
                arguments[0],
                arguments,
                {
                    **{name: value for name, value in os.environ.items() if name != MARK},
                    _MARK: self._mark(program),
                },
                file_actions=actions,
                setsid=True,
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
        except OSError as problem:
            found = f"it cannot be started ({problem.strerror})"
            raise CommandError(program, found, "Check the command.") from None
        with self._lock:
            self._children[program] = pid
            self._codes.pop(program, None)
        return pid

    def _exit_code(self, program: str, pid: int) -> int | None:
        """Reap a child if it has ended; return its exit code, in whichever thread, or None while it runs."""
        with self._lock:
            known, code = self._codes.get(program, (None, 0))
            if known == pid:
                return code
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has reaped it
                return 0
            if found == 0:
                return None
            self._codes[program] = pid, os.waitstatus_to_exitcode(status)
            return self._codes[program][1]

    def _command(self, program: str) -> Command:
        """Return the command of a program that is known."""
        name = checked_name("program", program)
        if name not in self._commands:
            raise RefusedError(name, "no command starts it", "Add it to the programs of the executor.")
        return self._commands[name]

    def _file(self, program: str) -> Path:
        """Return the file with the identity."""
        return self._directory / f"{program}.identity"


def _signal_group(identity: Identity, number: int) -> None:
    """Send a signal to the group of this very process, or to it alone if it leads none."""
    if not is_alive(identity):
        return
    with suppress(ProcessLookupError):
        if os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, number)
        else:
            os.kill(identity.pid, number)
