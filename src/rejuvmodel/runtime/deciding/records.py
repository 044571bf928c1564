"""Records: what the journal must hold before anything is done, enough for a successor to go on.

A record has no clock of its own: the journal writes the wall clock beside it, because no other clock lives
longer than a process. `plain` and `parsed` turn records into JSON values and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_args

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import choice, described, keys
from rejuvmodel.runtime.deciding.attendance import Attended
from rejuvmodel.runtime.deciding.states import Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause


@dataclass(frozen=True, slots=True)
class Entered:
    """A server goes on to a phase.

    Parameters
    ----------
    server : str
        The server.
    phase, role : str
        Where it stands from now on, and as what.
    cause : str
        Why.
    identity : str or None
        Its life when the rejuvenation was commanded.
    partner : str
        The spare that takes over.
    step, attempt : int
        Clean steps done, recoveries tried.
    """

    server: str
    phase: str
    role: str
    cause: str
    identity: str | None = None
    partner: str = ""
    step: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RestartBegan:
    """A restart or a recovery is about to be ordered.

    Parameters
    ----------
    server : str
        The server.
    identity : str or None
        The life it ends.
    """

    server: str
    identity: str | None


@dataclass(frozen=True, slots=True)
class RollChanged:
    """A roll begins, grows, or is cancelled.

    Parameters
    ----------
    left : tuple of tuple
        Servers to be rejuvenated, each with its life at the start; empty if it is cancelled.
    asked : tuple of str
        Those for which a person asked.
    why : str
        Who asked.
    """

    left: tuple[tuple[str, str | None], ...]
    asked: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RollLeft:
    """A server of the roll has a new life.

    Parameters
    ----------
    server : str
        The server.
    """

    server: str


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing new begins any more, or it may again.

    Parameters
    ----------
    paused : bool
        Whether an operator holds the group.
    halted : str
        Why the controller does; empty if it does not.
    """

    paused: bool
    halted: str


@dataclass(frozen=True, slots=True)
class DelayDrawn:
    """The delay of an episode of a clock.

    Parameters
    ----------
    clock : str
        The server; empty for the cluster's clock.
    mark : str
        Tells this episode from the next.
    delay : float
        The delay [s]; infinity is the text "infinity" in JSON.
    """

    clock: str
    mark: str
    delay: float


@dataclass(frozen=True, slots=True)
class EpisodeBegan:
    """A clock has begun to run.

    Parameters
    ----------
    clock : str
        The server; empty for the cluster's clock.
    mark : str
        Tells this episode from the next.
    """

    clock: str
    mark: str


@dataclass(frozen=True, slots=True)
class EpisodeEnded:
    """A clock has stopped: recovered, or rejuvenated.

    Parameters
    ----------
    clock : str
        The server; empty for the cluster's clock.
    """

    clock: str


@dataclass(frozen=True, slots=True)
class SlotFired:
    """A slot of the cron expression has fired.

    Parameters
    ----------
    slot : str
        Its time, ISO 8601 in UTC.
    """

    slot: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How everything stands: a successor forgets all records before this one.

    Parameters
    ----------
    entries : tuple of tuple
        Records that state it, each with the wall clock at which it came to be so.
    """

    entries: tuple[tuple[datetime, Record], ...]


Record = (
    Entered | RestartBegan | RollChanged | RollLeft | Held | DelayDrawn | EpisodeBegan | EpisodeEnded
    | SlotFired | Attended | Snapshot
)  # fmt: skip
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Record)}
_TYPES = {
    "server": str, "phase": str, "role": str, "cause": str, "partner": str, "why": str, "halted": str,
    "clock": str, "mark": str, "slot": str, "step": int, "attempt": int, "paused": bool,
    "what": str, "dry_run": bool,
}  # fmt: skip


def plain(record: Record) -> dict[str, Any]:
    """Return a record as JSON values.

    Parameters
    ----------
    record : Record
        The record.

    Returns
    -------
    dict
        ``record``, the kind, and its fields.
    """
    values: dict[str, Any] = {"record": type(record).__name__}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name == "left":
            value = [list(pair) for pair in value]
        elif field.name == "asked":
            value = list(value)
        elif field.name == "entries":
            value = [[at.isoformat(), plain(entry)] for at, entry in value]
        values[field.name] = "infinity" if value == float("inf") else value
    return values


def parsed(values: object) -> Record:
    """Return the record that JSON values describe.

    Parameters
    ----------
    values : mapping
        As `plain` gave them.

    Returns
    -------
    Record
        The record.

    Raises
    ------
    InvalidInputError
        If they are none of a record: whoever reads a journal drops it and says so.
    """
    if not isinstance(values, Mapping):
        raise InvalidInputError("record", described(values), "a record is a table", "Drop it.")
    name = choice("record", values.get("record"), dict.fromkeys(_KINDS, "a kind of record"))
    kind = _KINDS[name]
    names = [field.name for field in fields(kind)]
    table = keys("record", values, ["record", *names])
    found = {key: _value(key, table[key]) for key in names}
    if kind is Entered:
        found["phase"] = Phase(choice("phase", found["phase"], {one.value: "" for one in Phase})).value
        found["role"] = Role(choice("role", found["role"], {one.value: "" for one in Role})).value
        found["cause"] = Cause(choice("cause", found["cause"], {one.value: "" for one in Cause})).value
    record: Record = kind(**found)
    return record


def _value(key: str, value: object) -> Any:
    """One field, of the type that it must have."""
    if key == "left" and isinstance(value, list):
        return tuple(_pair(entry) for entry in value)
    if key == "entries" and isinstance(value, list):
        return tuple(_entry(entry) for entry in value)
    if key == "asked" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if key == "identity" and (value is None or isinstance(value, str)):
        return value
    if key == "delay":
        if value == "infinity":
            return float("inf")
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
    if key in _TYPES and type(value) is _TYPES[key]:
        return value
    raise InvalidInputError(key, described(value), "a record has other values there", "Drop it.")


def _pair(entry: object) -> tuple[str, str | None]:
    """One server of a roll and its life."""
    if isinstance(entry, list) and len(entry) == 2:
        name, life = entry
        if isinstance(name, str) and (life is None or isinstance(life, str)):
            return name, life
    raise InvalidInputError("left", described(entry), "a server and its life are expected", "Drop it.")


def _entry(entry: object) -> tuple[datetime, Record]:
    """One record of a snapshot and its time."""
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
        with suppress(ValueError):
            at = datetime.fromisoformat(entry[0])
            if at.tzinfo is not None:
                return at, parsed(entry[1])
    raise InvalidInputError("entries", described(entry), "a time and a record are expected", "Drop it.")
