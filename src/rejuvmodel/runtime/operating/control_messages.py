"""What is said on a control socket: one line of strict JSON in, one line of JSON out.

A request is ``{"ask": "status"}``; "roll" and "rejuvenate" also have ``"servers"``, a list of names, which
for "roll" may be left out for all of them. A reply is ``{"ok": true, "status": {...}}``, or
``{"ok": false, "error": "...", "advice": "..."}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import choice, described, keys
from rejuvmodel.runtime.outside.failures import BadAnswerError, OutsideError
from rejuvmodel.runtime.outside.names import checked_name, one_line
from rejuvmodel.strict_json import parse

#: A longer request is refused.
MOST_REQUEST = 64 * 1024
#: A longer reply is not read; the status of 1,000 servers has about 500 kB.
MOST_REPLY = 8 * 2**20
#: What may be asked, in words.
ASKS = {
    "status": "how everything stands",
    "pause": "begin nothing new",
    "resume": "go on after a pause or a halt",
    "roll": "rejuvenate all servers once, or those named",
    "rejuvenate": "rejuvenate the servers named",
    "cancel": "forget the roll",
}
_WITH_SERVERS = ("roll", "rejuvenate")


def request_of(line: bytes) -> dict[str, Any]:
    """Read a request.

    Parameters
    ----------
    line : bytes
        The line, without its end.

    Returns
    -------
    dict
        ``ask``, one of `ASKS`, and ``servers``, a list of checked names.

    Raises
    ------
    InvalidInputError
        If it is anything else.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as problem:
        found = f"bytes that are no UTF-8 (byte {problem.start})"
        raise InvalidInputError("request", found, "a line of JSON is expected") from None
    values = parse(text, "request")
    table = keys("request", values, ["ask"], ["servers"])
    ask = choice("request.ask", table["ask"], ASKS)
    servers = table.get("servers", [])
    if not isinstance(servers, list):
        raise InvalidInputError("request.servers", described(servers), "a list of names is expected")
    if servers and ask not in _WITH_SERVERS:
        rule = f"servers belong to {' and '.join(_WITH_SERVERS)}"
        raise InvalidInputError("request.servers", described(servers), rule, "Leave them out.")
    if ask == "rejuvenate" and not servers:
        raise InvalidInputError(
            "request.servers", "no server", "at least one server is named", 'Or ask "roll".'
        )
    return {
        "ask": ask,
        "servers": [checked_name(f"request.servers[{k}]", one) for k, one in enumerate(servers)],
    }


def refusal(error: Exception) -> dict[str, Any]:
    """Return the reply for what went wrong.

    Parameters
    ----------
    error : Exception
        An error of this library.

    Returns
    -------
    dict
        The reply.
    """
    if isinstance(error, InvalidInputError):
        text = f"{error.argument}: got {error.found}; {error.rule}."
        return {"ok": False, "error": text, "advice": error.advice}
    if isinstance(error, OutsideError):
        return {"ok": False, "error": f"{error.where}: {error.found}.", "advice": error.advice}
    return {"ok": False, "error": str(error), "advice": ""}


def line_of(message: Mapping[str, Any]) -> bytes:
    """Return a message as one line.

    Parameters
    ----------
    message : mapping
        A request or a reply, of JSON values.

    Returns
    -------
    bytes
        ASCII, with the newline.

    Raises
    ------
    ValueError
        If it has a value that JSON does not know, such as NaN.
    """
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def reply_of(where: str, line: bytes) -> dict[str, Any]:
    """Read a reply.

    Parameters
    ----------
    where : str
        The socket, for errors.
    line : bytes
        The line, without its end.

    Returns
    -------
    dict
        The reply, with the keys that belong to its ``ok``.

    Raises
    ------
    BadAnswerError
        If it is none.
    """
    try:
        values = parse(line.decode("utf-8"), where)
    except (InvalidInputError, UnicodeDecodeError) as problem:
        found = f"the reply is no strict JSON ({one_line(problem)})"
        raise BadAnswerError(where, found, "Is this a runtime's socket?") from None
    wanted = {"status": dict} if isinstance(values, dict) and values.get("ok") is True else _REFUSAL
    if not isinstance(values, dict) or not all(isinstance(values.get(key), wanted[key]) for key in wanted):
        raise BadAnswerError(
            where, f"no reply of a runtime: {one_line(values)}", "Is this a runtime's socket?"
        )
    return values


_REFUSAL = {"ok": bool, "error": str, "advice": str}
