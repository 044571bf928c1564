"""Labels of the n-server chain, made on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


class ClusterLabels(Sequence[str]):
    """Labels n … 0, un … u1, rn … r1, made on demand."""

    def __init__(self, servers: int) -> None:
        self.servers = servers

    def __len__(self) -> int:
        return 3 * self.servers + 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        n, k = self.servers, range(len(self))[place]
        if k <= n:
            return str(n - k)
        return f"u{2 * n + 1 - k}" if k <= 2 * n else f"r{3 * n + 1 - k}"

    def index(self, label: object, start: int = 0, stop: int | None = None) -> int:
        """Place of a label; ValueError if there is none."""
        n, text = self.servers, label if isinstance(label, str) else ""
        kind, level = (text[0], text[1:]) if text[:1] in ("u", "r") else ("", text)
        if not (level.isascii() and level.isdigit()) or str(int(level)) != level:
            raise ValueError(label)
        i = int(level)
        place = {"": n - i, "u": 2 * n + 1 - i, "r": 3 * n + 1 - i}[kind]
        if i > n or (kind and i == 0) or not start <= place < (len(self) if stop is None else stop):
            raise ValueError(label)
        return place

    def kinds_and_levels(self, places: Integers) -> tuple[Integers, Integers]:
        """Kind (0 normal or all failed, 1 unstable, 2 rejuvenating) and level i of states."""
        n = self.servers
        kind = (places > n).astype(np.int64) + (places > 2 * n)
        return kind, (kind + 1) * n + (kind > 0) - places
