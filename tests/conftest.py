"""Settings that every test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from rejuvmodel.models import compiled_horner

# Plots are drawn to files; a machine without a screen must draw the same ones.
os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline: shared machines are slow now and then, which says nothing about the code.
settings.register_profile(
    "default", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
# The gate draws the same examples each time: whether a commit passes is a fact about the commit.
settings.register_profile("gate", settings.get_profile("default"), derandomize=True)
settings.register_profile("explore", settings.get_profile("default"), max_examples=1000)
settings.register_profile("soak", settings.get_profile("default"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="module")
def arrays_alone() -> Iterator[None]:
    """Evaluate the closed form without its compiled scheme, as an installation without a compiler does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_horner, "library", lambda: None)
        yield


@pytest.fixture(scope="module", params=["compiled", "arrays"])
def both_schemes(request: pytest.FixtureRequest) -> None:
    """Run the tests of a module with the compiled scheme, if there is one, and without."""
    if request.param == "arrays":
        request.getfixturevalue("arrays_alone")
    elif compiled_horner.library() is None:
        pytest.skip("this installation found no C compiler")
