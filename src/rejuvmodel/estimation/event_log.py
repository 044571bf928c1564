"""EventLog: what happened to the servers of a cluster and when, and whose clock it was measured on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.estimation.event_kinds import EVENT_NAMES
from rejuvmodel.estimation.replay import (
    CONDITIONS,
    NORMAL,
    ClusterPath,
    ServerPath,
    replay_cluster,
    replay_servers,
)
from rejuvmodel.plain_records import Record
from rejuvmodel.state_labels import index_of
from rejuvmodel.text_files import file_name, write_text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Letters before the level in the labels of a cluster, by condition.
_LETTERS = ("", "u", "r")
_NO_LAYOUT = Record(())


class Steps(NamedTuple):
    """A path as a step function: ``states[k]`` holds from ``times[k]`` [h] to the next time.

    The last time is the end of the log, and repeats the last state, as plots of steps want it.
    """

    times: Floats
    states: Any


@dataclass(frozen=True, eq=False, repr=False)
class EventLog:
    """Events of one cluster or pool, from the start to the end of the log.

    Attributes
    ----------
    clock : {"cluster", "server"}
        Whether the lines tell of the cluster as a whole, or of each server by itself.
    servers : tuple of str
        Names of all servers, those without an event too.
    times : ndarray
        Time [h] of each event, in order; read-only.
    who : ndarray of int
        Place of each event's server among `servers`; −1 where the log names none.
    what : ndarray of int
        Kind of each event: 0 unstable, 1 failed, 2 repaired, 3 rejuvenation started, 4 rejuvenation finished.
    start, until : float
        Times [h] between which the log was kept.
    initial : tuple of str
        Condition of each server at the start; of a cluster its one state, such as "2" or "u1".
    epoch : datetime or None
        Time stamp of hour 0; None where times are hours.
    layout : mapping
        Limits of a pool that were in force, as `Pool.layout` names them; may be empty.
    places : tuple of str
        Line of each event, where it was read from something that has lines.
    notes : tuple of str
        What had to be assumed when it was read.
    """

    clock: str
    servers: tuple[str, ...]
    times: Floats
    who: Integers
    what: Integers
    start: float
    until: float
    initial: tuple[str, ...]
    epoch: datetime | None = None
    layout: Record = _NO_LAYOUT
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("times", "who", "what"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def hours(self) -> float:
        """Length of the log [h]."""
        return self.until - self.start

    @property
    def events(self) -> tuple[str, ...]:
        """Name of each event."""
        return tuple(EVENT_NAMES[k] for k in self.what.tolist())

    def place(self, event: int) -> str:
        """Return where an event stands, for errors.

        Parameters
        ----------
        event : int
            Its number, from 0.

        Returns
        -------
        str
            Such as "line 17".
        """
        return self.places[event] if self.places else f"events[{event}]"

    @cached_property
    def path(self) -> ServerPath | ClusterPath:
        """The log replayed: conditions of the servers, or states of the cluster.

        Raises
        ------
        InvalidInputError
            If the sequence of events is impossible.
        """
        who, what = self.who.tolist(), self.what.tolist()
        if self.clock == "server":
            conditions = [CONDITIONS.index(one) for one in self.initial]
            return replay_servers(conditions, who, what, self.servers, self.place)
        label = self.initial[0]
        condition = _LETTERS.index(label[0]) if label[0] in _LETTERS else NORMAL
        return replay_cluster((condition, int(label.lstrip("ur"))), who, what, self.servers, self.place)

    def steps(self, server: str | None = None) -> Steps:
        """Return the state over time, as a step function.

        Parameters
        ----------
        server : str, optional
            One server of a log by the clock of servers; by default all of them together.

        Returns
        -------
        Steps
            Times [h], shape (events + 2,), and states: of a cluster labels such as "u2"; of all servers rows
            (h, a, r, f) of integers, how many are normal, unstable, rejuvenating and failed; of one server
            "normal", "unstable", "rejuvenating" or "failed", at its own events.

        Raises
        ------
        InvalidInputError
            If the server is unknown, or the sequence of events is impossible.
        """
        times = np.concatenate([[self.start], self.times, [self.until]])
        path = self.path
        if isinstance(path, ClusterPath):
            pairs = zip(path.condition.tolist(), path.level.tolist(), strict=True)
            labels = [f"{_LETTERS[condition] if level else ''}{level}" for condition, level in pairs]
            return Steps(times, (*labels, labels[-1]))
        if server is None:
            return Steps(times, np.concatenate([path.counts, path.counts[-1:]]))
        index = index_of(self.servers, server, "server")
        mine = np.flatnonzero(self.who == index)
        states = [self.initial[index], *(CONDITIONS[k] for k in path.after[mine].tolist())]
        return Steps(np.concatenate([[self.start], self.times[mine], [self.until]]), (*states, states[-1]))

    def settings(self) -> dict[str, Any]:
        """Return what the log says of itself, as `estimate` takes it.

        Returns
        -------
        dict
            Clock, servers, start and end, what is not normal at the start, and the layout.
        """
        found: dict[str, Any] = {"clock": self.clock, "servers": list(self.servers)}
        found |= {"start": self.stamp(self.start), "until": self.stamp(self.until)}
        if self.clock == "cluster":
            if self.initial != (str(len(self.servers)),):
                found["initial"] = self.initial[0]
        elif any(one != CONDITIONS[NORMAL] for one in self.initial):
            pairs = zip(self.servers, self.initial, strict=True)
            found["initial"] = {name: one for name, one in pairs if one != CONDITIONS[NORMAL]}
        return found | {key: value for key, value in self.layout.items() if value is not None}

    def stamp(self, time: float) -> float | str:
        """Return a time as the log writes it: hours, or a time stamp in ISO 8601.

        Parameters
        ----------
        time : float
            Time [h].

        Returns
        -------
        float or str
            The same time.
        """
        return time if self.epoch is None else (self.epoch + timedelta(hours=time)).isoformat()

    def to_dataframe(self) -> DataFrame:
        """Return the events as a table, which `estimate` reads.

        Returns
        -------
        pandas.DataFrame
            Columns server, time and event; `settings` in ``attrs``.
        """
        from pandas import DataFrame

        frame = DataFrame(self._rows(), columns=["server", "time", "event"])
        frame.attrs |= self.settings()
        return frame

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the log as text, and write it to a file if one is named.

        Parameters
        ----------
        path : str or path, optional
            The file, written whole or not at all.

        Returns
        -------
        str
            A CSV file with what the log says of itself in lines that begin with "#".

        Raises
        ------
        InvalidInputError
            If the file cannot be written.
        """
        lines = [f"# {key}: {_setting_text(value)}" for key, value in self.settings().items()]
        lines.append("server,time,event")
        lines += [f"{_quoted(server)},{time},{event}" for server, time, event in self._rows()]
        text = "\n".join(lines) + "\n"
        if path is not None:
            write_text(file_name(path, "events.csv"), text)
        return text

    def __repr__(self) -> str:
        return (
            f"EventLog of {len(self.servers)} servers by the clock of the {self.clock}: "
            f"{len(self)} events in {words(self.hours)}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what was made on first access; through the constructor, for unpickled arrays are writable.
        return EventLog, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def _rows(self) -> list[tuple[str, float | str, str]]:
        names = ["" if k < 0 else self.servers[k] for k in self.who.tolist()]
        times = [self.stamp(time) for time in self.times.tolist()]
        return list(zip(names, times, self.events, strict=True))


def _setting_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_quoted(name)} {condition}" for name, condition in value.items())
    return ", ".join(_quoted(name) for name in value) if isinstance(value, list) else str(value)


def _quoted(name: str) -> str:
    """A name as CSV writes it; quoted as well where it would pass for a comment."""
    plain = not name.startswith("#") and not any(c in name for c in ',"')
    return name if plain else '"' + name.replace('"', '""') + '"'
