"""The other side of the control socket: whoever asks a runtime, which may be one of two.

Two controllers of a group listen on two sockets, and one of them acts. A question about the state goes to
both, and the answer of the one that acts counts; an order goes to the one that acts. One that hangs, such as
a stopped process, is left out as long as the other one answers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rejuvmodel.runtime.operating.control_messages import MOST_REPLY, line_of, reply_of
from rejuvmodel.runtime.operating.control_socket import SECOND, is_trusted
from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import BadAnswerError, NobodyListensError, OutsideError
from rejuvmodel.runtime.outside.timed_sockets import TimedSocket, conversation

#: Time [s] for one exchange: the server may have another client before this one.
TIMEOUT = 6.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a runtime replied.

    Parameters
    ----------
    path : str
        The socket on which it did.
    ok : bool
        Whether it took the request.
    status : dict
        How everything stands; empty if it did not.
    error, advice : str
        Why not, and the next step.
    """

    path: str
    ok: bool
    status: dict[str, Any]
    error: str = ""
    advice: str = ""

    @property
    def acts(self) -> bool:
        """Whether this runtime is the one that acts."""
        return self.status.get("acting") is True


def ask(path: str, what: str, servers: Sequence[str] = (), *, timeout: float = TIMEOUT) -> Reply:
    """Ask the runtime of a group; of two, the one that acts.

    Parameters
    ----------
    path : str
        The control socket of the group.
    what : str
        One of `rejuvmodel.runtime.operating.control_messages.ASKS`.
    servers : sequence of str
        Of "roll" and "rejuvenate".
    timeout : float
        Time for each exchange [s].

    Returns
    -------
    Reply
        Its reply, a refusal as well; if neither acts, that of the first one.

    Raises
    ------
    NobodyListensError
        If no runtime listens.
    OutsideError
        If none gives an answer that can be believed.
    """
    places = [name for name in (path, path + SECOND) if os.path.exists(name)] or [path]
    if what != "status" and len(places) > 1:
        places = [_acting(places, timeout).path]
    if what == "status":
        return _acting(places, timeout)
    return ask_one(places[0], what, servers, timeout=timeout)


def ask_one(path: str, what: str, servers: Sequence[str] = (), *, timeout: float = TIMEOUT) -> Reply:
    """Ask on one socket.

    Parameters
    ----------
    path : str
        The socket.
    what : str
        One of `rejuvmodel.runtime.operating.control_messages.ASKS`.
    servers : sequence of str
        Of "roll" and "rejuvenate".
    timeout : float
        Time for the whole exchange [s].

    Returns
    -------
    Reply
        The reply.

    Raises
    ------
    OutsideError
        If there is none in time, or none that can be believed.
    """
    request = {"ask": what, "servers": list(servers)} if servers else {"ask": what}
    values = reply_of(path, _exchanged(path, line_of(request), timeout))
    if values["ok"] is True:
        return Reply(path, True, values["status"])
    return Reply(path, False, {}, values["error"], values["advice"])


def _acting(places: Sequence[str], timeout: float) -> Reply:
    """Ask every socket for the status; return the reply of the one that acts, or else the first one."""
    replies: list[Reply] = []
    problems: list[OutsideError] = []
    for place in places:
        try:
            replies.append(ask_one(place, "status", timeout=timeout))
        except OutsideError as problem:
            problems.append(problem)
    if not replies:
        raise next((one for one in problems if not isinstance(one, NobodyListensError)), problems[0])
    return next((one for one in replies if one.acts), replies[0])


def _exchanged(path: str, line: bytes, timeout: float) -> bytes:
    """Send a line, and return the one that comes back."""
    late = "Is the runtime stopped, or the machine overloaded?"
    address, nobody = SocketAddress(path=path), "Is the runtime running?"
    with conversation(address, timeout, path, if_nobody=nobody, if_late=late) as connection:
        if not is_trusted(connection) and os.geteuid() != 0:
            raise BadAnswerError(path, "another user listens there", "Is this the runtime's socket?")
        with suppress(BrokenPipeError):  # refused before it was read: the reply is there
            connection.sendall(line)
        return _line(path, connection)


def _line(path: str, connection: TimedSocket) -> bytes:
    """Read up to the end of the line, within the limit of size."""
    data = bytearray()
    while not data.endswith(b"\n"):
        part = connection.recv(65536)
        if not part:
            raise BadAnswerError(path, "the reply is cut off", "Is the runtime being stopped?")
        data += part
        if len(data) > MOST_REPLY:
            raise BadAnswerError(path, f"the reply is longer than {MOST_REPLY} bytes", "Is it a runtime?")
    return bytes(data[:-1])
