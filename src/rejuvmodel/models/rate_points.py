"""Blocks of rates: what the two evaluations of the closed form share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Rates outside this range go the long way, where nothing overflows.
_PLAIN = (1e-35, 1e35)


class Point(NamedTuple):
    """The five rates [1/h] of a block of points, each of shape (points,) or (1,)."""

    aging: Floats
    failure: Floats
    rejuvenation: Floats
    repair: Floats
    restart: Floats


def is_plain(point: Point) -> bool:
    """Whether all rates of a block are in the range where no intermediate result is lost."""
    low, high = _PLAIN
    for rate in (point.aging, point.failure, point.repair, point.restart):
        if not (rate.min() >= low and rate.max() <= high):
            return False
    least, most = point.rejuvenation.min(), point.rejuvenation.max()
    return bool(
        most <= high and (least >= low or not np.any((point.rejuvenation < low) & (point.rejuvenation > 0)))
    )
