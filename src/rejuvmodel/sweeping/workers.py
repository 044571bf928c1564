"""Who runs the chunks of a sweep: this thread, workers of its own, an executor, or anything like ``map``.

A number of workers means threads where whole blocks go through the closed form, which releases the
interpreter while it works in C, and processes where points are solved one by one, which would hold it. There
is no engine here: `concurrent.futures` has two, and Dask, MPI and others offer executors like them.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

from rejuvmodel.arrays import is_number, whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.sweeping.jobs import Result

Finish: TypeAlias = Callable[[int, Result], None]
Place: TypeAlias = Callable[[int], Result]

#: Chunks that are handed out and not yet back: enough for many machines, few enough for memory.
_OUT, _BLOCKS_OUT = 512, 32
_BROKEN = (
    "workers: a process has ended before its work (out of memory, killed, or a script that does not begin "
    'its work below if __name__ == "__main__":).'
)
_RULE = "workers are a number, an executor with submit, or a function like map"


class Work(Protocol):
    """What can be handed out: it has a number, and runs anywhere."""

    @property
    def number(self) -> int:
        """Its number."""

    def run(self, into: Result | None = None) -> Result:
        """Return its arrays; numbers may be written into those that are given."""


def run(job: Work, into: Result | None = None) -> tuple[int, Result]:
    """Return the number of a job and its result; what is handed to workers.

    Parameters
    ----------
    job : Work
        A chunk.
    into : dict of ndarray, optional
        Where to write numbers, for workers that share the memory.

    Returns
    -------
    tuple of int and dict
        Its number, and its result.
    """
    return job.number, job.run(into)


def run_all(jobs: Iterator[Work], workers: Any, finish: Finish, place: Place, *, in_blocks: bool) -> None:
    """Run jobs and hand over every result as it comes back.

    Parameters
    ----------
    jobs : iterator of Work
        The jobs, made when they are needed.
    workers : None, int, executor or callable
        Who runs them.
    finish : callable
        Takes the number of a job and its result, in any order.
    place : callable
        Gives the arrays into which the job of that number may write, in this memory.
    in_blocks : bool
        Whether they spend their time in the closed form.

    Raises
    ------
    InvalidInputError
        If the workers are none.

    Notes
    -----
    Interrupted, it hands over what has come back by then. Workers of its own are waited for, and the chunks
    they were at are handed over as well; a second interrupt gives those up.
    """
    if workers is None or (is_number(workers) and workers == 1):
        for job in jobs:
            finish(*run(job, place(job.number)))
    elif is_number(workers):
        _by_own_workers(jobs, whole_number("workers", workers, 1, _RULE), finish, place, in_blocks)
    elif callable(getattr(workers, "submit", None)):
        _by_executor(workers, ((job,) for job in jobs), finish, in_blocks, patient=False)
    elif callable(workers):
        for number, result in workers(run, jobs):
            finish(number, result)
    else:
        raise InvalidInputError("workers", shown(workers), _RULE, "Write workers=4.")


def require_workers(workers: Any) -> None:
    """Refuse what cannot run anything, before any work is done.

    Parameters
    ----------
    workers : object
        As the user gave them.

    Raises
    ------
    InvalidInputError
        If they are no workers.
    """
    runs = callable(workers) or callable(getattr(workers, "submit", None)) or is_number(workers)
    a_class = isinstance(workers, type) and hasattr(workers, "submit")  # map is a class, and fine
    if workers is not None and (not runs or a_class or isinstance(workers, bool)):
        raise InvalidInputError("workers", shown(workers), _RULE, "Write workers=4.")
    if is_number(workers):
        whole_number("workers", workers, 1, _RULE)


@contextmanager
def own_processes(workers: Any) -> Iterator[Any]:
    """Make processes for a number of workers, for many calls of `run_all`; other workers stay as they are.

    Parameters
    ----------
    workers : None, int, executor or callable
        As the user gave them.

    Yields
    ------
    None, executor or callable
        Who runs the jobs.

    Raises
    ------
    RejuvmodelError
        If a process ends before its work.
    """
    if not is_number(workers) or workers == 1:
        yield workers
        return
    try:
        with _processes(whole_number("workers", workers, 1, _RULE)) as executor:
            yield executor
    except BrokenExecutor as problem:
        raise RejuvmodelError(_BROKEN) from problem


def _processes(count: int) -> Executor:
    # Not by fork, which would copy the locks of other threads as they are.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(count, multiprocessing.get_context(method), _leave_interrupts)


def _by_own_workers(jobs: Iterator[Work], count: int, finish: Finish, place: Place, in_blocks: bool) -> None:
    tasks: Iterator[tuple[Any, ...]] = ((job,) for job in jobs)
    if in_blocks:
        tasks = ((job, place(job.number)) for job in jobs)
    try:
        with ThreadPoolExecutor(count) if in_blocks else _processes(count) as executor:
            _by_executor(executor, tasks, finish, in_blocks, patient=True)
    except BrokenExecutor as problem:
        raise RejuvmodelError(f"{_BROKEN} Chunks in a file of keep count: call again.") from problem


def _by_executor(
    executor: Executor, tasks: Iterator[tuple[Any, ...]], finish: Finish, in_blocks: bool, *, patient: bool
) -> None:
    out: set[Future[tuple[int, Result]]] = set()
    most = _BLOCKS_OUT if in_blocks else _OUT
    waiting = True
    try:
        while out or waiting:
            while waiting and len(out) < most:
                task = next(tasks, None)
                if task is None:
                    waiting = False
                    break
                out.add(executor.submit(run, *task))
            back = wait(out, return_when=FIRST_COMPLETED).done if out else set()
            for future in list(back):
                finish(*future.result())
                out.discard(future)  # not before: an interrupt in between would lose it
    except BaseException as error:
        for future in out:
            future.cancel()
        # Not where handing over has failed: a full disk does not take the next chunk either.
        if not isinstance(error, OSError):
            if patient:
                wait(out)
            for future in out:
                if future.done() and not future.cancelled() and future.exception() is None:
                    finish(*future.result())
        raise


def _leave_interrupts() -> None:
    """Let the main process alone decide what an interrupt from the keyboard means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
