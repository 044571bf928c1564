"""Equations 4–7 exactly as the patent prints them, misprints included, for the errata page.

Never used to solve anything: the distribution does not satisfy the balance equations (Eq. 6 has λ_f where
λ_r belongs) and does not sum to 1 (Eq. 7 has the factor 1 + λ_r/μ_r on the wrong bracket). The corrected
equations are in ``closed_form``, the proof in ``docs/theory/errata.md``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def printed_probabilities(
    servers: int,
    aging: float,
    failure: float,
    rejuvenation: float,
    repair: float,
    restart: float,
    *,
    corrected_equation_6: bool = False,
) -> Floats:
    """State "probabilities" by the printed Equations 4–7.

    Parameters
    ----------
    servers : int
        Number of servers n.
    aging, failure, rejuvenation, repair, restart : float
        Rates λ_f, λ, λ_r, μ, μ_r [1/h]; λ_r + iλ is not 0.
    corrected_equation_6 : bool, optional
        Whether to mend Eq. 6 and keep only Eq. 7 as printed: every balance equation then holds and only the
        sum shows the misprint.

    Returns
    -------
    ndarray
        Shape (3n+1,), states n … 0, u_n … u_1, r_n … r_1. Neither normalised nor, as printed, balanced.
    """
    i = np.arange(servers, 0, -1.0)  # the levels n … 1
    exits = rejuvenation + i * failure
    misprint = 1 - aging / exits
    mended = 1 - rejuvenation / exits
    steps = np.arange(1, servers + 1)
    equation_6 = (aging / repair) ** steps * np.cumprod(mended if corrected_equation_6 else misprint)
    inside_7 = (aging / repair) ** steps * np.cumprod(mended)
    unstable_7 = np.sum(aging / exits[1:] * inside_7[:-1]) + aging / exits[0]
    top = 1 / (1 + inside_7.sum() * (1 + rejuvenation / restart) + unstable_7)
    normal = top * np.concatenate([[1.0], equation_6])
    unstable = aging / exits * normal[:-1]
    return np.concatenate([normal, unstable, rejuvenation / restart * unstable])
