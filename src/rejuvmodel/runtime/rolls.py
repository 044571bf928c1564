"""A roll by hand: every server rejuvenated once, one after another, by a runner that then ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rejuvmodel.runtime.deciding.states import SETTLED, Phase
from rejuvmodel.runtime.runner import Runner

#: How long a roll waits for the first full view, and how long for servers that are refused [s].
PATIENCE = 120.0
_BACK = tuple(phase.value for phase in SETTLED)
_ON_THE_WAY = tuple(phase.value for phase in (Phase.RESTARTING, Phase.RECOVERING, Phase.WARMING))


@dataclass(frozen=True, slots=True)
class RollResult:
    """What came of a roll.

    Parameters
    ----------
    rejuvenated : tuple of str
        Servers that have a new life and serve again, or stand by.
    left : mapping of str to str
        The others, each with the reason.
    seconds : float
        How long it took [s].
    dry_run : bool
        Whether it was only said what would be done.
    problems : tuple of str
        What went wrong on the way.
    """

    rejuvenated: tuple[str, ...]
    left: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    dry_run: bool = False
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every server that was asked for has been rejuvenated."""
        return not self.left and not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values.

        Returns
        -------
        dict
            With a ``schema``.
        """
        return {
            "schema": 1, "ok": self.ok, "rejuvenated": list(self.rejuvenated), "left": dict(self.left),
            "seconds": self.seconds, "dry_run": self.dry_run, "problems": list(self.problems),
        }  # fmt: skip


def roll(
    runner: Runner,
    servers: tuple[str, ...] = (),
    *,
    stop: threading.Event | None = None,
    progress: Callable[[Mapping[str, Any]], None] | None = None,
    patience: float = PATIENCE,
) -> RollResult:
    """Rejuvenate servers one after another, by a runner that does nothing else.

    Parameters
    ----------
    runner : Runner
        Made with ``by_policy=False``.
    servers : tuple of str
        Only these; empty for all.
    stop : threading.Event, optional
        When it is set nothing more begins, and what is under way is finished or undone.
    progress : callable, optional
        Called with the status document after each tick.
    patience : float
        How long to wait for a full view, or for servers that must wait, before it is given up [s].

    Returns
    -------
    RollResult
        What came of it.
    """
    stop = stop or threading.Event()
    began = time.monotonic()
    asked = servers or tuple(runner.file.group.capacities)
    lives: dict[str, str | None] = {}
    refused_since: float | None = None
    while True:
        tick = time.monotonic()
        if not lives and runner.ready:
            lives = lives_of(runner.status())
            runner.put({"ask": "rejuvenate", "servers": list(asked)})
        runner.tick()
        document = runner.status()
        if lives and not runner.ready:  # another controller has taken over
            break
        if progress is not None:
            progress(document)
        resting = runner.at_rest
        over = bool(lives) and (runner.idle or (resting and (document["halted"] or stop.is_set())))
        waits = not lives or (resting and bool(document["roll"]))
        refused_since = (refused_since or tick) if waits else None
        late = refused_since is not None and tick - refused_since >= patience
        if over or late or (stop.is_set() and not lives):
            break
        runner.wait(tick)
    if document["roll"]:
        runner.put({"ask": "cancel"})
        runner.tick()
    return outcome(document, asked, lives, time.monotonic() - began, interrupted=stop.is_set())


def lives_of(document: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the lives that a roll is to end.

    Parameters
    ----------
    document : mapping
        The status when it is asked for.

    Returns
    -------
    dict of str to str or None
        By server; None for one that is being restarted: its next life counts already.
    """
    return {
        one["name"]: None if one["phase"] in _ON_THE_WAY else one["identity"] for one in document["servers"]
    }


def outcome(
    document: Mapping[str, Any],
    asked: tuple[str, ...],
    lives: Mapping[str, str | None],
    seconds: float,
    *,
    interrupted: bool = False,
) -> RollResult:
    """Return what came of a roll: a server is rejuvenated if it serves and has another life.

    Parameters
    ----------
    document : mapping
        The status at its end.
    asked : tuple of str
        Servers that were to be rejuvenated.
    lives : mapping of str to str or None
        Their identities before.
    seconds : float
        How long it took [s].
    interrupted : bool
        Whether it was ended before its time.

    Returns
    -------
    RollResult
        What came of it.
    """
    by_name = {one["name"]: one for one in document["servers"]}
    problems = [*document["problems"], *(f"{one['server']}: {one['text']}" for one in document["loud"])]
    if document["dry_run"] and lives:
        return RollResult((), {}, round(seconds, 3), dry_run=True, problems=tuple(problems))
    left = {}
    for name in asked:
        one = by_name[name]
        renewed = bool(lives) and one["identity"] not in (None, lives[name])
        if renewed and one["phase"] in _BACK and name not in document["roll"]:
            continue
        refusal = one["refusal"]
        text = refusal["text"] if refusal else document["halted"]
        if not text and lives and one["identity"] == lives[name] is not None and one["phase"] in _BACK:
            text = "its process is the same as before"
        text = text or one["evidence"]
        left[name] = "interrupted" if interrupted else text or "it was not reached"
    done = tuple(name for name in asked if name not in left)
    return RollResult(done, left, round(seconds, 3), problems=tuple(problems))
