"""The section on what matters most: elasticities of downtime and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.derivatives import sensitivity
from rejuvmodel.errors import ConvergenceError, InvalidInputError, SizeError
from rejuvmodel.plotting import plot_tornado
from rejuvmodel.reporting.blocks import Block, Paragraph, Section, Symbol, table
from rejuvmodel.reporting.images import picture

if TYPE_CHECKING:
    from rejuvmodel.reporting.blocks import Picture, Table
    from rejuvmodel.reporting.case import Case
    from rejuvmodel.sensitivity_result import Sensitivity

#: Bars of a tornado.
_MOST = 10


def sensitivity_section(case: Case) -> Section:
    """Exact elasticities at the best wait, with a tornado."""
    blocks: list[Block]
    try:
        found = sensitivity(case.model, costs=case.file.costs, horizon=case.file.horizon)
    except InvalidInputError as error:  # of a valid model: there is no derivative at this point
        blocks = [Paragraph(f"Left out: {error.rule}.")]
    except (SizeError, ConvergenceError) as error:
        blocks = [Paragraph(f"Left out: {error}")]
    else:
        blocks = [
            Paragraph(
                "An elasticity says by how many per cent a result grows if one parameter grows by one per "
                "cent and all others stay, the wait too."
            ),
            _table(found, case.file.currency),
            *_tornado(found, case.file.currency),
        ]
    return Section("sensitivity", "What matters most", tuple(blocks))


def _table(found: Sensitivity, currency: str) -> Table:
    """All parameters that move something, the most influential on the objective first."""
    measures = ["downtime", *(["cost"] if "cost" in found.measures else [])]
    names = [one.parameter for one in found.ranking(measures[-1])]
    of = {measure: {one.parameter: one for one in found.ranking(measure)} for measure in measures}
    head = ["parameter", "symbol", "value"]
    for measure in measures:
        head += [f"elasticity of {measure}", f"{measure} at +10 %"]
    rows = []
    for name in names:
        one = of[measures[0]][name]
        unit = one.unit.replace("currency", currency or "currency")
        row = [one.long_name or one.parameter, Symbol(one.symbol), f"{one.value:.6g} {unit}"]
        for measure in measures:
            here = of[measure][name]
            row += [f"{here.elasticity:+.4f}", f"{100 * (here.factor(0.1) - 1):+.2f} %"]
        if any(of[measure][name].elasticity for measure in measures):
            rows.append(row)
    return table(f"Elasticities, exact ({found.method})", head, rows)


def _tornado(found: Sensitivity, currency: str) -> list[Picture]:
    """The tornado of the objective, if it moves."""
    measure = "cost" if "cost" in found.measures else "downtime"
    row = found.elasticities[found.measures.index(measure)]
    moving = int(np.count_nonzero(row))
    if not moving or not np.isfinite(found.log_values[found.measures.index(measure)]):
        return []
    first = found.ranking(measure)[0]
    alt = f"Bars of the {measure} with each parameter 10 % lower and higher; {first.long_name} moves it most."
    inches = (7.5, 2.2 + 0.42 * min(moving, _MOST))
    return [
        picture(
            lambda ax: plot_tornado(found, measure=measure, most=_MOST, currency=currency, ax=ax),
            f"The {measure} with each parameter 10 % lower and higher",
            alt,
            inches,
        )
    ]
