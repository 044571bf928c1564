"""Laws of policies from plain data: each parameter checked, and nothing left to be guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import choice, described, keys, number, whole
from rejuvmodel.policy_laws import (
    DelayLaw,
    EmpiricalDelay,
    ErlangDelay,
    ExponentialDelay,
    FixedDelay,
    HyperexponentialDelay,
    UniformDelay,
)

_MOST_PHASES = 10**6
_MOST_SAMPLES = 10**5
_LAWS = {
    "exponential": "memoryless",
    "fixed": "always the same",
    "erlang": "k equal phases",
    "uniform": "from lo to hi",
    "hyperexponential": "branches with probabilities and means",
    "empirical": "one of the samples",
}


def delay_law(value: object) -> DelayLaw:
    """Return a law from plain data.

    Parameters
    ----------
    value : mapping, str or DelayLaw
        ``{"name": "erlang", "k": 5}``; a name alone for a law without parameters.

    Returns
    -------
    DelayLaw
        The law.

    Raises
    ------
    InvalidInputError
        If the law is unknown, a parameter is missing, unknown or outside its limits, or the value is a law
        of the user's own, which no file can hold.
    """
    table = {"name": value} if isinstance(value, str) else value
    if isinstance(value, DelayLaw):
        table = value.to_dict()  # checked again: a law can be built by hand
    if not isinstance(table, Mapping):
        rule = f"law is plain data, one of {', '.join(_LAWS)}"
        advice = (
            'Write, for example, {"name": "erlang", "k": 5}. A law of your own fits no file: '
            'draw delays from it and give them as {"name": "empirical", "samples": [...]}.'
        )
        raise InvalidInputError("law", described(value), rule, advice)
    if "name" not in table:
        keys("law", table, ["name"], [key for key in table if isinstance(key, str)])
    for key in ("mean", "delay"):
        if key in table:
            rule = "a law has no time of its own: its mean is the mean of the policy"
            raise InvalidInputError(f"law.{key}", described(table[key]), rule, "Give mean= to the policy.")
    name = choice("law.name", table["name"], _LAWS)
    if name == "exponential":
        keys("law", table, ["name"])
        return ExponentialDelay()
    if name == "fixed":
        keys("law", table, ["name"])
        return FixedDelay()
    if name == "erlang":
        k = keys("law", table, ["name", "k"])["k"]
        rule = f"k is the number of phases, a whole number from 1 to {_MOST_PHASES}"
        return ErlangDelay(whole("law.k", k, rule, minimum=1, maximum=_MOST_PHASES))
    if name == "uniform":
        return _uniform(keys("law", table, ["name", "lo", "hi"]))
    if name == "hyperexponential":
        return _hyperexponential(keys("law", table, ["name", "probabilities", "means"]))
    return _empirical(keys("law", table, ["name", "samples"]))


def _uniform(table: Mapping[str, object]) -> UniformDelay:
    lo = number("law.lo", table["lo"], "lo is a finite number of at least 0", minimum=0)
    rule = f"hi is a finite number above 0 and not below lo ({lo:.6g})"
    hi = number("law.hi", table["hi"], rule, minimum=lo, open_minimum=lo == 0)
    return UniformDelay(lo, hi)


def _hyperexponential(table: Mapping[str, object]) -> HyperexponentialDelay:
    rule = "means are a list of finite numbers of at least 0, one for each branch"
    means = _numbers("law.means", table["means"], rule)
    probabilities = _probabilities(table["probabilities"], len(means))
    if not any(means):
        _refuse_zeros("law.means")
    return HyperexponentialDelay(probabilities, means)


def _empirical(table: Mapping[str, object]) -> EmpiricalDelay:
    rule = f"samples are a list of 1 to {_MOST_SAMPLES} finite numbers of at least 0"
    samples = _numbers("law.samples", table["samples"], rule)
    if not any(samples):
        _refuse_zeros("law.samples")
    return EmpiricalDelay(samples)


def _refuse_zeros(argument: str) -> NoReturn:
    rule = "a delay that is always 0 has no shape that could be stretched to a mean"
    raise InvalidInputError(argument, "zeros", rule, 'Write law="fixed" and mean=0 for at once.')


def _numbers(argument: str, value: object, rule: str, *, open_minimum: bool = False) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST_SAMPLES:
        found = described(value) if not isinstance(value, list | tuple) else f"a list of {len(value)}"
        raise InvalidInputError(argument, found, rule, "Write, for example, [10, 20].")
    return tuple(
        number(f"{argument}[{index}]", entry, rule, minimum=0, open_minimum=open_minimum)
        for index, entry in enumerate(value)
    )


def _probabilities(value: object, length: int) -> tuple[float, ...]:
    rule = f"probabilities are a list of {length} numbers above 0 with the sum 1"
    found = _numbers("law.probabilities", value, rule, open_minimum=True)
    if len(found) != length:
        raise InvalidInputError(
            "law.probabilities", f"a list of {len(found)}", rule, "Give one probability for each."
        )
    total = sum(found)
    if abs(total - 1) > 1e-9:
        raise InvalidInputError(
            "law.probabilities", f"the sum {total:.12g}", rule, "Divide them by their sum."
        )
    return found
