"""One HTTP request with hard limits: on the time of the whole exchange, and on the size of the answer.

Answers are read by httptools, the parser of Node.js, in a few microseconds; `http.client` takes a hundred and
more, which counts where ten servers are asked once a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import BadAnswerError
from rejuvmodel.runtime.outside.names import one_line
from rejuvmodel.runtime.outside.timed_sockets import conversation

#: Bytes of an answer besides its body.
MOST_HEAD = 64 * 1024


def request(
    address: SocketAddress,
    target: str,
    *,
    timeout: float,
    most_bytes: int,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Send one request and return the status and the body of the answer.

    Parameters
    ----------
    address : SocketAddress
        Where to connect.
    target : str
        Path and query.
    timeout : float
        Time for the whole exchange [s], from connecting to the last byte.
    most_bytes : int
        A longer body is refused; no more is read.
    method : str
        The method.
    body : bytes, optional
        What to send.
    headers : mapping of str to str, optional
        Further headers.

    Returns
    -------
    tuple of int and bytes
        Status and body. Redirections are not followed.

    Raises
    ------
    NobodyListensError
        If there is no such socket or the connection is refused.
    UnreachableError
        If the exchange fails or takes too long.
    BadAnswerError
        If the answer is no HTTP, cut off, or too long.
    """
    where = f"{address}{target.partition('?')[0]}"
    answer = _Answer(where, most_bytes)
    advice = {"if_nobody": "Is it running?", "if_failed": "Check the address."}
    head = _head(address, target, method, None if body is None else len(body), tuple((headers or {}).items()))
    with conversation(address, timeout, where, **advice) as connection:
        connection.sendall(head + (body or b""))
        while not answer.ended:
            answer.feed(connection.recv(65536))
    return answer.status, bytes(answer.body)


@lru_cache(maxsize=1024)
def _head(
    address: SocketAddress, target: str, method: str, length: int | None, headers: tuple[tuple[str, str], ...]
) -> bytes:
    """Return the head of a request; those of health checks are sent once a second."""
    lines = {
        "Host": "localhost" if address.path else str(address).removesuffix(":80"),
        "Accept-Encoding": "identity",
        "Connection": "close",
        **({} if length is None else {"Content-Length": str(length)}),
        **dict(headers),
    }
    head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    return ("\r\n".join(head) + "\r\n\r\n").encode("ascii")


@cache
def _httptools() -> Any:
    """Return the package, which is loaded with the first request."""
    return optional_package("httptools", "runtime")


class _Answer:
    """An answer as it arrives; the methods that begin with ``on_`` are called by its parser."""

    def __init__(self, where: str, most_bytes: int) -> None:
        self.status = 0
        self.body = bytearray()
        self.ended = False
        self._where, self._most, self._arrived = where, most_bytes, 0
        self._head_ended = self._until_closed = False
        self._parser = _httptools().HttpResponseParser(self)

    def feed(self, part: bytes) -> None:
        """Take what has arrived; nothing means that the other side has closed the connection."""
        foreign = self._arrived == 0 and not b"HTTP/".startswith(part[:5])
        self._arrived += len(part)
        if foreign:  # the parser takes some related protocols as well
            found = f"no HTTP answer ({one_line(part, 60)})"
            raise BadAnswerError(self._where, found, "Check the address.")
        if not part:
            if not self._head_ended:
                raise BadAnswerError(self._where, "no HTTP answer (it ends too early)", "Check the address.")
            if not self._until_closed:
                raise BadAnswerError(self._where, "the body is cut off", "Is the server being stopped?")
            self.ended = True
            return
        try:
            self._parser.feed_data(part)
        except (_httptools().HttpParserError, _httptools().HttpParserUpgrade) as problem:
            if not self.ended:  # what comes after the answer is nobody's matter
                found = f"no HTTP answer ({one_line(problem, 60)})"
                raise BadAnswerError(self._where, found, "Check the address.") from None
        if len(self.body) > self._most or self._arrived > self._most + MOST_HEAD:
            found = f"the body is longer than {self._most} bytes"
            raise BadAnswerError(self._where, found, "Check the address.")

    def on_message_begin(self) -> None:
        """Expect a body until the connection is closed, if no header says more."""
        self._until_closed = not self.ended

    def on_header(self, name: bytes, _: bytes) -> None:
        """Note whether the answer itself says where it ends."""
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._until_closed = False

    def on_headers_complete(self) -> None:
        """Note the status; those below 200 come before the answer."""
        status = self._parser.get_status_code()
        if not self.ended and status >= 200:
            self.status, self._head_ended = status, True

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        if not self.ended:
            self.body += part

    def on_message_complete(self) -> None:
        """Note the end."""
        self.ended = self._head_ended
