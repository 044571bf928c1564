"""Calls to supervisor's XML-RPC server, over TCP or its unix socket, with limits on time and size."""

from __future__ import annotations

import base64
import xmlrpc.client
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.addresses import SocketAddress, http_address
from rejuvmodel.runtime.outside.failures import BadAnswerError, RefusedError
from rejuvmodel.runtime.outside.http_exchange import request
from rejuvmodel.runtime.outside.names import one_line

_MOST_BYTES = 2**20


class SupervisorFault(RefusedError):
    """Supervisor understood and said no; ``code`` is its number for why."""

    code: int = 0


class SupervisorCalls:
    """Calls methods of one supervisor.

    Parameters
    ----------
    url : str
        ``"http://127.0.0.1:9001/RPC2"``, or ``"unix:///run/supervisor.sock"``.
    timeout : float
        Time for one call [s].
    user, password : str
        For HTTP basic authentication; never shown.
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.
    """

    def __init__(
        self, url: str, timeout: float, *, user: str = "", password: str = "", allowed: Collection[str] = ()
    ) -> None:
        self._address, self._target = _address(url, allowed)
        self._timeout = timeout
        self._headers = {"Content-Type": "text/xml"}
        if user or password:
            token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
            self._headers["Authorization"] = f"Basic {token}"

    @property
    def where(self) -> str:
        """The address, for errors."""
        return f"supervisor at {self._address}"

    @property
    def host(self) -> str:
        """The host; empty for a unix socket."""
        return self._address.host

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method.

        Parameters
        ----------
        method : str
            Such as ``"supervisor.getProcessInfo"``.
        *arguments : object
            Its arguments.

        Returns
        -------
        object
            What it returns.

        Raises
        ------
        SupervisorFault
            If supervisor refuses.
        OutsideError
            If it does not answer, or not in XML-RPC.
        """
        body = xmlrpc.client.dumps(arguments, method).encode("utf-8")
        self._address.check_mode()
        status, data = request(
            self._address,
            self._target,
            timeout=self._timeout,
            most_bytes=_MOST_BYTES,
            method="POST",
            body=body,
            headers=self._headers,
        )
        if status == 401:
            known = "Authorization" in self._headers
            found = "it does not take this user and password" if known else "it wants a user and a password"
            raise RefusedError(self.where, found, "Compare both with those of supervisor's own file.")
        if status != 200:
            raise BadAnswerError(self.where, f"HTTP status {status}", "Is this supervisor's URL?")
        try:
            values, _ = xmlrpc.client.loads(data)
        except xmlrpc.client.Fault as fault:
            refused = SupervisorFault(
                self.where, f"it refused: {one_line(fault.faultString)}", "See its log."
            )
            code: object = fault.faultCode
            refused.code = code if isinstance(code, int) else 0
            raise refused from None
        except (xmlrpc.client.Error, ExpatError, ValueError, LookupError, TypeError) as problem:
            found = f"no XML-RPC answer ({type(problem).__name__})"
            raise BadAnswerError(self.where, found, "Is this supervisor's URL?") from None
        if len(values) != 1:
            raise BadAnswerError(self.where, "an empty answer", "Is this supervisor's URL?")
        return values[0]


def _address(url: object, allowed: Collection[str]) -> tuple[SocketAddress, str]:
    """Return where to connect, and the path there."""
    if isinstance(url, str) and url.startswith("unix:"):
        path = unquote(url.removeprefix("unix:").removeprefix("//"))
        if not path or not path.isprintable():
            rule = 'a URL such as "unix:///run/supervisor.sock" is expected'
            raise InvalidInputError("url", shown(url), rule, "Write the path of the socket.")
        return SocketAddress(path=path), "/RPC2"
    parts = http_address("url", url, allowed)
    return SocketAddress(host=parts.host, port=parts.port), "/RPC2" if parts.target == "/" else parts.target
