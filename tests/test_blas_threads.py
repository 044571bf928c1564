"""One BLAS thread for small matrices: set meanwhile, and never left behind."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import ThreadpoolController

import rejuvmodel as rj
from rejuvmodel.blas_threads import one_blas_thread
from rejuvmodel.markov import level_reduction


@pytest.fixture
def controller() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


def threads(controller: ThreadpoolController) -> set[int]:
    return {library["num_threads"] for library in controller.info() if library["user_api"] == "blas"}


def test_one_inside_and_as_before_afterwards(controller: ThreadpoolController) -> None:
    """Inside BLAS has one thread, afterwards as many as before, also after an error."""
    with controller.limit(limits=2, user_api="blas"):
        before = threads(controller)
        with one_blas_thread():
            assert threads(controller) == {1}
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 / 0
        assert threads(controller) == before


@pytest.mark.parametrize("first", ["the other", "this one"])
def test_users_that_overlap_restore(first: str, controller: ThreadpoolController) -> None:
    """Two threads that overlap leave the number as it was, whichever leaves first."""
    with controller.limit(limits=2, user_api="blas"):
        before = threads(controller)
        inside, leave = threading.Event(), threading.Event()

        def use() -> None:
            with one_blas_thread():
                inside.set()
                leave.wait(60)

        other = threading.Thread(target=use)
        with one_blas_thread():
            other.start()
            assert inside.wait(60)
            assert threads(controller) == {1}
            if first == "the other":
                leave.set()
                other.join()
        leave.set()
        other.join()
        assert threads(controller) == before


def test_levels_are_eliminated_on_one_thread(
    controller: ThreadpoolController, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While levels are eliminated BLAS has one thread."""
    seen = []
    inverse = level_reduction._inverse

    def watched(*args: object) -> object:
        seen.append(threads(controller))
        return inverse(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(level_reduction, "_inverse", watched)
    rates = rj.Rates(aging=0.1, failure=0.01, repair=1, restart=6, rejuvenation=1)
    with controller.limit(limits=2, user_api="blas"):
        rj.solve(rj.Pool(primaries=4, rates=rates, slots=1), rj.LevelReduction())
    assert seen
    assert set().union(*seen) == {1}
