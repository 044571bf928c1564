r"""Equations 4–7 of the patent as SymPy expressions: corrected, as printed, and what tells them apart.

Theory
------
With A_i = P_{n−i}/P_n and the misprints of the patent corrected,

    A_i = (λ_f/μ)^i ∏_{k=0}^{i−1} (n−k)λ/(λ_r+(n−k)λ)                                        (Equation 6)
    P_{u_j} = λ_f/(λ_r+jλ) · P_j,     P_{r_j} = (λ_r/μ_r) · P_{u_j},   j = 1…n                (Equations 4, 5)
    1/P_n = 1 + Σ_{i=1}^{n} A_i + (1+λ_r/μ_r) Σ_{i=0}^{n−1} λ_f/(λ_r+(n−i)λ) · A_i            (Equation 7)

Both down states hang on u_1: P_0 = (λ/μ) P_{u_1} and P_{r_1} = (λ_r/μ_r) P_{u_1}.
The expressions stay products over sums of products: SymPy multiplies nothing out, so substituting exact
rationals gives the exact answer at any size allowed here. The limits λ_r = ∞ and λ = λ_r = 0, where a
quotient turns into ∞/∞ or 0/0, are the numeric solvers' business.

Every function refuses servers that are not a whole number of at least 1 (`InvalidInputError`) or are more
than `MAX_SERVERS` (`SizeError`). The module imports SymPy; the library loads it only when asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import sympy

from rejuvmodel.arrays import whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError

Distribution: TypeAlias = Mapping[str, sympy.Expr]

MAX_SERVERS = 60
"""Largest cluster written out: about n² factors in Equation 7, half a second to build."""


class Symbols(NamedTuple):
    """The symbols of all expressions here.

    Attributes
    ----------
    aging, failure, rejuvenation, repair, restart : sympy.Symbol
        λ_f, λ, λ_r, μ and μ_r [1/h], as in `Rates`.
    cost_failure, cost_rejuvenation : sympy.Symbol
        C_f, C_r [currency/h], down by failure and by rejuvenation.
    capacity, degraded : sympy.Symbol
        C_cap, C_deg [currency/h], in any rejuvenating and in any unstable state.
    per_rejuvenation : sympy.Symbol
        C_per [currency], each rejuvenation.
    """

    aging: sympy.Symbol
    failure: sympy.Symbol
    rejuvenation: sympy.Symbol
    repair: sympy.Symbol
    restart: sympy.Symbol
    cost_failure: sympy.Symbol
    cost_rejuvenation: sympy.Symbol
    capacity: sympy.Symbol
    degraded: sympy.Symbol
    per_rejuvenation: sympy.Symbol


def symbols() -> Symbols:
    """Return the symbols of all expressions: rates positive, costs not negative.

    Returns
    -------
    Symbols
        Named tuple; ``symbols().aging`` is λ_f and so on.
    """
    rates = sympy.symbols("lambda_f lambda lambda_r mu mu_r", positive=True)
    costs = sympy.symbols("C_f C_r C_cap C_deg C_per", nonnegative=True)
    return Symbols(*rates, *costs)


def probabilities(servers: int) -> dict[str, sympy.Expr]:
    """Steady-state probabilities by the corrected Equations 4–7.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.

    Returns
    -------
    dict of str to sympy.Expr
        3n+1 expressions [1], keyed and ordered ``n … 0, u_n … u_1, r_n … r_1``.
    """
    n, s = _checked(servers), symbols()
    level = [sympy.Integer(1)]
    for j in range(n, 0, -1):
        level.append(level[-1] * s.aging / s.repair * j * s.failure / (s.rejuvenation + j * s.failure))
    unstable = [_unstable_ratio(n - i) * level[i] for i in range(n)]
    inverse = sympy.Add(*level) + (1 + s.rejuvenation / s.restart) * sympy.Add(*unstable)
    return _by_label(n, level, 1 / inverse)


def printed_probabilities(servers: int, *, corrected_equation_6: bool = False) -> dict[str, sympy.Expr]:
    """Write out Equations 4–7 as printed in the patent, misprints included: **not** probabilities.

    Equation 6 is printed with λ_f for λ_r in the product, Equation 7 with the factor 1 + λ_r/μ_r on the
    sum of the normal states instead of the unstable ones.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.
    corrected_equation_6 : bool, default False
        Put Equation 6 right and keep Equation 7 as printed: balance then holds and only Σπ = 1 fails.

    Returns
    -------
    dict of str to sympy.Expr
        3n+1 expressions [1], keyed and ordered as in `probabilities`.
    """
    n, s = _checked(servers), symbols()

    def product(i: int, numerator: sympy.Symbol) -> sympy.Expr:
        factors = (1 - numerator / (s.rejuvenation + (n - k) * s.failure) for k in range(i))
        return (s.aging / s.repair) ** i * sympy.Mul(*factors)

    in_equation_6 = s.rejuvenation if corrected_equation_6 else s.aging
    in_equation_7 = [product(i, s.rejuvenation) for i in range(n + 1)]
    unstable = [_unstable_ratio(n - i) * in_equation_7[i] for i in range(n)]
    inverse = 1 + sympy.Add(*in_equation_7[1:]) * (1 + s.rejuvenation / s.restart) + sympy.Add(*unstable)
    return _by_label(n, [product(i, in_equation_6) for i in range(n + 1)], 1 / inverse)


def unavailability(servers: int) -> sympy.Expr:
    """Probability that the cluster is down, P_0 + P_{r_1} = (λ/μ + λ_r/μ_r)·P_{u_1}.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.

    Returns
    -------
    sympy.Expr
        Unavailability [1], unplanned plus planned.
    """
    p, s = probabilities(servers), symbols()
    return (s.failure / s.repair + s.rejuvenation / s.restart) * p["u1"]


def availability(servers: int) -> sympy.Expr:
    """Availability 1 − (P_0 + P_{r_1}), Equation 1.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.

    Returns
    -------
    sympy.Expr
        Availability [1]. In floating point evaluate `unavailability` instead: 1 − … loses its digits.
    """
    return 1 - unavailability(servers)


def cost_rate(
    servers: int, *, capacity: bool = False, degraded: bool = False, per_rejuvenation: bool = False
) -> sympy.Expr:
    """Cost per hour of operation: C_f P_0 + C_r P_{r_1} (Equation 3 for T = 1 h), with more costs on request.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.
    capacity, degraded, per_rejuvenation : bool, default False
        Add C_cap Σ P_{r_i}, C_deg Σ P_{u_i}, C_per μ_r Σ P_{r_i} [currency/h], the last because
        μ_r Σ P_{r_i} is the number of rejuvenations per hour.

    Returns
    -------
    sympy.Expr
        Cost rate [currency/h].
    """
    p, s = probabilities(servers), symbols()
    restarting = s.rejuvenation / s.restart
    when_down = s.cost_failure * s.failure / s.repair + s.cost_rejuvenation * restarting
    when_unstable = sympy.Add(
        s.capacity * restarting if capacity else 0,
        s.degraded if degraded else 0,
        s.per_rejuvenation * s.rejuvenation if per_rejuvenation else 0,
    )
    unstable = sympy.Add(*(value for label, value in p.items() if label.startswith("u")))
    return when_down * p["u1"] + when_unstable * unstable


def balance_residuals(servers: int, distribution: Distribution | None = None) -> dict[str, sympy.Expr]:
    """πQ state by state, inflow less outflow: written 0 wherever balance holds identically.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`; the proof takes 0.1 s at n = 4, 0.3 s at n = 10.
    distribution : mapping of str to sympy.Expr, optional
        Expressions π to test; `probabilities` if not given, `printed_probabilities` for the errata.

    Returns
    -------
    dict of str to sympy.Expr
        Residuals [1/h], keyed as `probabilities`, with expanded numerators.
    """
    n = _checked(servers)
    pi = probabilities(n) if distribution is None else distribution
    s = symbols()
    # P_n is a common factor of every term; without it the fractions stay small.
    ratio = {label: value / pi[str(n)] for label, value in pi.items()}
    net = dict.fromkeys(ratio, sympy.Integer(0))
    for i in range(1, n + 1):
        cycle = (f"{i}", f"u{i}", s.aging), (f"u{i}", f"r{i}", s.rejuvenation), (f"r{i}", f"{i}", s.restart)
        between = (f"u{i}", f"{i - 1}", i * s.failure), (f"{i - 1}", f"{i}", s.repair)
        for source, target, rate in cycle + between:
            net[source] -= rate * ratio[source]
            net[target] += rate * ratio[source]
    return {label: _reduced(value) * pi[str(n)] for label, value in net.items()}


def normalization(servers: int, distribution: Distribution | None = None) -> sympy.Expr:
    """Σπ − 1: written 0 if the probabilities sum to one identically.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`.
    distribution : mapping of str to sympy.Expr, optional
        Expressions π to test, as in `balance_residuals`.

    Returns
    -------
    sympy.Expr
        Σπ − 1 [1], with an expanded numerator.
    """
    n = _checked(servers)
    pi = probabilities(n) if distribution is None else distribution
    top = pi[str(n)]
    return _reduced(sympy.Add(*(value / top for value in pi.values())) - 1 / top) * top


def latex(servers: int, what: str) -> str:
    r"""One formula as a LaTeX equation, left side included.

    Parameters
    ----------
    servers : int
        Number of servers n, 1 to `MAX_SERVERS`; n = 60 takes seconds and a third of a million characters.
    what : str
        ``"availability"``, ``"unavailability"``, ``"cost_rate"`` (Equation 3) or a state such as ``"u2"``.

    Returns
    -------
    str
        LaTeX without dollar signs, such as ``P_{u_{1}} = \frac{…}{…}``.
    """
    p = probabilities(servers)
    measures = {"availability": availability, "unavailability": unavailability, "cost_rate": cost_rate}
    if not isinstance(what, str) or what not in p | measures:  # type: ignore[redundant-expr]  # users pass anything
        rule = f"give one of {', '.join(measures)} or the label of a state"
        raise InvalidInputError("what", shown(what), rule, f"The states are {', '.join(p)}.")
    if what in measures:
        left, expression = rf"\mathrm{{{what.removesuffix('_rate').capitalize()}}}", measures[what](servers)
    else:
        name = what if what.isdigit() else f"{what[0]}_{{{what[1:]}}}"
        left, expression = f"P_{{{name}}}", p[what]
    return f"{left} = {sympy.latex(expression)}"


def _checked(servers: int) -> int:
    n = whole_number("servers", servers, 1, advice="Give a plain integer such as servers=2.")
    if n > MAX_SERVERS:
        raise SizeError(
            f"servers: got {shown(n)}; formulas are written out for at most {MAX_SERVERS} servers, because "
            "their length grows with the square. Solve larger clusters with numbers: rejuvmodel.solve."
        )
    return n


def _unstable_ratio(j: int) -> sympy.Expr:
    s = symbols()
    return s.aging / (s.rejuvenation + j * s.failure)


def _by_label(n: int, level: list[sympy.Expr], top: sympy.Expr) -> dict[str, sympy.Expr]:
    """Equations 4 and 5 on the given P_{n−i}/P_n, all multiplied by P_n."""
    s = symbols()
    normal = {f"{n - i}": level[i] * top for i in range(n + 1)}
    unstable = {f"u{j}": _unstable_ratio(j) * normal[f"{j}"] for j in range(n, 0, -1)}
    restarting = {f"r{j}": s.rejuvenation / s.restart * unstable[f"u{j}"] for j in range(n, 0, -1)}
    return normal | unstable | restarting


def _reduced(expression: sympy.Expr) -> sympy.Expr:
    """Return the expression over one denominator with its numerator expanded; 0 if it is identically 0."""
    numerator, denominator = sympy.fraction(sympy.together(expression))
    return sympy.expand(numerator) / denominator
