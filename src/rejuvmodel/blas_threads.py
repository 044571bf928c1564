"""One thread for linear algebra on many small matrices.

BLAS divides each product among all cores and waits for the slowest. Matrices of some hundreds gain little by
that on an idle machine; where cores are shared, with other processes or with the workers of a sweep, every
one of thousands of small steps waits for a core, and the whole takes ten times as long.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = Lock()
_users = 0
_before: Any = None


@cache
def _controller() -> Any:
    import scipy.linalg  # noqa: F401  # its BLAS must be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread meanwhile, and afterwards as many as before its first user came.

    The number belongs to the process in some builds of BLAS and to each thread in others, so that every user
    sets it and puts it back.
    """
    global _users, _before  # noqa: PLW0603  # what was before is known to the first user only
    with _lock:
        mine = _controller().limit(limits=1, user_api="blas")
        _before = _before if _users else mine
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            _before.restore_original_limits()
