"""What the command that estimates prints and writes."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, Any

from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import RATE_NAMES
from rejuvmodel.reporting.number_texts import rate_text

if TYPE_CHECKING:
    from rejuvmodel.estimation.rate_estimate import RateEstimate
    from rejuvmodel.estimation.rate_estimates import RateEstimates
    from rejuvmodel.models.cluster import Cluster


def settings(option: str, pairs: list[str] | None, example: str) -> dict[str, str] | None:
    """Return the values of an option that is given as NAME=VALUE, once or more.

    Parameters
    ----------
    option : str
        Its name, for the error.
    pairs : list of str or None
        As typed.
    example : str
        One that is right.

    Returns
    -------
    dict or None
        Values by name; None for none.

    Raises
    ------
    InvalidInputError
        If one is no pair, or a name stands twice.
    """
    found: dict[str, str] = {}
    for pair in pairs or []:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value) or name in found:
            raise InvalidInputError(
                option, shown(pair), "a name and a value are expected, once each", f"Write {example}."
            )
        found[name] = value
    return found or None


def estimate_report(found: RateEstimates, log: str, written: str | None) -> str:
    """Return the estimates as mean times and rates, and what to make of them.

    Parameters
    ----------
    found : RateEstimates
        The estimates.
    log : str
        The file, as typed.
    written : str or None
        The cluster file, if one was written.

    Returns
    -------
    str
        Markdown text.
    """
    level = f"{100 * found.confidence:g} %"
    head = [
        "parameter",
        "symbol",
        "events",
        "exposure",
        "mean time",
        f"{level} from",
        "to",
        "rate",
        "exponential?",
    ]
    table = markdown_table(head, [_row(one) for one in found])
    servers = "1 server" if found.servers == 1 else f"{found.servers} servers"
    span = "" if found.hours is None else f", {words(found.hours)}"
    title = f"Rates of {servers} by the clock of the {found.clock} ({log}{span})"
    notes = [f"{RATE_NAMES[one.name][0]}: {one.advice}" for one in found if one.advice]
    notes += found.notes
    if written is not None:
        notes.append(f"{written}: written, with these rates.")
    return "\n\n".join([title, table, "\n".join(f"- {note}" for note in notes)])


def estimate_json(found: RateEstimates) -> dict[str, Any]:
    """Return the estimates, and the rates that a model would take; null where it cannot."""
    try:
        rates = found.rates.to_dict()
    except InvalidInputError:
        return found.to_dict() | {"rates": None}
    return found.to_dict() | {"rates": rates}


def cluster_file_text(found: RateEstimates, known: dict[str, str] | None, log: str) -> str:
    """Return a cluster file with the estimated rates, which the other commands read.

    Parameters
    ----------
    found : RateEstimates
        The estimates.
    known : dict or None
        Rates [1/h] that are given instead of estimated, as text.
    log : str
        Where the rates come from.

    Returns
    -------
    str
        TOML. The wait is left out where it is open, and so are costs.

    Raises
    ------
    InvalidInputError
        If a rate is neither estimated nor given, or given as no number.
    """
    given = {name: _number(name, value) for name, value in (known or {}).items()}
    model = _model(found, given)
    lines = [f"# Rates estimated from {' '.join(log.split())}", ""]
    if isinstance(model, Pool):
        lines.append("[pool]")
        lines += [f"{name} = {_toml(value)}" for name, value in model.layout().items()]
    else:
        lines += ["[cluster]", f"servers = {found.servers}"]
    lines += ["", "[rates]  # per hour"]
    for name, rate in model.rates.to_dict().items():
        if rate is None:
            continue
        one = found[name]
        sure = "given" if name in given else f"{one.events} events in {one.exposure_hours:.6g} h"
        lines.append(f"{name} = {_toml(rate)}  # {sure}")
    return "\n".join(lines) + "\n"


def _model(found: RateEstimates, given: dict[str, float]) -> Cluster | Pool:
    """The model; where a rate is missing, the advice is what to type."""
    try:
        return found.model(**given)
    except InvalidInputError as error:
        name = error.argument
        if name not in RATE_NAMES or name in given:
            raise
        one = found[name]
        example = f"{one.high:.3g}, its upper limit" if one.exposure_hours else "…"
        advice = f"{one.advice} Give --rate {name}={example}."
        raise InvalidInputError(name, error.found, error.rule, advice) from None


def _row(one: RateEstimate) -> list[str]:
    name, symbol = RATE_NAMES[one.name]
    counted = [name, symbol, str(one.events), words(one.exposure_hours)]
    if isnan(one.rate):
        return [*counted, "unknown", "-", "-", "-", "-"]
    mean = "at once" if one.rate == inf else words(one.mean_time)
    if one.one_sided:
        mean = "not seen"
    fit = one.fit
    law = "-" if fit is None or fit.exponential is None else "yes" if fit.exponential else "no"
    ends = (1.0 / rate if rate else inf for rate in (one.high, one.low))
    return [*counted, mean, *(words(end) for end in ends), rate_text(one.rate), law]


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InvalidInputError(
            f"--rate {name}",
            shown(value),
            "a rate is a number per hour",
            "Write, for example, failure=0.001.",
        ) from None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else repr(value)
