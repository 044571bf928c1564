"""One HTTP request with hard limits: on the time of the whole exchange, and on the size of the answer."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from rejuvmodel.runtime.addresses import SocketAddress
from rejuvmodel.runtime.deadlines import Deadline
from rejuvmodel.runtime.failures import BadAnswerError, NobodyListensError, UnreachableError
from rejuvmodel.runtime.names import one_line
from rejuvmodel.runtime.timed_sockets import connected


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
    deadline = Deadline(timeout)
    connection = http.client.HTTPConnection(address.host or "localhost", address.port or 80)
    try:
        connection.sock = connected(address, deadline)
        connection.request(method, target, body, {"Connection": "close", **(headers or {})})
        with connection.getresponse() as answer:
            data = answer.read(most_bytes + 1)
            whole = len(data) > most_bytes or not answer.length
    except (FileNotFoundError, ConnectionRefusedError) as problem:
        raise NobodyListensError(where, f"nobody listens ({problem.strerror})", "Is it running?") from None
    except TimeoutError:
        found = f"no complete answer within {timeout:g} s"
        raise UnreachableError(where, found, "Is it hanging, or the machine overloaded?") from None
    except http.client.HTTPException as problem:
        found = f"no HTTP answer ({type(problem).__name__}: {one_line(problem, 60)})"
        raise BadAnswerError(where, found, "Check the address.") from None
    except (OSError, ValueError) as problem:
        found = f"the exchange failed ({one_line(getattr(problem, 'strerror', None) or problem, 60)})"
        raise UnreachableError(where, found, "Check the address.") from None
    finally:
        connection.close()
    if len(data) > most_bytes:
        raise BadAnswerError(where, f"the body is longer than {most_bytes} bytes", "Check the address.")
    if not whole:
        raise BadAnswerError(where, "the body is cut off", "Is the server being stopped?")
    return answer.status, data
