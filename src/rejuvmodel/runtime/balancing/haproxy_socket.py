"""One exchange with HAProxy's runtime API: a line of commands, and everything that comes back.

HAProxy closes the connection after its answer. What is read is limited in size, and the whole exchange in
time, so neither an endless answer nor a slow drip holds anybody up.
"""

from __future__ import annotations

from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import BadAnswerError
from rejuvmodel.runtime.outside.timed_sockets import TimedSocket, conversation

#: An answer for 1,000 servers has about 400 kB.
MOST_BYTES = 8 * 2**20


def exchange(address: SocketAddress, line: str, timeout: float, most_bytes: int = MOST_BYTES) -> str:
    """Send one line and return the answer.

    Parameters
    ----------
    address : SocketAddress
        Where HAProxy listens.
    line : str
        Commands, separated by ``;``, without a newline.
    timeout : float
        Time for the whole exchange [s].
    most_bytes : int
        A longer answer is refused.

    Returns
    -------
    str
        The answer.

    Raises
    ------
    NobodyListensError
        If there is no such socket or the connection is refused.
    UnreachableError
        If the exchange fails or takes too long.
    BadAnswerError
        If the answer is too long or not UTF-8.
    """
    address.check_mode()
    nobody = "Is HAProxy running, with this stats socket?"
    with conversation(address, timeout, str(address), if_nobody=nobody) as connection:
        connection.sendall(line.encode("ascii") + b"\n")
        data = _everything(connection, address, most_bytes)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        found = f"the answer is no UTF-8 text (byte {problem.start})"
        raise BadAnswerError(str(address), found, "Is this HAProxy's socket?") from None


def _everything(connection: TimedSocket, address: SocketAddress, most_bytes: int) -> bytes:
    """Read until the other side closes, within the limits of size and time."""
    data = bytearray()
    while part := connection.recv(65536):
        data += part
        if len(data) > most_bytes:
            found = f"the answer is longer than {most_bytes} bytes"
            raise BadAnswerError(str(address), found, "Is this HAProxy's socket?")
    return bytes(data)
