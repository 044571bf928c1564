"""How much memory is left, and the refusal of what would not fit."""

from __future__ import annotations

import os
import sys

from rejuvmodel.durations import shown
from rejuvmodel.errors import SizeError


def available_bytes() -> float:
    """Memory that a new array can use without swapping [bytes]; infinite where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return float(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux: ask POSIX below
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * float(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")


def require_memory(what: str, needed: float, advice: str) -> None:
    """Raise SizeError with the estimate if ``needed`` bytes are not available."""
    # Below 64 MB asking the system costs more than it could tell.
    if needed < 64e6:
        return
    left = available_bytes()
    if needed > left:
        raise SizeError(f"{what} would need about {size(needed)}; {size(left)} are available. {advice}")


def require_countable(servers: int, states: int) -> None:
    """Raise SizeError if a model of so many servers has more states than an array can have places."""
    if states > sys.maxsize:
        raise SizeError(
            f"servers: got {shown(servers)}; the states of so many servers cannot be numbered. "
            "Use fewer servers."
        )


def size(number: float) -> str:
    """Bytes as words: ``"3.2 GB"``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB", "EB"):
        if number < 999.5:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number * 1e21:.0e} bytes"
