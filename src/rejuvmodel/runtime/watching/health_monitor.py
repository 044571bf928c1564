"""A monitor that asks a server's own health endpoint, by HTTP.

Status 200 to 299 says healthy, any other that the server itself is not well. The body may be a JSON object
with measured values; it has to be small, UTF-8, and strict JSON, or the answer is not believed at all. One
whose uptime stands still is not believed either: some part between here and the server answers from memory.
With the numbers ``pid`` and ``started`` the body tells one life of the server from the next.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.addresses import SocketAddress, http_address
from rejuvmodel.runtime.outside.deadlines import seconds
from rejuvmodel.runtime.outside.failures import BadAnswerError, NobodyListensError, OutsideError
from rejuvmodel.runtime.outside.http_exchange import request
from rejuvmodel.runtime.outside.names import checked_name, one_line
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.samples import QUANTITIES, Answer, Sample, believable
from rejuvmodel.strict_json import parse

#: A longer body is not read.
MOST_BYTES = 64 * 1024
_MOST_PID = 2**32


class HealthMonitor(Monitor):
    """Asks the health endpoint of one server.

    Parameters
    ----------
    server : str
        The server.
    url : str
        Such as ``"http://127.0.0.1:8001/healthz"``.
    timeout : float
        Time for the whole exchange [s].
    fields : mapping of str to str, optional
        Where the body has a quantity under another name: ``{"memory": "heap.used"}``; points lead into
        inner objects. Given fields must be there; of the others those that are there are used.
    frozen_after : float
        How long the uptime of the body may stand still [s]; more than the steps in which it grows.
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.
    """

    def __init__(
        self,
        server: str,
        url: str,
        *,
        timeout: float = 2.0,
        fields: Mapping[str, Any] | None = None,
        frozen_after: float = 2.0,
        allowed: Collection[str] = (),
    ) -> None:
        self._server = checked_name("server", server)
        parts = http_address("health", url, allowed)
        self._address, self._target = SocketAddress(host=parts.host, port=parts.port), parts.target
        self._timeout = seconds("timeout", timeout)
        self._frozen_after = seconds("frozen_after", frozen_after)
        self._given = dict(fields or {})
        for quantity, field in self._given.items():
            if quantity not in QUANTITIES or not isinstance(field, str) or not field:
                rule = f"the quantities are {', '.join(QUANTITIES)}, each with the name of a field"
                raise InvalidInputError(f"fields.{quantity}", shown(field), rule, 'Write {"memory": "heap"}.')
        self._paths = {name: self._given.get(name, name).split(".") for name in QUANTITIES}
        self._last: tuple[float, float] | None = None
        self._its_own = set(self._given)

    def sample(self) -> Sample:
        at = time.monotonic()
        try:
            status, body = request(self._address, self._target, timeout=self._timeout, most_bytes=MOST_BYTES)
            document = _document(str(self._address), body)
        except NobodyListensError as problem:
            return self._nothing(at, "gone", str(problem))
        except OutsideError as problem:
            return self._nothing(at, "unknown", str(problem))
        found = self._found(document)
        self._its_own.update(found)
        values, doubts = believable(found)
        doubts += [f"{name} is missing" for name in sorted(self._its_own.difference(found))]
        identity, doubt = _identity(document)
        well = 200 <= status < 300
        doubts = [*([] if well else [f"status {status}"]), *doubts, *doubt]
        if frozen := self._frozen(at, values.get("uptime")):
            return self._nothing(at, "unknown", frozen)
        return Sample(
            self._server,
            at,
            "healthy" if well else "unhealthy",
            load=values.get("load"),
            uptime=values.get("uptime"),
            memory=values.get("memory"),
            buffers=values.get("buffers"),
            identity=identity,
            doubts=tuple(doubts),
            withheld=frozenset(self._its_own.difference(values)),
        )

    def _nothing(self, at: float, answer: Answer, why: str) -> Sample:
        """Return a sample without a value."""
        return Sample(self._server, at, answer, doubts=(why,), withheld=frozenset(self._its_own))

    def _found(self, document: Mapping[str, Any]) -> dict[str, object]:
        """Return the quantities that the body has."""
        found: dict[str, object] = {}
        for quantity, path in self._paths.items():
            value: Any = document
            for part in path:
                value = value.get(part, _NOTHING) if isinstance(value, dict) else _NOTHING
            if value is not _NOTHING:
                found[quantity] = value
        return found

    def _frozen(self, at: float, uptime: float | None) -> str:
        """Return why the answer is an old one; empty if nothing speaks for that."""
        if uptime is None:
            return ""
        last = self._last
        if last is None or uptime != last[1]:
            self._last = (at, uptime)
            return ""
        elapsed = at - last[0]
        return (
            f"uptime stands still at {uptime:g} s for {elapsed:.1f} s"
            if elapsed >= self._frozen_after
            else ""
        )


_NOTHING = object()


def _identity(document: Mapping[str, Any]) -> tuple[Identity | None, list[str]]:
    """Return the identity that the body tells, and what is wrong with it."""
    if "pid" not in document or "started" not in document:
        return None, []  # one of them alone tells nothing
    good, doubts = believable({"pid": document["pid"], "started": document["started"]})
    if "pid" in good and not (isinstance(document["pid"], int) and 0 < document["pid"] < _MOST_PID):
        doubts.append("pid is no number of a process")
    return (None, doubts) if doubts else (Identity(document["pid"], good["started"], here=False), [])


def _document(where: str, body: bytes) -> Mapping[str, Any]:
    """Return the object that the body holds; an empty one for an empty body."""
    if not body.strip():
        return {}
    try:
        document = parse(body.decode("utf-8"), where)
    except (InvalidInputError, UnicodeDecodeError) as problem:
        why = problem.found if isinstance(problem, InvalidInputError) else str(problem)
        found = f"the health body is no strict JSON ({one_line(why)})"
        raise BadAnswerError(where, found, "Let it answer with a JSON object, or with no body.") from None
    if not isinstance(document, dict):
        found = f"the health body is a JSON {type(document).__name__} and no object"
        raise BadAnswerError(where, found, "Let it answer with a JSON object, or with no body.")
    return document
