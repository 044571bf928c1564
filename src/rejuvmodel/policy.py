"""RejuvenationPolicy: what a model decided, for whoever carries it out; the only bridge to the runtime.

A policy leaves nothing to be guessed: whose clock runs (`scope`), from when (`clock`), how the delay is drawn
(`law`, `mean`, `jitter`), and how many servers may be away (`servers`, `required`, `max_concurrent`). It is
kept in a JSON file, described key by key in docs/policy_file.md. This module imports no NumPy.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import fields
from random import Random
from typing import Any, Self

from rejuvmodel import strict_json
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.plain_records import jsonable
from rejuvmodel.plain_values import described, keys
from rejuvmodel.policy_terms import PolicyTerms
from rejuvmodel.policy_words import rows, sentence
from rejuvmodel.text_files import file_name, read_text, write_text

#: Number of the file's schema; raised when a key changes its meaning or goes away.
SCHEMA = 1
_MOST_BYTES = 2**24
_KEYS = tuple(field.name for field in fields(PolicyTerms))


class RejuvenationPolicy(PolicyTerms):
    """When servers are rejuvenated, and how many at a time.

    Parameters
    ----------
    scope : {"cluster", "server"}
        One clock for all servers, started by the first unstable one, or one for each.
    clock : {"unstable", "service"}
        Whether the delay counts from becoming unstable or from service start.
    law : str or mapping
        Law of the delay: "exponential", "fixed", ``{"name": "erlang", "k": 5}``, "uniform" with ``lo`` and
        ``hi``, "hyperexponential" with ``probabilities`` and ``means``, or "empirical" with ``samples``. It
        gives the shape only: it is stretched until its mean is `mean`.
    mean : float, timedelta or str
        Mean of the law [h]: 0 for at once (not with clock "service"), infinity or "never" for never.
    servers : int
        Servers under the policy.
    required : int
        Servers that must stay in service; with ``max_concurrent`` at most `servers`, unless the mean is
        infinite.
    max_concurrent : int
        Servers that may rejuvenate at a time, at least 1.
    jitter : float, timedelta or str
        Longest extra delay J [h]: U(0, J) is added to each delay to spread restarts. Not part of the law: the
        mean delay is ``mean + J/2``, and the prediction does not know of it.
    predicted : mapping, optional
        What the model predicts: ``unavailability``, ``horizon`` [h], and optional ``cost_rate``
        [currency/h] and ``currency``.
    computed_from : mapping, optional
        Where the policy comes from, as plain values: ``library`` (version), ``model``, ``rates``, and
        optional ``costs``, ``rate_bounds`` [1/h] or ``mean_bounds`` [h].

    Raises
    ------
    InvalidInputError
        If a value is outside its limits, the numbers of servers contradict one another, or the law is one
        that no file can hold.

    Notes
    -----
    `law`, `predicted` and `computed_from` are kept as read-only objects; ``predicted`` has the properties
    ``availability`` and ``downtime`` as well. Policies compare and hash by value.

    Examples
    --------
    >>> policy = RejuvenationPolicy(
    ...     scope="server", clock="service", law="fixed", mean="7 d", servers=4, required=3
    ... )
    >>> policy.describe().split("; ")[0]
    'Each server waits exactly 7 d after service start'
    """

    __slots__ = ()

    def sample_delay(self, random: Random) -> float:
        """Return one delay: the law stretched to the mean, plus the jitter.

        Parameters
        ----------
        random : random.Random
            Where chance comes from; ``random.Random(seed)`` gives the same delays again.

        Returns
        -------
        float
            Delay [h]; infinity for never.

        Raises
        ------
        InvalidInputError
            If `random` is something else.
        """
        given: object = random
        if not isinstance(given, Random):
            rule = "random is a random.Random of the standard library"
            raise InvalidInputError("random", described(given), rule, "Write random.Random(1).")
        delay = self.mean
        if 0 < delay < math.inf:
            delay *= self.law.relative(random)
        return delay + random.uniform(0.0, self.jitter) if self.jitter else delay

    def describe(self) -> str:
        """Return the policy as one plain sentence.

        Returns
        -------
        str
            Who waits how long, from when and by which law; and how many servers at a time.
        """
        return sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as the plain values of its file.

        Returns
        -------
        dict
            One entry per key of the file, ``schema`` first; infinity is the text "infinity".
        """
        plain: dict[str, Any] = {"schema": SCHEMA} | {key: getattr(self, key) for key in _KEYS}
        plain["law"] = self.law.to_dict()
        plain["predicted"] = None if self.predicted is None else self.predicted.to_dict()
        return {key: jsonable(value) for key, value in plain.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the policy that plain values describe.

        Parameters
        ----------
        values : mapping
            Every key of the file and no other, as `to_dict` gives them.

        Returns
        -------
        RejuvenationPolicy
            The policy.

        Raises
        ------
        InvalidInputError
            If the schema is not one that this library reads, a key is unknown or missing, or a value is not
            allowed.
        """
        given: object = values
        if isinstance(given, Mapping) and "schema" in given:
            schema = given["schema"]
            if type(schema) is not int or schema != SCHEMA:
                rule = f"this version of rejuvmodel reads policies of schema {SCHEMA}"
                raise InvalidInputError(
                    "schema",
                    described(schema),
                    rule,
                    "Make the policy again, or use the version that made it.",
                )
        table = keys("", given, ["schema", *_KEYS])
        del table["schema"]
        for key in ("mean", "jitter"):
            table[key] = _plain_hours(key, table[key])
        if isinstance(table["predicted"], Mapping) and "horizon" in table["predicted"]:
            horizon = _plain_hours("predicted.horizon", table["predicted"]["horizon"])
            table["predicted"] = {**table["predicted"], "horizon": horizon}
        return cls(**table)

    def to_json(self) -> str:
        """Return the text of the policy's file.

        Returns
        -------
        str
            JSON; numbers have as many digits as they need to be read back the same.
        """
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the policy that a JSON text describes.

        Parameters
        ----------
        text : str
            What `to_json` gave.

        Returns
        -------
        RejuvenationPolicy
            The policy.

        Raises
        ------
        InvalidInputError
            If it is no JSON, or not that of a policy.
        """
        given: object = text
        if not isinstance(given, str):
            raise InvalidInputError("text", described(given), "text is a str", "To read a file, use load.")
        return cls._parsed(text, "text")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the policy to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file; an older one is replaced and keeps its permissions.

        Raises
        ------
        InvalidInputError
            If no file can be written there, or the policy is larger than a file that `load` reads (16 MiB).
        OSError
            If the disk is full or fails; the older file is as it was.
        """
        name, text = file_name(path, "policy.json"), self.to_json()
        if len(text.encode()) > _MOST_BYTES:
            raise InvalidInputError(
                name,
                "a longer policy",
                f"a policy file has at most {_MOST_BYTES} bytes",
                "Shorten its tables.",
            )
        write_text(name, text)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the policy of a file.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        RejuvenationPolicy
            The policy.

        Raises
        ------
        InvalidInputError
            If the file cannot be read or is no policy; the error names the key and the file.
        """
        name = file_name(path, "policy.json")
        return cls._parsed(read_text(name, "a policy file", _MOST_BYTES), name)

    @classmethod
    def _parsed(cls, text: str, place: str) -> Self:
        values = strict_json.parse(text, place)
        try:
            return cls.from_dict(values)
        except InvalidInputError as error:
            where = f"{error.argument} in {place}"
            raise InvalidInputError(where, error.found, error.rule, error.advice) from None

    def _repr_html_(self) -> str:
        return html_table("Rejuvenation policy", rows(self))


def _plain_hours(argument: str, value: object) -> object:
    """Hours as a policy file has them: a number, or the text "infinity"."""
    if value == "infinity":
        return math.inf
    if isinstance(value, str):
        rule = 'hours are a number, or the text "infinity"'
        raise InvalidInputError(argument, described(value), rule, 'Write, for example, 0.5 for "30 min".')
    return value
