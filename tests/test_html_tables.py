"""What notebooks show: parameters and comparisons as small tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.html_tables import html_table

RATES = rj.Rates.from_mean_times(aging="7 d", failure="90 d", repair="2 h", restart="20 min")


def cells(html: str, name: str) -> list[str]:
    """Cells of the row of that name."""
    row = next(row for row in html.split("<tr>") if f">{name}</th>" in row)
    return [cell.split(">", 1)[1].split("</td>")[0] for cell in row.split("<td")[1:]]


def test_every_text_is_escaped() -> None:
    """Caption, heads, names and cells cannot become markup."""
    html = html_table("<a>", [("<b>", "<c>")], ("<d>",))
    assert not any(f"<{letter}>" in html for letter in "abcd")
    assert all(f"&lt;{letter}&gt;" in html for letter in "abcd")


def test_rates_show_symbol_mean_time_and_rate() -> None:
    """A row of rates has the symbol, the mean time in words and the rate per hour."""
    html = RATES._repr_html_()
    assert cells(html, "one rejuvenation (restart)") == ["μ_r", "20 min", "3/h"]
    assert cells(html, "wait after becoming unstable") == ["λ_r", "left open", "left open"]


@pytest.mark.parametrize(("rate", "wait"), [(0.0, "never"), (math.inf, "at once"), (0.5, "2 h")])
def test_waits_in_words(rate: float, wait: str) -> None:
    """The extreme rejuvenation rates are words, not a division by zero."""
    html = RATES.replace(rejuvenation=rate)._repr_html_()
    assert cells(html, "wait after becoming unstable")[1] == wait


def test_a_grid_shows_its_range() -> None:
    """An array of rates is shown by its ends and its shape."""
    html = rj.Cluster(3, RATES.replace(rejuvenation=np.array([1.0, 0.0, 0.25])))._repr_html_()
    assert "Cluster of 3 servers" in html
    assert cells(html, "wait after becoming unstable") == ["λ_r", "1 h to never", "0 to 1/h, shape (3,)"]


def test_costs_name_what_they_price() -> None:
    """A row of costs says in words what it is the cost of."""
    html = rj.Costs(failure=1000, rejuvenation=[10, 20])._repr_html_()
    assert cells(html, "hour down by failure") == ["1000"]
    assert cells(html, "hour down by rejuvenation") == ["10 to 20, shape (2,)"]


def test_agreement_shows_both_values() -> None:
    """A comparison shows its difference, its place and the value of each method there."""
    found = rj.agreement(rj.Cluster(2, RATES.replace(rejuvenation=0.1)))
    html = found._repr_html_()
    assert cells(html, "where") == [found.where]
    assert [cells(html, f"p by {method}")[0] for method in found.methods] == [
        repr(found.first), repr(found.second),
    ]  # fmt: skip
