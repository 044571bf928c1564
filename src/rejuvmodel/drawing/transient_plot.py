"""The course of a model over a mission: unavailability or probabilities against time, and their limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.plot_parts import Height
from rejuvmodel.drawing.style import GREY, LINES, WIDTH, axes_or_new, dress, fit_legend, name_ticks
from rejuvmodel.drawing.time_ticks import mark_times
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mission_result import Transient
from rejuvmodel.state_labels import index_of
from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Curves that can be told apart.
MOST_CURVES = len(LINES)
#: Masses that are drawn where no states are named.
_MASSES = {"unavailability": "unavailability", "planned": "planned", "unplanned": "unplanned"}
#: Decades below the greatest value that are shown: what lies further down is seldom the question.
_DECADES = 12.0
#: Decades that are shown below the top of the lowest curve.
_ROOM = 4.0
#: Times that reach over this factor have a logarithmic axis.
_LOG = 100.0


def plot_transient(
    course: Transient,
    states: Sequence[str] | None = None,
    *,
    steady: SteadyState | None = None,
    log_time: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the unavailability at time t, or the probabilities of some states, against t.

    Parameters
    ----------
    course : Transient
        What `transient` returned for several times.
    states : sequence of str, optional
        States whose probabilities are drawn, at most 8; without them the unavailability and its planned and
        unplanned part.
    steady : SteadyState, optional
        Steady state of the same model; its values are drawn as asymptotes.
    log_time : bool, optional
        Whether the time axis is logarithmic, without the time 0; by default if the times reach over a factor
        of 100.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. The y axis is logarithmic and ends 12 decades below the greatest value, or further down for
        curves that lie below that; where values underflow it is linear in log10 of them.

    Raises
    ------
    InvalidInputError
        If there are fewer than two times, a state is unknown, there are too many, or the chain has no down
        states.
    """
    times = _require_times(course)
    chosen = _require_states(course, states)
    _require_steady(steady, course)
    curves = [_log_course(course, name, states is not None) for name in chosen]
    ends = [_log_end(steady, name, states is not None) for name in chosen]
    order = np.argsort(times)
    times, curves = times[order], [curve[order] for curve in curves]
    if log_time is None:
        log_time = bool(times[-1] > _LOG * np.min(times[times > 0], initial=np.inf))
    if log_time and np.count_nonzero(times > 0) < 2:
        raise InvalidInputError(
            "log_time", "True", "a logarithmic axis needs two times above 0", "Leave it out."
        )
    seen = times > 0 if log_time else np.full(len(times), True)
    ax = axes_or_new(ax, (7.5, 5.0))
    dress(ax)
    y = _height([*curves, *(np.array([end]) for end in ends)])
    limits = float(times[seen][0]), float(times[seen][-1])
    ax.set(xscale="log" if log_time else "linear", xlim=limits, yscale=y.scale, ylim=y.limits)
    for (colour, dashes), name, curve, end in zip(LINES, chosen, curves, ends, strict=False):
        label = name if states is None else f"state {name}"
        ax.plot(
            times[seen], _cut(y, curve[seen]), color=colour, linestyle=dashes, linewidth=WIDTH, label=label
        )
        if np.isfinite(end):
            ax.axhline(float(y(end)), color=colour, linestyle=(0, (1, 3)), linewidth=1.0, zorder=1)
    if np.any(np.isfinite(ends)):
        ax.plot([], [], color=GREY, linestyle=(0, (1, 3)), linewidth=1.0, label="steady state")
    ax.set_xlabel("time t [h]")
    ax.set_ylabel(f"{y.prefix}{'unavailability' if states is None else 'probability'} at t")
    name_ticks(ax.yaxis)
    if log_time:
        mark_times(ax)
    fit_legend(ax, columns=4)
    return ax


def _require_times(course: object) -> Floats:
    """The times of a course, at least two different ones."""
    if not isinstance(course, Transient):
        raise InvalidInputError(
            "course",
            shown(course),
            "plot_transient takes a Transient",
            "Write transient(model, hours) first.",
        )
    times = np.atleast_1d(np.asarray(course.hours, np.float64))
    if len(np.unique(times)) < 2:
        raise InvalidInputError(
            "course", "one time", "a curve needs several times", "Write transient(model, numpy.linspace(…))."
        )
    return times


def _require_states(course: Transient, states: Sequence[str] | None) -> list[str]:
    """Names of the curves: masses, or states of the model."""
    if states is None:
        course.at.mass("unavailability")  # an error that says so where no state is down
        return [*_MASSES]
    wanted = [states] if isinstance(states, str) else list(states)
    if not 1 <= len(wanted) <= MOST_CURVES:
        raise InvalidInputError(
            "states",
            f"{len(wanted)} states",
            f"a plot shows 1 to {MOST_CURVES} curves",
            "Choose some states.",
        )
    for name in wanted:
        index_of(course.at.labels, name)
    return wanted


def _log_course(course: Transient, name: str, state: bool) -> Floats:
    if state:
        return np.asarray(course.log_probabilities[..., index_of(course.at.labels, name)])
    return np.asarray(course.at.mass(_MASSES[name], logarithm=True))


def _log_end(steady: SteadyState | None, name: str, state: bool) -> float:
    """Logarithm of the value in the long run; NaN where it is not asked for."""
    if steady is None:
        return float("nan")
    found = steady.log_probability(name) if state else steady.solution.mass(_MASSES[name], logarithm=True)
    return float(np.asarray(found))


def _require_steady(steady: object, course: Transient) -> None:
    """Refuse the steady state of another model, as far as its states tell."""
    if steady is None:
        return
    if not isinstance(steady, SteadyState) or steady.shape:
        raise InvalidInputError(
            "steady", shown(steady), "steady is the SteadyState of one point", "Write solve(model)."
        )
    if len(steady.solution.labels) != len(course.at.labels):
        raise InvalidInputError(
            "steady", f"{len(steady.solution.labels)} states",
            f"steady belongs to the model of the course, which has {len(course.at.labels)} states",
            "Solve the same model.",
        )  # fmt: skip


def _height(curves: Sequence[Floats]) -> Height:
    """The axis: twelve decades from the greatest value down, more where a whole curve lies below that."""
    tops = [float(np.max(curve[np.isfinite(curve)], initial=-np.inf)) for curve in curves]
    tops = [top for top in tops if np.isfinite(top)]
    logs = np.concatenate(curves)
    logs = logs[np.isfinite(logs)]
    if tops:
        least = min(max(tops) - _DECADES * np.log(10), min(tops) - _ROOM * np.log(10))
        logs = logs[logs >= least]
    return Height(logs, most=2.0)


def _cut(y: Height, curve: Floats) -> Floats:
    """Heights of a curve; nothing where it is 0."""
    return np.where(np.isneginf(curve), np.nan, np.asarray(y(curve)))
