"""The control socket: where a running runtime is asked how things stand, and told what an operator wants.

One thread serves one connection at a time: a line in, a line out
(`rejuvmodel.runtime.operating.control_messages`). What a client does costs at most a few seconds and 64 kB:
the request has to be there within its deadline however it drips in, a longer one is not read to its end, and
the reply has a deadline of its own.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.runtime.operating.control_messages import (
    MOST_REPLY,
    MOST_REQUEST,
    line_of,
    refusal,
    request_of,
)
from rejuvmodel.runtime.operating.control_socket import Place, is_trusted, left, taken
from rejuvmodel.runtime.outside.deadlines import Deadline, seconds
from rejuvmodel.runtime.outside.failures import RefusedError
from rejuvmodel.runtime.outside.timed_sockets import TimedSocket

_log = logging.getLogger(__name__)
#: Time [s] that a client has for its request, and again for taking the reply.
PATIENCE = 2.0
#: Time [s] that the answer being given has at the end.
_FAREWELL = 10.0


class ControlServer:
    """Answers on a control socket.

    Parameters
    ----------
    path : str
        The socket's file, at most 105 bytes; if somebody listens there already, that with ".2" is used.
    answer : callable
        Takes a checked request (``ask``, and ``servers``, a list of names) and returns the reply. It is
        called in the thread of the server and has to come to an end soon, without waiting for whoever closes
        the server: what takes long is posted, and its progress asked for. Errors of the library become
        refusals.
    patience : float
        Time [s] that a client has for its request, and again for taking the reply.

    Notes
    -----
    ``with ControlServer(path, answer):`` starts and closes it.
    """

    def __init__(
        self, path: str, answer: Callable[[Mapping[str, Any]], dict[str, Any]], *, patience: float = PATIENCE
    ) -> None:
        self._asked = path
        self._answer = answer
        self._patience = seconds("patience", patience)
        self._place: Place | None = None
        self._thread: threading.Thread | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None

    @property
    def path(self) -> str:
        """Where it listens; before the start, where it was asked to."""
        return self._asked if self._place is None else self._place.path

    def __enter__(self) -> ControlServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen, and answer from now on.

        Raises
        ------
        InvalidInputError
            If there can be no socket of this name.
        RefusedError
            If two controllers of the group listen already.
        """
        if self._place is not None:
            return
        place = taken(self._asked)
        wake = socket.socketpair()
        self._place, self._wake = place, wake
        self._thread = threading.Thread(
            target=self._serve, args=(place.listener, wake[0]), name=f"control {place.path}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer whoever is being served, then no more; the socket's file is removed."""
        place, thread, wake = self._place, self._thread, self._wake
        self._place = self._thread = self._wake = None
        if place is None or thread is None or wake is None:
            return
        wake[1].close()
        thread.join(_FAREWELL)
        if thread.is_alive():
            _log.warning("control socket: the last answer has not ended within %g s", _FAREWELL)
        left(place)

    def _serve(self, listener: socket.socket, wake: socket.socket) -> None:
        """Serve one connection after another until woken."""
        with wake:
            self._serve_until(listener, wake)

    def _serve_until(self, listener: socket.socket, wake: socket.socket) -> None:
        """Serve until something can be read from the other socket."""
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(wake, select.POLLIN)
        listener.setblocking(False)
        while True:
            ready = [number for number, _ in poll.poll()]
            if wake.fileno() in ready:
                return
            try:
                connection = listener.accept()[0]
            except (BlockingIOError, ConnectionError):  # it went away
                continue
            except OSError as problem:  # no file descriptors: the next may come when some are free again
                _log.warning("control socket: no connection can be accepted (%s)", problem.strerror)
                wait = select.poll()
                wait.register(wake, select.POLLIN)
                wait.poll(1000)
                continue
            with TimedSocket(fileno=connection.detach()) as client:
                try:
                    self._attend(client)
                except OSError as problem:
                    _log.info("control socket: a client went away (%s)", problem)
                except Exception:
                    _log.exception("control socket: a fault")

    def _attend(self, client: TimedSocket) -> None:
        """Serve one connection."""
        client.deadline = Deadline(self._patience)
        client.use_time_left()
        try:
            if not is_trusted(client):
                found = "another user asks"
                raise RefusedError("control socket", found, "Only its own user and root are served.")
            reply = self._replied(request_of(_line(client, self._patience)))
        except RejuvmodelError as error:
            _log.info("control socket: a request was refused: %s", refusal(error)["error"])
            reply = line_of(refusal(error))
        client.deadline = Deadline(self._patience)
        client.use_time_left()
        client.sendall(reply)
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)

    def _replied(self, request: Mapping[str, Any]) -> bytes:
        """Return the reply to a good request as a line."""
        try:
            reply = line_of(self._answer(request))
            if len(reply) <= MOST_REPLY:
                return reply
            found = f"the reply would have {len(reply)} bytes"
            raise RefusedError("control socket", found, "Watch fewer servers with one runtime.")
        except RejuvmodelError:
            raise
        except Exception as problem:  # a fault here must not end the thread
            _log.exception("control socket: a fault while answering %s", request["ask"])
            found = f"a fault of the runtime ({type(problem).__name__})"
            raise RefusedError("control socket", found, "Its log says more; please report it.") from problem


def _line(client: TimedSocket, patience: float) -> bytes:
    """Read one line, within the limits of size and time."""
    rule = f"one line of at most {MOST_REQUEST} bytes is expected, within {patience:g} s"
    data = bytearray()
    try:
        while b"\n" not in data:
            part = client.recv(min(65536, MOST_REQUEST + 1 - len(data)))
            if not part:
                raise InvalidInputError("request", f"{len(data)} bytes without an end of the line", rule)
            data += part
            if len(data) > MOST_REQUEST:
                raise InvalidInputError("request", f"more than {MOST_REQUEST} bytes", rule)
    except TimeoutError:
        raise InvalidInputError("request", f"no complete line within {patience:g} s", rule) from None
    line, _, more = bytes(data).partition(b"\n")
    if more:
        raise InvalidInputError("request", "more than one line", rule)
    return line
