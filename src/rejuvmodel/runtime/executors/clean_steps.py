"""What is cleared before the restart (S106 in the patent's Fig. 10): file system, buffers, memory.

Three named commands, each a list of arguments with a time limit of its own; none has a default. They run in
this order, while the server is in maintenance and still has its old process. The first that fails ends the
matter: the restart is not done, and whoever asked is told which step it was.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from rejuvmodel.runtime.commands import Command
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.identity import Identity

_log = logging.getLogger(__name__)


class CleanSteps:
    """The commands that clear what a restart does not.

    Parameters
    ----------
    file_system, buffers, memory : sequence of str, optional
        Such as ``["find", "/var/tmp/{program}", "-type", "f", "-delete"]``; left out if not given.
    timeout : float
        Time for each step that has none of its own [s].
    file_system_timeout, buffers_timeout, memory_timeout : float, optional
        Time for that step [s].
    """

    def __init__(
        self,
        *,
        file_system: Sequence[str] | None = None,
        buffers: Sequence[str] | None = None,
        memory: Sequence[str] | None = None,
        timeout: float = 30.0,
        file_system_timeout: float | None = None,
        buffers_timeout: float | None = None,
        memory_timeout: float | None = None,
    ) -> None:
        given = (
            ("clean file system", file_system, file_system_timeout),
            ("clean buffers", buffers, buffers_timeout),
            ("clean memory", memory, memory_timeout),
        )
        self._steps = tuple(
            Command(name, arguments, timeout if own is None else own)
            for name, arguments, own in given
            if arguments is not None
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The steps that will run, in order."""
        return tuple(step.argument for step in self._steps)

    def run(self, program: str) -> None:
        """Run the steps, one after another.

        Parameters
        ----------
        program : str
            The program that will be restarted.

        Raises
        ------
        CommandError, DeadlineError
            From the first step that fails; the ones after it do not run.
        """
        for step in self._steps:
            _log.info("%s: %s", program, step.argument)
            step.run(program=program)


class CleaningExecutor:
    """An executor that runs clean steps before each restart of another one.

    Parameters
    ----------
    executor : Executor
        Who restarts.
    steps : CleanSteps
        What comes before.
    """

    def __init__(self, executor: Executor, steps: CleanSteps) -> None:
        self._executor = executor
        self._steps = steps

    def restart(self, program: str) -> None:
        """Clean, then restart.

        Parameters
        ----------
        program : str
            The program.

        Raises
        ------
        OutsideError
            From the step that failed; nothing is restarted after a failed step.
        """
        self._steps.run(program)
        self._executor.restart(program)

    def identity(self, program: str) -> Identity | None:
        """Return which process the program is now, as the other executor says.

        Parameters
        ----------
        program : str
            The program.

        Returns
        -------
        Identity or None
            None if it is known not to run.
        """
        return self._executor.identity(program)
