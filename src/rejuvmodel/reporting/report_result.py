"""Report: one page on one cluster file."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from rejuvmodel.optimum_result import Optimum
from rejuvmodel.reporting.blocks import Section
from rejuvmodel.reporting.html_page import html_page
from rejuvmodel.text_files import file_name, write_text

if TYPE_CHECKING:
    from rejuvmodel.cross_check import Agreement
    from rejuvmodel.propagation.uncertainty_result import Uncertainty


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """A report on one cluster file, to be handed on.

    Attributes
    ----------
    title : str
        Its title.
    path : str
        The cluster file, as it was named.
    date : datetime.date
        Its date.
    version : str
        Version of rejuvmodel.
    decision : str
        What to do, in a sentence.
    key_figures : tuple of (str, str, str)
        Name, value and a note.
    sections : tuple of Section
        What follows: tables, pictures and sentences.
    best : Optimum
        The best wait.
    agreement : Agreement or None
        Comparison of the two roads; None where there is but one.
    uncertainty : Uncertainty or None
        What follows while rates are uncertain; None where all are certain.
    """

    title: str
    path: str
    date: dt.date
    version: str
    decision: str
    key_figures: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    best: Optimum
    agreement: Agreement | None
    uncertainty: Uncertainty | None

    @property
    def about(self) -> str:
        """File, date and version, in a line."""
        day = f"{self.date.day} {self.date:%B %Y}"
        return f"Cluster file {self.path} · {day} · rejuvmodel {self.version}"

    @property
    def colophon(self) -> str:
        """How the report can be made again."""
        return (
            f"Made by rejuvmodel {self.version} from {self.path}. Rates are per hour; numbers are rounded to "
            "be read. The command rejuvmodel report FILE makes this page again, --json gives all digits."
        )

    @cached_property
    def html(self) -> str:
        """The page: one HTML file with its style and its pictures inside, which fetches nothing."""
        return html_page(
            self.title,
            self.about,
            self.decision,
            self.key_figures,
            self.sections,
            self.colophon,
            self.version,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file; replaced if it exists.

        Raises
        ------
        InvalidInputError
            If it cannot be written there.
        OSError
            If the disk is full or fails; an old file is as it was.
        """
        write_text(file_name(path, "report.html"), self.html)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the pictures as plain values.

        Returns
        -------
        dict
            One entry per attribute; ``best``, ``agreement`` and ``uncertainty`` as their own ``to_dict``.
        """
        return {
            "title": self.title, "path": self.path, "date": self.date.isoformat(), "version": self.version,
            "decision": self.decision,
            "key_figures": [{"name": k, "value": v, "note": note} for k, v, note in self.key_figures],
            "sections": [one.to_dict() for one in self.sections], "best": self.best.to_dict(),
            "agreement": None if self.agreement is None else self.agreement.to_dict(),
            "uncertainty": None if self.uncertainty is None else self.uncertainty.to_dict(),
        }  # fmt: skip

    def __repr__(self) -> str:
        names = ", ".join(one.title for one in self.sections)
        return f"Report: {self.title}\n  {self.decision}\n  {names}"

    def _repr_html_(self) -> str:
        # In a frame, so that its style and the notebook's leave each other alone.
        look = "width:100%; height:40rem; border:1px solid #888"
        return f'<iframe title="{escape(self.title)}" style="{look}" srcdoc="{escape(self.html)}"></iframe>'
