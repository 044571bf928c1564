"""Packages that only some functions need and that an installation may lack."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rejuvmodel.errors import RejuvmodelError


class MissingPackageError(RejuvmodelError, ImportError):
    """A package that this function needs is not installed; the message says how to get it."""


def optional_package(name: str, extra: str) -> Any:
    """Return a package that is loaded on first use.

    Parameters
    ----------
    name : str
        The package or module.
    extra : str
        The extra of this distribution that brings it.

    Returns
    -------
    module
        The package.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name.partition(".")[0]:
            raise
        raise MissingPackageError(
            f"this needs the package {name}: pip install 'rejuvmodel[{extra}]'"
        ) from problem
