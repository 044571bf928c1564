"""What a log says of itself, or its reader: clock, servers, conditions at the start, limits of a pool."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from rejuvmodel.arrays import whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.log_rows import LAYOUT
from rejuvmodel.estimation.rate_estimates import known_clock
from rejuvmodel.estimation.replay import CONDITIONS, NORMAL
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import Rates
from rejuvmodel.plain_records import Record, record

#: All rates 1/h: then a rate out of a state is the number of clocks that run in it.
UNIT = Rates(aging=1.0, failure=1.0, repair=1.0, restart=1.0, rejuvenation=1.0)
_CLUSTER_STATE = re.compile(r"([ur]?)([0-9]{1,9})")
_SAY_CLOCK = (
    'Write clock="cluster" if one line tells of the whole cluster, "server" if each server has its own; or '
    'add the line "# clock: server" at the head of the file.'
)


@dataclass
class Servers:
    """Names of the servers, known from the start or collected from the log.

    Attributes
    ----------
    names : list of str
        In the order in which they were named.
    most : int or None
        How many there are; None where nobody has said.
    listed : bool
        Whether all names were given.
    """

    names: list[str] = field(default_factory=list)
    most: int | None = None
    listed: bool = False
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, name: object, where: str) -> int:
        """Return the number of a server; −1 where no name stands."""
        if name is None or not _is_itself(name) or name == "":
            return -1
        text = str(name).strip()
        if text in self._places:
            return self._places[text]
        if not text.isprintable():
            raise InvalidInputError(
                where, shown(name), "the name of a server is one line of text", "Correct it."
            )
        if self.listed:
            near = get_close_matches(text, self.names, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else "Add it to servers, or leave its lines out."
            raise InvalidInputError(where, shown(name), f"the servers are {_some(self.names)}", hint)
        if self.most is not None and len(self.names) >= self.most:
            raise InvalidInputError(
                where,
                shown(name),
                f"there are {self.most} servers: {_some(self.names)}",
                "Correct servers, or the name.",
            )
        self._places[text] = len(self.names)
        self.names.append(text)
        return self._places[text]

    def complete(self) -> tuple[str, ...]:
        """Return all names, those of servers that the log never mentions made up."""
        names = list(self.names)
        for k in range(1, 2 * (self.most or 0) + 1):
            if len(names) >= (self.most or 0):
                break
            if f"server{k}" not in self._places:
                names.append(f"server{k}")
        return tuple(names)


def merged(name: str, said: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the log says and what its reader gives; a contradiction is an error."""
    found = dict(said)
    for key, value in given.items():
        if value is None:
            continue
        if key in said and not _same(key, said[key], value):
            raise InvalidInputError(
                key,
                shown(value),
                f"{name} says {key}: {shown(said[key])}",
                "Leave one of them out, or correct it.",
            )
        found[key] = value
    return found


def clock_of(settings: Mapping[str, Any], name: str) -> str:
    """Return whose clock the log measures, which has to be said."""
    if settings.get("clock") is None:
        raise InvalidInputError(
            "clock", f"nothing, and {name} does not say", "a log says whose clock it measures", _SAY_CLOCK
        )
    return known_clock(settings["clock"])


def servers_of(value: object, clock: str) -> Servers:
    """Return the servers, from a number, a list of names, or text of either."""
    if value is None:
        if clock == "cluster":
            raise InvalidInputError(
                "servers", "nothing", "a log by the clock of a cluster says how many servers it has",
                'Write servers=2, or the line "# servers: 2" at the head of the file.',
            )  # fmt: skip
        return Servers()
    if isinstance(value, str):
        cells = [cell.strip() for cell in next(csv.reader([value], skipinitialspace=True), [])]
        value = int(cells[0]) if len(cells) == 1 and cells[0].isdigit() else cells
    if isinstance(value, list | tuple | set | frozenset):
        names = Servers()
        for k, one in enumerate(value):
            if names.place(one, f"servers[{k}]") != k:
                raise InvalidInputError(
                    f"servers[{k}]", shown(one), "each server has a name of its own", "Correct it."
                )
        if names.names:
            names.listed, names.most = True, len(names.names)
            return names
    return Servers(
        most=whole_number("servers", value, 1, "servers are a number of at least 1, or a list of names")
    )


def initial_of(value: object, clock: str, servers: Servers) -> tuple[str, ...]:
    """Return the condition of every server at the start, or the one state of a cluster."""
    names = servers.complete()
    if clock == "cluster":
        label = str(len(names)) if value is None else str(value).strip()
        found = _CLUSTER_STATE.fullmatch(label)
        if found is None or int(found[2]) > len(names) or (found[1] and not int(found[2])):
            raise InvalidInputError(
                "initial", shown(value), f"a cluster of {len(names)} starts in a state such as 2, u2 or r1",
                "Leave it out for a cluster that starts normal and complete.",
            )  # fmt: skip
        return (f"{found[1]}{int(found[2])}",)
    if isinstance(value, str):
        cells = next(csv.reader([value], skipinitialspace=True), [])
        parts = (cell.strip().rpartition(" ") for cell in cells)
        value = {name.strip(): condition for name, _, condition in parts}
    if value is not None and not isinstance(value, Mapping):
        raise InvalidInputError(
            "initial", shown(value), "of servers, initial is a table of names and conditions",
            'Write {"web2": "failed"}; all others are normal.',
        )  # fmt: skip
    conditions = dict.fromkeys(names, CONDITIONS[NORMAL])
    for name, condition in (value or {}).items():
        if name not in conditions or condition not in CONDITIONS:
            raise InvalidInputError(
                f"initial[{shown(name)}]", shown(condition),
                f"the servers are {_some(list(names))}, and a condition is one of {', '.join(CONDITIONS)}",
                "Correct it.",
            )  # fmt: skip
        conditions[name] = str(condition)
    return tuple(conditions.values())


def layout_of(settings: Mapping[str, Any], clock: str, total: int) -> Record:
    """Return the limits of the pool, all of them if any was given; none for a cluster."""
    given = {key: settings[key] for key in LAYOUT if settings.get(key) is not None}
    if not given:
        return Record(())
    if clock == "cluster":
        raise InvalidInputError(
            next(iter(given)), shown(next(iter(given.values()))), "a cluster has no limits of a pool",
            'Leave it out, or log each server by itself with clock="server".',
        )  # fmt: skip
    values = {key: _plain(value) for key, value in given.items()}
    spares = values.get("spares", 0)
    if "primaries" not in values and isinstance(spares, int):
        values["primaries"] = total - spares
    if "spares" not in values and isinstance(values["primaries"], int):
        values["spares"] = max(0, total - values["primaries"])
    pool = Pool(rates=UNIT, **({"crews": total} | values))
    if pool.total != total:
        raise InvalidInputError(
            "primaries and spares", f"{pool.primaries} and {pool.spares}",
            f"together they are the {total} servers", "Correct servers, or one of them.",
        )  # fmt: skip
    return record("layout", pool.layout())


def _is_itself(name: object) -> bool:
    """Whether it is not one of the missing values of data frames: NaN, NaT, NA."""
    try:
        return bool(name == name)
    except TypeError:  # what NA answers
        return False


def _same(key: str, said: Any, given: Any) -> bool:
    if key == "servers":
        one, other = (servers_of(value, "server") for value in (said, given))
        return one.most == other.most and (not (one.listed and other.listed) or one.names == other.names)
    if key == "clock":
        return known_clock(said) == known_clock(given)
    return bool(_plain(said) == _plain(given))


def _plain(value: Any) -> Any:
    """A value of a head line as what it stands for."""
    if not isinstance(value, str):
        return value
    if value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f", … ({len(names)})" if len(names) > 5 else "")
