"""Following a roll that a running runtime does, through its control socket, to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rejuvmodel.runtime.deciding.refusals import Reason
from rejuvmodel.runtime.deciding.states import SETTLED, Phase
from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.operating.logs import printable
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.rolls import PATIENCE, RollResult, lives_of, outcome

#: Between two questions [s].
_PAUSE = 0.25
#: How long a runtime may give no answer, a takeover by another one included [s].
_SILENCE = 30.0
#: The reason why servers of a roll wait for one another, which is no news.
_IN_TURN = Reason.CONCURRENT.value
_AT_REST = tuple(phase.value for phase in (*SETTLED, Phase.OUT))


def follow(
    path: str,
    servers: tuple[str, ...],
    before: Mapping[str, Any],
    progress: Callable[[Mapping[str, Any]], None],
    patience: float = PATIENCE,
) -> RollResult:
    """Follow a roll that has been asked for.

    Parameters
    ----------
    path : str
        The control socket.
    servers : tuple of str
        Who is rejuvenated.
    before : mapping
        The status before it was asked for.
    progress : callable
        Called with each status.
    patience : float
        How long servers may be refused before it is given up [s].

    Returns
    -------
    RollResult
        What came of it.

    Raises
    ------
    OutsideError
        If the runtime answers no more.

    Notes
    -----
    What is left when it is given up, or when the roll halts, is cancelled: nothing goes on later unasked.
    """
    lives = lives_of(before)
    began = time.monotonic()
    waits_since: float | None = None
    heard = began
    while True:
        now = time.monotonic()
        try:
            status = ask(path, "status").status
            heard = now
        except OutsideError:
            if now - heard > _SILENCE:
                raise
            time.sleep(_PAUSE)
            continue
        progress(status)
        left = set(servers) & set(status["roll"])
        resting = all(one["phase"] in _AT_REST for one in status["servers"])
        moving = any(one["phase"] not in _AT_REST for one in status["servers"] if one["name"] in servers)
        waits_since = (waits_since or now) if left and resting else None
        late = waits_since is not None and now - waits_since >= patience
        halted = bool(status["halted"]) and resting
        if left and (late or halted):
            ask(path, "cancel")
        if late or halted or (not left and not moving):
            return outcome(status, servers, lives, now - began)
        time.sleep(_PAUSE)


def cancelled(path: str) -> None:
    """Cancel a roll because the user went away; whether it worked is said.

    Parameters
    ----------
    path : str
        The control socket.
    """
    words = "the roll is cancelled; what is under way is finished or undone"
    try:
        reply = ask(path, "cancel")
        if not reply.ok:
            words = f"the roll could not be cancelled: {reply.error} {reply.advice}"
    except OutsideError as problem:
        words = f"the roll could not be cancelled: {problem}"
    _say(f"interrupted: {words}")


class Progress:
    """Writes a line to standard error whenever a server goes on, or has to wait for another reason."""

    def __init__(self) -> None:
        self._phases: dict[str, str] = {}
        self._reasons: dict[str, str] = {}

    def __call__(self, status: Mapping[str, Any]) -> None:
        """Take in a status.

        Parameters
        ----------
        status : mapping
            The status document.
        """
        for one in status["servers"]:
            name, phase, refusal = one["name"], one["phase"], one["refusal"]
            if phase is not None:  # else nobody knows yet, or for a moment
                if phase != self._phases.get(name, phase):
                    self._reasons.pop(name, None)
                    _say(f"{name}: {phase}")
                self._phases[name] = phase
            told = self._reasons.get(name, _IN_TURN)
            if refusal and name in status["roll"] and refusal["reason"] not in (told, _IN_TURN):
                self._reasons[name] = refusal["reason"]
                _say(f"{name}: waits, {refusal['reason']}: {refusal['text']}")


def _say(text: str) -> None:
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()
