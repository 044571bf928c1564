"""Reloads of HAProxy: a new process answers, and the one before finishes its sessions where nobody sees them.

A soft reload hands the control socket to a new process, which knows of no session but its own. A server that
looks idle there may still be at work for the process before, so for a grace after each reload the sessions of
all servers are unknown, and an unknown number of sessions is no drain.
"""

from __future__ import annotations

import logging
import re
import threading
import time

from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import BadAnswerError

_log = logging.getLogger(__name__)
_PID = re.compile(r"^Pid: ([0-9]{1,10})$", re.MULTILINE | re.ASCII)
#: The command whose answer has the number of the process.
INFO = "show info"


def process_of(where: str, answer: str) -> tuple[int | None, str]:
    """Take the answer to `INFO` off the beginning of an answer.

    Parameters
    ----------
    where : str
        The balancer, for errors.
    answer : str
        What came back to a line that began with that command.

    Returns
    -------
    tuple
        The number of the process, and the rest of the answer. Without one the answer is whatever HAProxy
        says where it refuses a command, or none of HAProxy's.

    Raises
    ------
    BadAnswerError
        If the number is there twice, and may be anybody's.
    """
    info, blank, rest = answer.partition("\n\n")
    found = _PID.findall(info)
    if len(found) > 1:
        raise BadAnswerError(where, "two numbers of its process in one answer", "Is this HAProxy's socket?")
    return (int(found[0]), rest) if found and blank else (None, answer)


class Reloads:
    """Remembers which process answered on which socket.

    Parameters
    ----------
    grace : float
        How long after a reload sessions are unknown [s]; as long as sessions last, or ``hard-stop-after``.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._lock = threading.Lock()
        self._seen: dict[SocketAddress, tuple[int, float]] = {}

    def lately(self, address: SocketAddress, pid: int) -> bool:
        """Note who answers, and return whether it has taken over from another process lately.

        Parameters
        ----------
        address : SocketAddress
            The control socket.
        pid : int
            The number of the process.

        Returns
        -------
        bool
            True within the grace after a reload; the first process that is seen has taken over from nobody.
        """
        now = time.monotonic()
        with self._lock:
            before, since = self._seen.get(address, (pid, float("-inf")))
            reloaded = before != pid
            if reloaded:
                since = now
            self._seen[address] = (pid, since)
        if reloaded:
            text = "%s was reloaded: sessions of the process before it are not seen for %g s"
            _log.warning(text, address, self._grace)
        return now - since < self._grace
