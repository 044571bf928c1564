"""The chunks of a sweep: made, run, kept, and put together."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.memory import require_memory
from rejuvmodel.optional_packages import optional_package
from rejuvmodel.sweeping.blocks import Grid
from rejuvmodel.sweeping.identity import identity
from rejuvmodel.sweeping.jobs import METHODS, Job, Result, Setting
from rejuvmodel.sweeping.kept_chunks import KeptChunks
from rejuvmodel.sweeping.workers import run_all

if TYPE_CHECKING:
    from numpy.typing import NDArray


def collected(
    setting: Setting, grid: Grid, size: int, workers: Any, keep: Any, progress: bool
) -> tuple[dict[str, NDArray[Any]], set[str]]:
    """Return the values of all variables at all points.

    Parameters
    ----------
    setting : Setting
        What is done at every point.
    grid : Grid
        The points.
    size : int
        Points of a chunk.
    workers : None, int, executor or callable
        Who runs the chunks.
    keep : str, path or None
        File of finished chunks.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    tuple of dict and set
        Arrays by variable, one entry for each point in the order of the grid; and the methods used.

    Raises
    ------
    RejuvmodelError, OSError
        If a point cannot be solved, or a chunk not be kept.
    """
    require_memory(
        f"The results of a sweep of {grid.size} points", 8.0 * grid.size * len(setting.variables),
        "Take fewer points or measures.",
    )  # fmt: skip
    chunks = grid.chunks(size)
    ends = np.cumsum([points for *_, points in chunks])
    values: dict[str, NDArray[Any]] = {
        name: np.empty(grid.size, kind) for name, kind in setting.variables.items()
    }
    methods: set[str] = set()
    done: set[int] = set()
    with ExitStack() as stack:
        bar = None
        if progress:
            tqdm = optional_package("tqdm", "data").tqdm
            bar = stack.enter_context(tqdm(total=grid.size, unit=" points", unit_scale=True))
        file = None
        if keep is not None:
            file = stack.enter_context(closing(KeptChunks(keep, identity(setting, grid, size))))

        def place(number: int) -> Result:
            part = slice(int(ends[number]) - chunks[number][2], int(ends[number]))
            return {name: array[part] for name, array in values.items()}

        def take(number: int, result: Result) -> None:
            if number in done:
                return
            for name, mine in place(number).items():
                if result[name].base is not values[name]:  # else it has been written there
                    mine[:] = result[name]
            methods.update(map(str, result[METHODS]))
            done.add(number)
            if bar is not None:
                bar.update(chunks[number][2])

        def finish(number: int, result: Result) -> None:
            if file is not None and number not in done:
                file.store(number, result)
            take(number, result)

        for number, result in file.load() if file is not None else ():
            take(number, result)
        left = [number for number in range(len(chunks)) if number not in done]
        jobs = (Job(number, setting, grid.whole, grid.blocks(*chunks[number][:2])) for number in left)
        try:
            run_all(jobs, workers, finish, place, in_blocks=setting.in_blocks)
        except KeyboardInterrupt as interrupt:
            if file is not None:
                kept = f"{len(file.numbers())} of {len(chunks)} chunks are kept in {file.path}"
                interrupt.add_note(f"{kept}; the same call goes on.")
            raise
    if len(done) < len(chunks):
        raise RejuvmodelError(
            f"workers: only {len(done)} of {len(chunks)} chunks came back. A function like map returns one "
            "result for each item."
        )
    return values, methods
