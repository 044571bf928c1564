"""rejuvmodel: when software rejuvenation pays, and how much.

The public names; each is loaded on first use, so that importing the library costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile as ClusterFile
    from rejuvmodel.cluster_file import read_cluster_file as read_cluster_file
    from rejuvmodel.cross_check import Agreement as Agreement
    from rejuvmodel.cross_check import agreement as agreement
    from rejuvmodel.derivatives import sensitivity as sensitivity
    from rejuvmodel.errors import AgreementError as AgreementError
    from rejuvmodel.errors import ConvergenceError as ConvergenceError
    from rejuvmodel.errors import InvalidInputError as InvalidInputError
    from rejuvmodel.errors import RejuvmodelError as RejuvmodelError
    from rejuvmodel.errors import SizeError as SizeError
    from rejuvmodel.estimation.estimating import estimate as estimate
    from rejuvmodel.estimation.event_log import EventLog as EventLog
    from rejuvmodel.estimation.log_reading import read_event_log as read_event_log
    from rejuvmodel.estimation.rate_estimate import RateEstimate as RateEstimate
    from rejuvmodel.estimation.rate_estimates import RateEstimates as RateEstimates
    from rejuvmodel.estimation.sojourn_fit import SojournFit as SojournFit
    from rejuvmodel.estimation.sojourn_fit import WeibullFit as WeibullFit
    from rejuvmodel.estimation.sojourns import Sojourns as Sojourns
    from rejuvmodel.estimation.sojourns import sojourns as sojourns
    from rejuvmodel.influences import Influence as Influence
    from rejuvmodel.markov.chain import MarkovChain as MarkovChain
    from rejuvmodel.markov.direct import Direct as Direct
    from rejuvmodel.markov.elimination import GTH as GTH
    from rejuvmodel.markov.level_solvers import LevelAggregation as LevelAggregation
    from rejuvmodel.markov.level_solvers import LevelReduction as LevelReduction
    from rejuvmodel.markov.prism_text import PrismText as PrismText
    from rejuvmodel.mission import interval_availability as interval_availability
    from rejuvmodel.mission import interval_reliability as interval_reliability
    from rejuvmodel.mission import interval_unavailability as interval_unavailability
    from rejuvmodel.mission import interval_unreliability as interval_unreliability
    from rejuvmodel.mission import mean_time_to_outage as mean_time_to_outage
    from rejuvmodel.mission import transient as transient
    from rejuvmodel.mission_result import Transient as Transient
    from rejuvmodel.models.cluster import Cluster as Cluster
    from rejuvmodel.models.laws import Erlang as Erlang
    from rejuvmodel.models.laws import Exponential as Exponential
    from rejuvmodel.models.laws import Fixed as Fixed
    from rejuvmodel.models.laws import Uniform as Uniform
    from rejuvmodel.models.mean_field import MeanField as MeanField
    from rejuvmodel.models.mean_field import mean_field as mean_field
    from rejuvmodel.models.mixed_laws import Empirical as Empirical
    from rejuvmodel.models.mixed_laws import Hyperexponential as Hyperexponential
    from rejuvmodel.models.pool import Pool as Pool
    from rejuvmodel.models.reactive import Reactive as Reactive
    from rejuvmodel.models.trigger import Trigger as Trigger
    from rejuvmodel.optimum import optimize as optimize
    from rejuvmodel.optimum_result import Optimum as Optimum
    from rejuvmodel.parameter_ranges import range_effects as range_effects
    from rejuvmodel.parameters import Costs as Costs
    from rejuvmodel.parameters import ParameterWarning as ParameterWarning
    from rejuvmodel.parameters import Rates as Rates
    from rejuvmodel.policy import RejuvenationPolicy as RejuvenationPolicy
    from rejuvmodel.pool_alternative import PoolAlternative as PoolAlternative
    from rejuvmodel.pool_alternative import Prices as Prices
    from rejuvmodel.pool_choice import choose_pool as choose_pool
    from rejuvmodel.pool_choice_result import PoolChoice as PoolChoice
    from rejuvmodel.pool_state import PoolState as PoolState
    from rejuvmodel.prism import to_prism as to_prism
    from rejuvmodel.propagation.averages import Average as Average
    from rejuvmodel.propagation.expected_optimum import ExpectedOptimum as ExpectedOptimum
    from rejuvmodel.propagation.indices import SobolIndices as SobolIndices
    from rejuvmodel.propagation.propagating import uncertainty as uncertainty
    from rejuvmodel.propagation.spreads import Spread as Spread
    from rejuvmodel.propagation.uncertainty_result import Uncertainty as Uncertainty
    from rejuvmodel.range_result import RangeEffect as RangeEffect
    from rejuvmodel.range_result import RangeEffects as RangeEffects
    from rejuvmodel.reporting.report_result import Report as Report
    from rejuvmodel.reporting.writing import report as report
    from rejuvmodel.sensitivity_result import Sensitivity as Sensitivity
    from rejuvmodel.simulation.estimate import Estimate as Estimate
    from rejuvmodel.simulation.event_logs import event_log as event_log
    from rejuvmodel.simulation.result import Simulation as Simulation
    from rejuvmodel.simulation.simulating import simulate as simulate
    from rejuvmodel.solving import ClosedForm as ClosedForm
    from rejuvmodel.solving import solve as solve
    from rejuvmodel.steady_state import SteadyState as SteadyState
    from rejuvmodel.sweeping.sweeps import sweep as sweep

    __version__: str

_HOMES = {
    "Agreement": "cross_check",
    "AgreementError": "errors",
    "Average": "propagation.averages",
    "ClosedForm": "solving",
    "Cluster": "models.cluster",
    "ClusterFile": "cluster_file",
    "ConvergenceError": "errors",
    "Costs": "parameters",
    "Direct": "markov.direct",
    "Empirical": "models.mixed_laws",
    "Erlang": "models.laws",
    "Estimate": "simulation.estimate",
    "EventLog": "estimation.event_log",
    "ExpectedOptimum": "propagation.expected_optimum",
    "Exponential": "models.laws",
    "Fixed": "models.laws",
    "GTH": "markov.elimination",
    "Hyperexponential": "models.mixed_laws",
    "Influence": "influences",
    "InvalidInputError": "errors",
    "LevelAggregation": "markov.level_solvers",
    "LevelReduction": "markov.level_solvers",
    "MarkovChain": "markov.chain",
    "MeanField": "models.mean_field",
    "Optimum": "optimum_result",
    "ParameterWarning": "parameters",
    "Pool": "models.pool",
    "PoolAlternative": "pool_alternative",
    "PoolChoice": "pool_choice_result",
    "PoolState": "pool_state",
    "PrismText": "markov.prism_text",
    "Prices": "pool_alternative",
    "RateEstimate": "estimation.rate_estimate",
    "RateEstimates": "estimation.rate_estimates",
    "RangeEffect": "range_result",
    "RangeEffects": "range_result",
    "Rates": "parameters",
    "Reactive": "models.reactive",
    "RejuvenationPolicy": "policy",
    "RejuvmodelError": "errors",
    "Report": "reporting.report_result",
    "Sensitivity": "sensitivity_result",
    "Simulation": "simulation.result",
    "SizeError": "errors",
    "SojournFit": "estimation.sojourn_fit",
    "Sojourns": "estimation.sojourns",
    "SobolIndices": "propagation.indices",
    "Spread": "propagation.spreads",
    "SteadyState": "steady_state",
    "Transient": "mission_result",
    "Trigger": "models.trigger",
    "Uncertainty": "propagation.uncertainty_result",
    "Uniform": "models.laws",
    "WeibullFit": "estimation.sojourn_fit",
    "agreement": "cross_check",
    "choose_pool": "pool_choice",
    "estimate": "estimation.estimating",
    "event_log": "simulation.event_logs",
    "interval_availability": "mission",
    "interval_reliability": "mission",
    "interval_unavailability": "mission",
    "interval_unreliability": "mission",
    "mean_field": "models.mean_field",
    "mean_time_to_outage": "mission",
    "optimize": "optimum",
    "range_effects": "parameter_ranges",
    "read_cluster_file": "cluster_file",
    "read_event_log": "estimation.log_reading",
    "report": "reporting.writing",
    "sensitivity": "derivatives",
    "simulate": "simulation.simulating",
    "sojourns": "estimation.sojourns",
    "solve": "solving",
    "sweep": "sweeping.sweeps",
    "to_prism": "prism",
    "transient": "mission",
    "uncertainty": "propagation.propagating",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("rejuvmodel")
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(f"rejuvmodel.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'rejuvmodel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
