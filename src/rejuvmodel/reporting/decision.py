"""The decision in one sentence, and the key figures beside it."""

from __future__ import annotations

from math import exp, inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.models.laws import Fixed
from rejuvmodel.reporting.number_texts import availability_text, money_text, wait_text
from rejuvmodel.reporting.optimum_notes import saved_text

if TYPE_CHECKING:
    from rejuvmodel.propagation.uncertainty_result import Uncertainty
    from rejuvmodel.reporting.case import Case

_AFTER = {"unstable": "after it has become unstable", "service": "after it has entered a normal state"}


def decision_sentence(case: Case, known: Uncertainty | None) -> str:
    """Return what to do, and what it brings, in one sentence, or two while rates are uncertain.

    Parameters
    ----------
    case : Case
        A file and its answer.
    known : Uncertainty or None
        What follows while rates are uncertain.

    Returns
    -------
    str
        The sentence.
    """
    return f"{_best_guess(case)}{_uncertain(case, known)}"


def _best_guess(case: Case) -> str:
    best, who = case.best, _who(case)
    if best.location == "flat":
        return f"How long {who} waits makes no difference: every wait searched has the same {best.objective}."
    if best.period == inf:
        more = "costs more" if best.objective == "cost" else "means more downtime"
        return f"Do not rejuvenate {who}: every wait searched {more} than never rejuvenating."
    if best.gain == 0:  # below the least double
        saves = f"every other wait searched has more {best.objective}"
    elif best.gain > 0:
        saves = f"this saves {saved_text(case.file, best)} against never rejuvenating"
    else:
        amount = saved_text(case.file, best, share=False)
        saves = f"the best of the waits searched; never rejuvenating saves {amount}"
    return f"Rejuvenate {who} {_when(case)}: {saves}."


def _uncertain(case: Case, known: Uncertainty | None) -> str:
    """What is best on average, where it is another wait."""
    if known is None or known.decision is None or known.decision.location == "flat":
        return ""
    wait, what = wait_text(known.decision.period), "downtime" if case.file.costs is None else "cost"
    if wait == wait_text(case.best.period):
        return f" It also has the least expected {what} while the rates are uncertain as stated."
    return f" While the rates are uncertain as stated, a wait of {wait} has the least expected {what}."


def _who(case: Case) -> str:
    if case.pool is not None:
        return "each server"
    return "the server" if case.model.servers == 1 else "the cluster"


def _when(case: Case) -> str:
    trigger = case.model.trigger
    clock = "unstable" if trigger is None else trigger.clock
    if case.best.period == 0:
        return f"at once {_AFTER[clock]}"
    mean = "" if trigger is not None and isinstance(trigger.law, Fixed) else "on average "
    return f"{mean}{wait_text(case.best.period)} {_AFTER[clock]}"


def key_figures(case: Case, known: Uncertainty | None) -> list[tuple[str, str, str]]:
    """Return what a manager asks first.

    Parameters
    ----------
    case : Case
        A file and its answer.
    known : Uncertainty or None
        What follows while rates are uncertain.

    Returns
    -------
    list of (str, str, str)
        Name, value and a note.
    """
    file, state, best = case.file, case.state, case.best
    span = words(file.horizon)
    log_down = float(state.log_unavailability)
    planned, unplanned = (
        words(float(share) * file.horizon)
        for share in (state.planned_unavailability, state.unplanned_unavailability)
    )
    proof = "proved" if best.certified else "found by a search, not proved"
    proof += "" if known is None else ", at the rates of the file"
    found = [
        ("best wait", wait_text(best.period), proof),
        ("availability", availability_text(float(state.unavailability), log_down), ""),
        ("nines", f"{float(np.asarray(state.nines)):.2f}", ""),
        (
            f"downtime in {span}", words(float(state.downtime(file.horizon))),
            f"planned {planned}, unplanned {unplanned}",
        ),
    ]  # fmt: skip
    if file.costs is not None:
        without = money_text(float(case.never.state.cost(file.costs, file.horizon)), file.currency)
        cost = money_text(float(state.cost(file.costs, file.horizon)), file.currency)
        found.append((f"cost in {span}", cost, f"never rejuvenated {without}"))
    if case.pool is not None:
        found.append(("capacity availability", f"{state.capacity_availability:.8g}", ""))  # type: ignore[attr-defined]  # of pools
    if known is not None and known.decision is not None:
        what = "downtime" if file.costs is None else "cost"
        note = "while the rates are uncertain as stated"
        found.append((f"wait of least expected {what}", wait_text(known.decision.period), note))
    if case.log_allowed is not None:
        found.append(_target(case, known))
    return found


def _target(case: Case, known: Uncertainty | None) -> tuple[str, str, str]:
    """Whether the target is met, at the best guess and with what probability."""
    assert case.log_allowed is not None  # there is a target
    met = float(case.state.log_unavailability) <= case.log_allowed
    note = f"at most {words(exp(case.log_allowed) * case.file.horizon)} down in {words(case.file.horizon)}"
    if known is not None and known.meets_target is not None:
        note += f"; with probability {100 * known.meets_target.mean:.3g} % while rates are uncertain"
    return "target", "met" if met else "not met", note
