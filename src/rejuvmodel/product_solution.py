"""The steady state of an unrestricted pool by its product form: a recipe that makes states on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.memory import require_memory
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.product_form import ProductForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ProductSolution:
    """Evaluates the product form of a pool when a measure is asked for.

    Attributes
    ----------
    pool : Pool
        An unrestricted pool.
    reason : str
        Why this way was chosen.
    """

    pool: Pool
    reason: str
    method = "product form"
    residual = None
    sweeps, contraction = 0, 0.0

    @cached_property
    def form(self) -> ProductForm:
        """The product form."""
        pool, rates = self.pool, self.pool.rates
        return ProductForm(
            pool.total, pool.crews, float(rates.aging), float(rates.failure), pool.require_rejuvenation(),
            float(rates.repair), float(rates.restart),
        )  # fmt: skip

    @property
    def labels(self) -> Sequence[Any]:
        """States (h, a, r, f), made on demand."""
        return self.pool.labels

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape ``()``."""
        return ()

    @property
    def log_up_counts(self) -> Floats:
        """Logarithms of the probabilities of 0 … N servers up."""
        return self.form.log_up

    @property
    def log_all_failed(self) -> float:
        """Logarithm of the probability that all servers have failed."""
        return self.form.log_all_failed

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """One of the masses of ``measures.PRICED`` or "unavailability"."""
        form, required = self.form, self.pool.needed
        if name in ("unavailability", "planned", "unplanned"):
            found = getattr(form, f"log_{name}")(required)
        elif name == "served":
            found = np.log(form.capacity_availability(self.pool.primaries))
        elif name in ("degraded", "rejuvenating"):
            found = form.log_means["unstable" if name == "degraded" else name]
        elif name == "rejuvenations":
            found = form.log_means["rejuvenating"] + np.log(float(self.pool.rates.restart))
        else:
            raise InvalidInputError("name", name, "a pool has no mass of that name")
        found = np.asarray(found)
        return found if logarithm else np.exp(found)

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Several masses."""
        return {name: self.mass(name, logarithm=logarithm) for name in names}

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities of all states and their logarithms."""
        states = self.pool.labels
        require_memory(f"All {states.size} state probabilities", 250.0 * states.size, "Use the measures.")
        _, a, r, f = states.rows.T
        logs = self.form.log_probability(a, r, f)
        return np.exp(logs), logs
