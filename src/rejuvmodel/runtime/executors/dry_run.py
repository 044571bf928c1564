"""The default executor: it restarts nothing and says so in the log."""

from __future__ import annotations

import logging

from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.failures import NoIdentityError
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.runtime.watching.identity import Identity

_log = logging.getLogger(__name__)


class DryRun(Executor):
    """Says what would be restarted.

    Attributes
    ----------
    restarted : list of str
        The programs it was told to restart, in order.
    """

    def __init__(self) -> None:
        self.restarted: list[str] = []

    def restart(self, program: str) -> None:
        self.restarted.append(checked_name("program", program))
        _log.info("dry run: would restart %s", program)

    def identity(self, program: str) -> Identity | None:
        found = f"a dry run does not know the process of {checked_name('program', program)}"
        raise NoIdentityError("dry-run", found, "Choose another executor to act.")
