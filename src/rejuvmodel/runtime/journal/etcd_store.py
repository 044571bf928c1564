"""An etcd server as lease and journal use it: keys, transactions and etcd's leases, with one kind of error.

What is asked goes to one address by etcd3gw, to the gateway of JSON that etcd serves beside gRPC. Whatever
comes between (nobody listens, no answer in time, no quorum, an answer that makes no sense) is a
`JournalError`: nobody knows then, and no new action begins. A request that failed may still be carried out.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.journal.journal_errors import JournalError

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class EtcdKey:
    """What etcd has under a key.

    Parameters
    ----------
    key, value : str
        The key and its value.
    created, changed : int
        Revisions of the whole store at which the key came to be and was last written.
    lease : int
        The etcd lease that it goes with; 0 for none.
    """

    key: str
    value: str
    created: int
    changed: int
    lease: int


class EtcdStore:
    """One etcd server or cluster, by one address.

    Parameters
    ----------
    url : str
        Such as ``"http://127.0.0.1:2379"``.
    timeout : float
        Time for one call [s].
    ca, cert, key : str, optional
        Files of the authority, and of this client, for https.
    """

    def __init__(self, url: str, timeout: float, *, ca: str = "", cert: str = "", key: str = "") -> None:
        etcd3gw = optional_package("etcd3gw", "etcd")
        session = optional_package("requests", "etcd").Session()
        session.trust_env = False  # no proxy of the environment comes between
        session.verify = ca or True
        session.cert = (cert, key) if cert and key else None
        parts = urlsplit(url)
        self.url = url
        self._error = etcd3gw.exceptions.Etcd3Exception
        self._session = session
        self._client = etcd3gw.client(
            host=parts.hostname, port=parts.port or 2379, protocol=parts.scheme, timeout=timeout,
            session=session,
        )  # fmt: skip

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, key: str) -> EtcdKey | None:
        """Return what is under a key; None if it is not there."""
        found = self.range(key, "")
        return found[0] if found else None

    def range(self, key: str, end: str, *, last: bool = False) -> list[EtcdKey]:
        """Return the keys from one to just before another, in order; or only the last of them."""
        request: dict[str, Any] = {"key": _coded(key)}
        if end:
            request |= {"range_end": _coded(end)}
        if last:
            request |= {"sort_order": "DESCEND", "sort_target": "KEY", "limit": 1}
        return self._asked(lambda: [_key(one) for one in self._post("/kv/range", request).get("kvs", ())])

    def change(self, compared: Sequence[dict[str, Any]], done: Sequence[dict[str, Any]]) -> int | None:
        """Do everything if every comparison holds, in one transaction.

        Parameters
        ----------
        compared : sequence of dict
            From `created_at` and `changed_at`.
        done : sequence of dict
            From `put` and `delete`.

        Returns
        -------
        int or None
            The revision of the store that this has made; None if a comparison did not hold.
        """
        request = {"compare": list(compared), "success": list(done)}

        def call() -> int | None:
            answer = self._client.transaction(request)
            return int(answer["header"]["revision"]) if answer.get("succeeded", False) else None

        return self._asked(call)

    def grant(self, ttl: int) -> int:
        """Return a new etcd lease of so many seconds."""
        return self._asked(lambda: int(self._client.lease(ttl).id))

    def refresh(self, lease: int) -> int:
        """Renew an etcd lease; return the seconds that it has now, not above 0 if it is gone."""
        return self._asked(
            lambda: int(self._post("/lease/keepalive", {"ID": lease})["result"].get("TTL", -1))
        )

    def left(self, lease: int) -> int:
        """Return the seconds that an etcd lease has left, not above 0 if it is gone."""
        return self._asked(lambda: int(self._post("/kv/lease/timetolive", {"ID": lease}).get("TTL", -1)))

    def revoke(self, lease: int) -> None:
        """End an etcd lease, and delete what goes with it."""
        self._asked(lambda: self._post("/kv/lease/revoke", {"ID": lease}))

    def _post(self, path: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(self._client.get_url(path), json=values)
        if not isinstance(answer, dict):
            raise TypeError("the answer is no table")
        return answer

    def _asked(self, call: Callable[[], _Answer]) -> _Answer:
        """What the call returns, with every failure as one that the runtime knows."""
        try:
            return call()
        except self._error as problem:
            words = problem.detail_text or str(problem) or type(problem).__name__
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
            words = f"{type(problem).__name__}: {problem}"
        raise JournalError(f"etcd at {self.url}: {' '.join(words.split())[:300]}. No new action begins.")


def created_at(key: str, revision: int) -> dict[str, Any]:
    """Compare when a key came to be; 0 for not at all."""
    return {
        "key": _coded(key), "target": "CREATE", "result": "EQUAL", "create_revision": revision,
    }  # fmt: skip


def changed_at(key: str, revision: int) -> dict[str, Any]:
    """Compare when a key was last written; 0 for not at all."""
    return {"key": _coded(key), "target": "MOD", "result": "EQUAL", "mod_revision": revision}


def put(key: str, value: str, lease: int = 0) -> dict[str, Any]:
    """Write a key."""
    return {"request_put": {"key": _coded(key), "value": _coded(value), "lease": lease}}


def delete(key: str, end: str) -> dict[str, Any]:
    """Delete the keys from one to just before another."""
    return {"request_delete_range": {"key": _coded(key), "range_end": _coded(end)}}


def _coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _key(values: dict[str, Any]) -> EtcdKey:
    """One key as etcd's gateway gives it."""
    return EtcdKey(
        b64decode(values["key"]).decode(), b64decode(values.get("value", "")).decode(),
        int(values["create_revision"]), int(values["mod_revision"]), int(values.get("lease", 0)),
    )  # fmt: skip
