"""Metrics for Prometheus: an HTTP endpoint that shows the newest status document of each group.

An extra (``pip install 'rejuvmodel[metrics]'``), loaded when the first `Metrics` is made. What is shown is
what `status` shows; counters begin at 0 with the process, as Prometheus expects of them. The endpoint is
read only, has no secrets, and answers from a copy: a slow reader never holds up the loop.

Two controllers of one file share its address, so the endpoint can be closed and opened again; what was
counted stays.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.deciding.records import Entered, Record, RestartBegan
from rejuvmodel.runtime.deciding.states import Condition, Phase
from rejuvmodel.runtime.outside.failures import OutsideError

_BACK = (Phase.SERVING.value, Phase.STANDBY.value)
_GROUP_NUMBERS = {
    "serving": "Servers seen to serve.",
    "required": "Servers that must keep serving.",
    "away": "Servers that do not serve because of the runtime or a fault.",
    "max_concurrent": "Servers that may be away at a time.",
    "epoch": "Epoch of the lease.",
}
_GROUP_FLAGS = {
    "acting": "Whether this controller acts.",
    "dry_run": "Whether nothing is really done.",
    "paused": "Whether an operator holds the group.",
}
_SERVER_NUMBERS = {
    "sessions": "Current sessions, summed over the balancers.",
    "load": "Load, in the unit of the server's capacity.",
    "uptime": "Time since the server's start [s].",
    "memory": "Memory in use [bytes].",
}
#: Upper ends [s] of the histogram of decisions.
_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)


class Metrics:
    """The endpoint, closed at first.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Its port; 0 for any that is free.

    Attributes
    ----------
    port : int
        The port that it listens on.

    Raises
    ------
    MissingPackageError
        If the package prometheus-client is not installed.
    """

    def __init__(self, host: str, port: int) -> None:
        self._client = optional_package("prometheus_client", "metrics")
        families = optional_package("prometheus_client.core", "metrics")
        self.host, self.port = host, port
        self._lock = threading.Lock()
        self._shown = _Shown(families, self._lock)
        self._registry = self._client.CollectorRegistry(auto_describe=False)
        self._registry.register(self._shown)
        self._listening: tuple[Any, threading.Thread] | None = None

    def __enter__(self) -> Metrics:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(
        self, status: Mapping[str, Any], *, records: Iterable[Record] = (), seconds: float | None = None
    ) -> None:
        """Show a group as it is now.

        Parameters
        ----------
        status : mapping
            The status document of the group.
        records : iterable of Record
            What was written down since the last call, for the counters.
        seconds : float, optional
            How long [s] the decision took.
        """
        with self._lock:
            self._shown.take(status, records, seconds)

    def open(self) -> None:
        """Listen; nothing happens if it does.

        Raises
        ------
        OutsideError
            If nothing can listen there.
        """
        if self._listening is not None:
            return
        try:
            server, thread = self._client.start_http_server(
                self.port, addr=self.host, registry=self._registry
            )
        except OSError as error:
            found = f"nothing can listen there ({error.strerror or error})"
            place = f"{self.host}:{self.port}"
            raise OutsideError(place, found, "Choose another [metrics] address.") from error
        self._listening, self.port = (server, thread), int(server.server_port)

    def close(self) -> None:
        """Listen no more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            server, thread = listening
            server.shutdown()
            server.server_close()
            thread.join()


class _Counted:
    """What is counted of one group since the process began."""

    def __init__(self) -> None:
        self.rejuvenations: Counter[str] = Counter()
        self.recoveries: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.loud = 0
        self.last: dict[str, float] = {}
        self.buckets = [0] * (len(_BUCKETS) + 1)
        self.seconds = 0.0
        self._renewing: set[str] = set()
        self._recovering: set[str] = set()
        self._standing: set[tuple[str, str]] = set()
        self._said: set[tuple[str, str, str]] = set()

    def take(self, status: Mapping[str, Any], records: Iterable[Record], seconds: float | None) -> None:
        """Count what is new."""
        for record in records:
            self._record(record, status)
        standing = {
            (one["name"], one["refusal"]["reason"]) for one in status["servers"] if one.get("refusal")
        }
        for entry in standing - self._standing:
            self.refused[entry] += 1
        self._standing = standing
        said = {(str(one["at"]), str(one["server"]), str(one["text"])) for one in status.get("loud", ())}
        self.loud += len(said - self._said)
        self._said = said
        if seconds is not None:
            place = next((k for k, end in enumerate(_BUCKETS) if seconds <= end), len(_BUCKETS))
            self.buckets[place] += 1
            self.seconds += seconds

    def _record(self, record: Record, status: Mapping[str, Any]) -> None:
        match record:
            case RestartBegan(server=name) if name not in self._recovering:
                self._renewing.add(name)
            case Entered(server=name, phase=Phase.FAILED.value):
                self.faults[name] += 1
                self._recovering.add(name)
            case Entered(server=name, phase=Phase.RECOVERING.value):
                self.recoveries[name] += 1
                self._recovering.add(name)
            case Entered(server=name, phase=phase) if phase in _BACK:
                if name in self._renewing - self._recovering:
                    self.rejuvenations[name] += 1
                    self.last[name] = datetime.fromisoformat(status["at"]).timestamp()
                self._renewing.discard(name)
                self._recovering.discard(name)
            case _:
                pass


class _Shown:
    """The newest documents, as Prometheus collects them."""

    def __init__(self, families: Any, lock: threading.Lock) -> None:
        self._families = families
        self._lock = lock
        self._groups: dict[str, tuple[Mapping[str, Any], _Counted]] = {}

    def take(self, status: Mapping[str, Any], records: Iterable[Record], seconds: float | None) -> None:
        """Keep a document."""
        name = str(status["group"])
        counted = self._groups[name][1] if name in self._groups else _Counted()
        counted.take(status, records, seconds)
        self._groups[name] = status, counted

    def collect(self) -> Iterator[Any]:
        """Return every family; called by the package for each request."""
        with self._lock:
            found = [*self._of_groups(), *self._of_servers(), *self._of_counters()]
        return iter(found)

    def _gauge(self, name: str, text: str, *labels: str) -> Any:
        return self._families.GaugeMetricFamily(f"rejuvmodel_{name}", text, labels=("group", *labels))

    def _counter(self, name: str, text: str, *labels: str) -> Any:
        return self._families.CounterMetricFamily(f"rejuvmodel_{name}", text, labels=("group", *labels))

    def _of_groups(self) -> Iterator[Any]:
        for key, text in (_GROUP_NUMBERS | _GROUP_FLAGS).items():
            family = self._gauge(key, text)
            for group, (status, _) in self._groups.items():
                if status.get(key) is not None:
                    family.add_metric((group,), float(status[key]))
            yield family
        halted = self._gauge("halted", "Whether nothing new begins until an operator resumes.")
        for group, (status, _) in self._groups.items():
            halted.add_metric((group,), float(bool(status.get("halted"))))
        yield halted

    def _of_servers(self) -> Iterator[Any]:
        for key, names in (("phase", Phase), ("condition", Condition)):
            family = self._gauge(
                f"server_{key}", f"1 for the {key} of the server, 0 for others.", "server", key
            )
            for group, name, one in self._servers():
                for state in names:
                    family.add_metric((group, name, state.value), float(one.get(key) == state.value))
            yield family
        up = self._gauge(
            "server_up", "Whether every balancer has it as a plain UP; absent if unknown.", "server"
        )
        for group, name, one in self._servers():
            if one.get("up") is not None:
                up.add_metric((group, name), float(one["up"]))
        yield up
        for key, text in _SERVER_NUMBERS.items():
            family = self._gauge(f"server_{key}", f"{text[:-1]}; absent if unknown.", "server")
            for group, name, one in self._servers():
                if one.get(key) is not None and math.isfinite(one[key]):
                    family.add_metric((group, name), float(one[key]))
            yield family
        last = self._gauge(
            "last_rejuvenation_timestamp_seconds", "When the server was last back from one.", "server"
        )
        for group, (_, counted) in self._groups.items():
            for name, at in counted.last.items():
                last.add_metric((group, name), at)
        yield last

    def _of_counters(self) -> Iterator[Any]:
        words = {
            "rejuvenations": "Rejuvenations that ended with the server back.",
            "recoveries": "Restarts tried after a fault.",
            "faults": "Faults detected.",
        }
        for key, text in words.items():
            family = self._counter(key, text, "server")
            for group, name, _ in self._servers():
                family.add_metric((group, name), float(getattr(self._groups[group][1], key)[name]))
            yield family
        refused = self._counter(
            "refusals", "Times at which a server that was due began to wait.", "server", "reason"
        )
        loud = self._counter("loud", "Times at which the runtime was loud.")
        took = self._families.HistogramMetricFamily(
            "rejuvmodel_decision_seconds", "Time that a decision took [s].", labels=("group",)
        )
        for group, (_, counted) in self._groups.items():
            for (name, reason), number in counted.refused.items():
                refused.add_metric((group, name, reason), float(number))
            loud.add_metric((group,), float(counted.loud))
            total, ends = 0, []
            for end, number in zip((*_BUCKETS, math.inf), counted.buckets, strict=True):
                total += number
                ends.append(("+Inf" if end == math.inf else repr(end), total))
            took.add_metric((group,), ends, counted.seconds)
        yield from (refused, loud, took)

    def _servers(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for group, (status, _) in self._groups.items():
            for one in status["servers"]:
                yield group, str(one["name"]), one
