"""Settings that every test shares."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Plots are drawn to files; a machine without a screen must draw the same ones.
os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline: shared machines are slow now and then, which says nothing about the code.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=100,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("soak", settings.get_profile("default"), max_examples=5000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
