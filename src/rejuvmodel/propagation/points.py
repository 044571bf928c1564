"""Points of quasi-Monte Carlo: Sobol' sequences, scrambled several times independently.

Within one scrambling the points fill the unit cube evenly, so that averages of smooth functions converge
nearly as 1/points instead of 1/√points. Each scrambling by itself gives an unbiased average, and how far the
averages of independent scramblings lie apart is the error of their mean (Owen 1997).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Independent scramblings of every sample.
SCRAMBLINGS = 8
#: Nearest to 0 and to 1 that a share may come.
_LEAST, _MOST = 2.0**-53, 1 - 2.0**-53


def scrambled(dimensions: int, points: int, seed: np.random.SeedSequence) -> Floats:
    """Return points of the unit cube.

    Parameters
    ----------
    dimensions : int
        Dimensions d of the cube.
    points : int
        Points N of each scrambling, a power of 2.
    seed : SeedSequence
        Gives the same points again.

    Returns
    -------
    ndarray
        Shape (scramblings, N, d), every coordinate strictly between 0 and 1.
    """
    from scipy.stats import qmc

    power = points.bit_length() - 1
    sets = [
        qmc.Sobol(dimensions, scramble=True, bits=64, seed=np.random.default_rng(child)).random_base2(power)
        for child in seed.spawn(SCRAMBLINGS)
    ]
    return np.asarray(np.clip(np.stack(sets), _LEAST, _MOST))


def strata(count: int, seed: np.random.SeedSequence) -> Floats:
    """Return numbers between 0 and 1 in equal steps, shifted at random for each scrambling.

    Parameters
    ----------
    count : int
        Numbers of each scrambling.
    seed : SeedSequence
        Gives the same numbers again.

    Returns
    -------
    ndarray
        Shape (scramblings, count).
    """
    shift = np.random.default_rng(seed).random((SCRAMBLINGS, 1))
    return np.asarray(np.clip((np.arange(count) + shift) / count, _LEAST, _MOST))
