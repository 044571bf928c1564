"""The pictures of the command line: what may be drawn, and the bytes of the file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.markov.chain import MarkovChain
    from rejuvmodel.steady_state import SteadyState

#: Formats of a picture, by the ending of the file.
PICTURES = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
#: Formats of a diagram, by the ending of the file.
DIAGRAMS = PICTURES | {
    ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".prism": "prism",
}  # fmt: skip


def picture_kind(output: str, kinds: Mapping[str, str] = PICTURES) -> str:
    """Return the format that the name of an output asks for.

    Parameters
    ----------
    output : str
        Name of the file.
    kinds : mapping of str to str
        Formats by ending.

    Returns
    -------
    str
        The format.

    Raises
    ------
    InvalidInputError
        If the ending is none of them.
    """
    ending = os.path.splitext(output)[1].lower()
    if ending not in kinds:
        found = f'the ending "{ending}"' if ending else "a name without an ending"
        raise InvalidInputError(
            f"output {output}", found, f"the ending tells the format: {', '.join(kinds)}",
            "Write, for example, -o picture.png.",
        )  # fmt: skip
    return kinds[ending]


def diagram_format(form: str | None, output: str | None) -> str:
    """Return the format of a diagram from what was asked for.

    Parameters
    ----------
    form : str or None
        The format by name.
    output : str or None
        The file, if it is not to be printed.

    Returns
    -------
    str
        The format; Mermaid where nothing is said.

    Raises
    ------
    InvalidInputError
        If there is no such format, a picture would have to be printed, or the output's name says another.
    """
    if form is None:
        return "mermaid" if output is None else picture_kind(output, DIAGRAMS)
    names = list(dict.fromkeys(DIAGRAMS.values()))
    if form not in names:
        raise InvalidInputError("--format", f'"{form}"', f"the formats are {', '.join(names)}", "Choose one.")
    if output is None and form in PICTURES.values():
        raise InvalidInputError(
            "--format", f'"{form}" without an output', "a picture is written to a file",
            f"Add -o and a name, for example -o diagram.{form}.",
        )  # fmt: skip
    named = None if output is None else DIAGRAMS.get(os.path.splitext(output)[1].lower())
    if named not in (None, form):
        raise InvalidInputError(
            "--format", f'"{form}" for {output}', f"the name of the output says {named}",
            "Leave --format out, or give the output another name.",
        )  # fmt: skip
    return form


def rate_picture(decided: Decided, state: SteadyState, kind: str) -> bytes:
    """Return the objective against rate or mean delay, beside the probabilities of a cluster with few states.

    Parameters
    ----------
    decided : Decided
        The cluster or pool of a file.
    state : SteadyState
        Its steady state.
    kind : str
        Format of the picture.

    Returns
    -------
    bytes
        The file.
    """
    from matplotlib.figure import Figure

    from rejuvmodel.plotting import MOST_BARS, plot_period, plot_probabilities, plot_rate

    file, is_pool = decided.file, isinstance(decided.cluster, Pool)
    bars = not is_pool and len(state.solution.labels) <= MOST_BARS
    figure = Figure(figsize=(13.0 if bars else 7.5, 6.0), layout="constrained")
    left, *right = figure.subplots(1, 1 + bars, squeeze=False)[0]
    asked = {"costs": file.costs, "bounds": file.bounds, "best": decided.optimum, "ax": left}
    if isinstance(decided.cluster, Pool) or decided.cluster.trigger is None:
        plot_rate(decided.cluster, **asked)
    else:
        plot_period(decided.cluster, **asked)
    if bars:
        plot_probabilities(state, ax=right[0])
    return _bytes(figure, kind)


def diagram_files(decided: Decided, kind: str, output: str) -> dict[str, bytes]:
    """Return the files of a diagram, the one that was asked for first.

    Parameters
    ----------
    decided : Decided
        The cluster of a file.
    kind : str
        Any of the formats of `DIAGRAMS`.
    output : str
        Name of the file.

    Returns
    -------
    dict of str to bytes
        Contents by name; the properties of a PRISM model stand in a second file.
    """
    if kind == "prism":
        from rejuvmodel.markov.prism_text import properties_name
        from rejuvmodel.prism import to_prism

        text = to_prism(decided.cluster, decided.file.costs)
        return {output: text.model.encode(), properties_name(output): text.properties.encode()}
    return {output: diagram_picture(decided.cluster.chain(), kind)}


def diagram_picture(chain: MarkovChain, kind: str) -> bytes:
    """Return the state diagram.

    Parameters
    ----------
    chain : MarkovChain
        The chain.
    kind : str
        Any of the formats of `DIAGRAMS` but PRISM.

    Returns
    -------
    bytes
        The file; UTF-8 for text.
    """
    if kind in ("mermaid", "dot"):
        from rejuvmodel.markov.export import dot, mermaid

        return (mermaid(chain) if kind == "mermaid" else dot(chain)).encode()
    import matplotlib as mpl

    if "matplotlib.pyplot" not in sys.modules:
        mpl.use("agg")  # files need no screen
    from matplotlib import pyplot as plt

    from rejuvmodel.plotting import plot_diagram

    axes = plot_diagram(chain)  # on a figure of its own, whose size fits the chain
    try:
        return _bytes(axes.get_figure(root=True), kind)
    finally:
        plt.close(axes.get_figure(root=True))


def _bytes(figure: Figure | None, kind: str) -> bytes:
    from matplotlib import rc_context

    assert figure is not None  # the axes have just been made on one
    buffer = BytesIO()
    # The same model gives the same bytes: no date, no random names.
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with rc_context({"svg.hashsalt": "rejuvmodel"}):
        figure.savefig(buffer, format=kind, dpi=150, metadata=dates)
    return buffer.getvalue()
