"""The explorer notebook: sliders where a reader is, and figures and tables everywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from document_blocks import ROOT
from jupyter_client.manager import start_new_kernel

import rejuvmodel as rj

NOTEBOOK = nbformat.read(ROOT / "notebooks" / "05_explorer.ipynb", as_version=4)
CODE = [cell.source for cell in NOTEBOOK.cells if cell.cell_type == "code"]
#: The cell that shows the sliders, or what stands in their place.
SHOW = next(k for k, source in enumerate(CODE) if "display(explorer())" in source)
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the cells before the sliders define."""
    namespace: dict[str, Any] = {}
    for source in CODE[:SHOW]:
        exec(source, namespace)
    return namespace


def test_the_notebook_as_it_is_kept_needs_no_sliders() -> None:
    """Its outputs are a table, figures and words that any page shows, and no widget that none can run."""
    outputs = [output for cell in NOTEBOOK.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/png", "text/markdown"} <= kinds
    assert VIEW not in kinds
    assert "widgets" not in NOTEBOOK.metadata


def test_the_table_holds_what_the_library_finds(names: dict[str, Any]) -> None:
    """The table has the best wait, availability, downtime and cost that `optimize` and `solve` give."""
    rates = rj.Rates.from_mean_times(aging="7 d", failure="90 d", repair="1 h", restart="20 min")
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    best = rj.optimize(rj.Cluster(3, rates), costs, bounds=(0, 10))
    weekly = rj.solve(rj.Cluster(3, rates.replace(rejuvenation=1 / 168)))
    shown = names["table"](names["START"] | {"servers": 3, "repair": "1 h", "wait": "7 d"})
    assert f"{best.without * 8760:,.2f} EUR" in shown
    assert f"{weekly.cost(costs, 8760):,.2f} EUR" in shown
    assert f"{weekly.nines:.2f} nines" in shown
    assert best.reason in shown


def test_every_slider_changes_the_table(names: dict[str, Any]) -> None:
    """From the start every stop of every slider is answered, and the last one with another table."""
    table, start = names["table"], names["START"]
    for name, (_, stops, _) in names["SLIDERS"].items():
        shown = [table(start | {name: stop}) for stop in stops]
        assert all("mean wait once unstable" in one for one in shown)
        assert shown[-1] != shown[0]


@pytest.mark.soak
def test_every_combination_of_ends_has_an_answer(names: dict[str, Any]) -> None:
    """Whatever ends the sliders stand at, table and figures can be made."""
    ends = {name: (stops[0], stops[-1]) for name, (_, stops, _) in names["SLIDERS"].items()}
    for bits in range(2 ** len(ends)):
        values = {name: pair[bits >> k & 1] for k, (name, pair) in enumerate(ends.items())}
        assert "at the best wait" in names["table"](values)
        if bits % 7 == 0:
            assert names["picture"](values).startswith(b"\x89PNG")


class Kernel:
    """A running kernel, spoken to as a front end does."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(ROOT / "notebooks"))

    def run(self, source: str, *, reader: bool) -> list[dict[str, Any]]:
        """Messages of one cell, until the kernel is idle again."""
        return self.answers(self.client.execute(source, allow_stdin=reader))

    def move(self, widget: str, state: dict[str, Any]) -> list[dict[str, Any]]:
        """What the kernel says when a reader has moved a slider."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": widget, "data": data})
        self.client.shell_channel.send(message)
        return self.answers(message["header"]["msg_id"])

    def answers(self, parent: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != parent:
                continue
            assert message["msg_type"] != "error", "\n".join(message["content"]["traceback"])
            if message["content"].get("execution_state") == "idle":
                return found
            found.append(message)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    running = Kernel()
    for source in CODE[:SHOW]:
        running.run(source, reader=True)
    yield running
    running.stop()


def shown(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What was displayed, by kind."""
    found: dict[str, Any] = {}
    for message in messages:
        if message["msg_type"] == "display_data":
            found |= message["content"]["data"]
    return found


def sent(messages: list[dict[str, Any]]) -> dict[str, tuple[str, bytes]]:
    """Last text and picture sent to each widget."""
    found = {}
    for message in messages:
        if message["msg_type"] == "comm_msg":
            text = message["content"]["data"]["state"].get("value", "")
            found[message["content"]["comm_id"]] = text, b"".join(map(bytes, message["buffers"]))
    return found


def test_figures_follow_the_sliders(kernel: Kernel) -> None:
    """In a front end there are sliders, and moving one sends another table and another picture."""
    messages = kernel.run(CODE[SHOW], reader=True)
    assert VIEW in shown(messages)
    assert "image/png" not in shown(messages)
    opened = {
        message["content"]["comm_id"]: message["content"]["data"]["state"]
        for message in messages
        if message["msg_type"] == "comm_open"
    }
    by_kind = {state["_model_name"]: key for key, state in opened.items()}
    by_text = {state["description"]: key for key, state in opened.items() if state.get("description")}
    table, picture = by_kind["HTMLModel"], by_kind["ImageModel"]
    assert ">14.02 d<" in sent(messages)[table][0]
    pictures = []
    for slider, expected in (("a restart takes", "1.09 d"), ("servers", "6 min")):  # each to its first stop
        updates = sent(kernel.move(by_text[slider], {"index": 0}))
        assert f">{expected}<" in updates[table][0]
        pictures.append(updates[picture][1])
    assert all(one.startswith(b"\x89PNG") for one in pictures)
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("installed", [True, False])
def test_without_sliders_there_are_figure_and_table(kernel: Kernel, installed: bool) -> None:
    """Where nobody moves sliders, or ipywidgets is missing, there are figure, table and a way to sliders."""
    if not installed:
        kernel.run(
            "import sys; kept = sys.modules.pop('ipywidgets'); sys.modules['ipywidgets'] = None", reader=True
        )
    kernel.run(CODE[0], reader=True)
    found = shown(kernel.run(CODE[SHOW], reader=not installed))
    if not installed:
        kernel.run("sys.modules['ipywidgets'] = kept", reader=True)
        kernel.run(CODE[0], reader=True)
    assert VIEW not in found
    assert found["image/png"]
    assert re.search(r"at the best wait.*14\.02 d", found["text/html"], re.S)
    assert "pip install 'rejuvmodel[notebook]'" in found["text/markdown"]
