"""The layers of the house: imports go downwards, the two roads do not meet, heavy packages load late."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "rejuvmodel"

#: From the ground up. A room may import rooms of its own floor and below, and cycles are forbidden.
FLOORS = (
    {"errors", "durations", "memory", "blas_threads", "html_tables", "optional_packages"},
    {"text_files", "toml_tables", "toml_keys", "toml_files"},
    {"plain_values", "plain_records", "strict_json"},
    {"policy_laws", "policy_law_tables", "policy_prediction", "policy_terms", "policy_words", "policy"},
    {
        *(f"runtime.journal.{name}" for name in (
            "journal_rows", "journal_errors", "journal_file", "base_journal", "journal",
        )),
    },
    {
        *(f"runtime.deciding.{name}" for name in (
            "states", "views", "settings", "refusals", "group_state", "transitions", "records", "events",
            "actions", "budget", "gates", "draft", "spares", "recovery", "progress", "incidents",
            "controller", "trend_statistics", "trend_window", "trend", "producer_state", "clocks",
            "cron_slots", "producer", "resuming", "snapshots", "faults", "attendance",
        )),
    },
    {
        *(f"runtime.outside.{name}" for name in (
            "failures", "names", "deadlines", "addresses", "timed_sockets", "http_exchange", "waiting",
        )),
        *(f"runtime.watching.{name}" for name in (
            "identity", "samples", "monitor", "health_monitor", "process_monitor", "collector",
            "observing", "watchdog", "known_process", "joint_monitor",
        )),
        *(f"runtime.journal.{name}" for name in (
            "base_lease", "lease", "etcd_store", "etcd_lease", "etcd_journal",
        )),
        *(f"runtime.acting.{name}" for name in (
            "commands", "duplex", "process_groups", "earlier_commands",
        )),
        *(f"runtime.balancing.{name}" for name in (
            "balancer", "in_process_balancer", "haproxy_socket", "haproxy_reloads", "haproxy_answers",
            "haproxy",
        )),
        *(f"runtime.foresight.{name}" for name in (
            "sample_records", "sample_log",
        )),
        *(f"runtime.operating.{name}" for name in (
            "metrics", "control_messages", "control_socket", "control", "control_client", "logs",
        )),
        *(f"runtime.executors.{name}" for name in (
            "executor", "dry_run", "command", "supervisor_calls", "supervisor", "process", "third_party",
        )),
    },
    {
        *(f"runtime.config.{name}" for name in (
            "connections", "values", "policy_keys", "connection_keys", "server_keys", "history_keys",
            "home_keys", "health_keys", "fault_keys", "lease_keys", "trend_keys", "runtime_file",
        )),
    },
    {
        *(f"runtime.journal.{name}" for name in (
            "leasing", "journal_copy", "journal_reading",
        )),
        *(f"runtime.foresight.{name}" for name in (
            "simulated_world", "simulated_times", "simulated_run", "simulated_tally", "recorded_track",
            "recorded_course", "journal_times", "replay_result", "replaying", "server_history",
            "seen_failures", "exported_log", "exporting", "delay_quantiles", "future_course",
            "plan_result", "plan_present", "planning",
        )),
    },
    {
        "runtime.parts", "runtime.dry_running", "runtime.ticks", "runtime.runner", "runtime.rolls",
        *(f"runtime.operating.{name}" for name in (
            "attention", "move_log", "requests", "recorders", "status", "findings", "check_policy",
            "check_files", "check_balancer", "check_executor", "check_servers", "checking",
        )),
        *(f"runtime.watching.{name}" for name in (
            "sampling", "sight", "fault_watch",
        )),
        *(f"runtime.acting.{name}" for name in (
            "workers", "blackout", "actor",
        )),
        *(f"runtime.journal.{name}" for name in (
            "keeping", "claim",
        )),
        *(f"runtime.balancing.{name}" for name in (
            "holding",
        )),
    },
    {"array_likes", "arrays", "parameter_grid", "mean_times", "parameters", "confidence"},
    {"measures", "state_labels", "availability_target", "mass_elasticities"},
    {"reward_rates"},
    {"solutions"},
    {"steady_state"},
    {
        "markov.flows", "markov.transitions", "markov.chain", "markov.elimination", "markov.direct",
        "markov.level_blocks", "markov.level_numbers", "markov.chain_levels", "markov.band_factors",
        "markov.levels", "markov.level_reduction", "markov.level_solvers",
        "markov.residuals", "markov.export", "markov.groups",
        "markov.prism_text", "markov.prism_commands", "markov.prism_chain",
        "markov.uniformization", "markov.squaring", "markov.transient", "markov.absorption",
        "markov.sensitivities",
        "models.rate_points", "models.grid_blocks", "models.extended", "models.horner",
        "models.compiled_horner",
        "models.level_weights", "models.closed_form", "models.extended_sums", "models.product_form",
        "models.birth_death", "models.as_printed", "models.symbolic",
        "models.transform_functions", "models.law_transforms", "models.trigger_form",
        "models.cluster_elasticities", "models.product_elasticities", "models.law_falls",
        "models.trigger_elasticities",
        "models.user_law", "models.phases", "models.law_grid", "models.laws", "models.mixed_laws",
        "models.trigger",
        "models.phase_chain", "models.cluster_labels", "models.stretched", "models.pool_inputs",
    },
    {
        "models.cluster", "models.reactive",
        "models.pool_states", "models.pool_chain", "models.pool", "models.pool_widths",
        "models.pool_levels",
    },
    {"models.fluid_limit", "models.up_counts", "models.mean_field"},
    {"product_solution", "pool_edges", "pool_solution", "pool_state", "pool_solving", "pool_outage"},
    {"models.pool_prism", "prism"},
    {
        "cluster_solution", "solving", "mission_inputs", "mission_result", "mission", "parameter_values",
        "model_parameters",
    },
    {
        "cross_check", "polynomials.integers", "polynomials.squarefree", "polynomials.real_roots",
        "polynomials.cost",
        "optimum_search", "optimum_reason", "optimum_result", "optimum",
        "decided_policy", "period_curve", "period_bounds", "single_server", "optimum_period", "period_reason",
        "trigger_optimum",
        "pool_curve", "pool_search", "pool_optimum", "pool_alternative", "pool_choice_result", "pool_choice",
        "simulation.timed_chain", "simulation.jumps", "simulation.events", "simulation.totals",
        "simulation.intervals", "simulation.estimate", "simulation.estimating", "simulation.horizons",
        "simulation.result", "simulation.simulating",
        "simulation.state_paths", "simulation.server_paths", "simulation.event_logs",
        "influences", "chain_elasticities", "elasticity_roads", "sensitivity_result", "derivatives",
        "range_result", "parameter_ranges",
        "estimation.sojourn_fit", "estimation.rate_estimate", "estimation.rate_estimates",
        "estimation.event_kinds", "estimation.replay", "estimation.event_log", "estimation.log_rows",
        "estimation.log_times", "estimation.log_settings", "estimation.log_reading", "estimation.exposures",
        "estimation.sojourns", "estimation.fitting", "estimation.estimating",
    },
    {
        "sweeping.axes", "sweeping.blocks", "sweeping.measures", "sweeping.gathered", "sweeping.jobs",
        "sweeping.identity", "sweeping.kept_chunks", "sweeping.workers", "sweeping.collecting",
        "sweeping.data_set", "sweeping.sweeps",
    },
    {
        "propagation.averages", "propagation.points", "propagation.marginals", "propagation.pool_points",
        "propagation.responses",
        "propagation.search", "propagation.lower_bounds", "propagation.spreads", "propagation.indices",
        "propagation.knowing",
        "propagation.expected_optimum", "propagation.deciding", "propagation.uncertainty_result",
        "propagation.uncertainty_words", "propagation.uncertainty_inputs", "propagation.propagating",
    },
    {
        "drawing.style", "drawing.time_ticks", "drawing.optimum_question", "drawing.plot_parts",
        "drawing.diagram_layout", "drawing.cluster_layout", "drawing.diagram_drawing",
        "drawing.tornado",
        "drawing.rate_plot", "drawing.period_plot", "drawing.choice_map", "drawing.probability_bars",
        "drawing.chain_diagram", "drawing.labelled_grid", "drawing.heat_map", "drawing.pareto_front",
        "drawing.point_labels", "drawing.front_points", "drawing.front_plot", "drawing.trade_off_plot",
        "drawing.transient_plot", "drawing.path_steps", "drawing.sample_path",
        "drawing.uncertainty_question", "drawing.uncertainty_plot", "drawing.band_plot",
        "drawing.up_server_bars",
        "plotting",
    },
    {
        "target_key", "trigger_table", "pool_table", "uncertainty_table", "report_table", "rates_table",
        "cluster_file",
    },
    {
        "reporting.number_texts", "reporting.result_rows", "reporting.optimum_notes",
        "reporting.comparing", "reporting.mission_rows", "reporting.uncertain_rows", "reporting.blocks",
        "reporting.page_style", "reporting.html_page", "reporting.images", "reporting.case",
        "reporting.decision", "reporting.answer_section", "reporting.input_section",
        "reporting.probability_section", "reporting.sensitivity_section", "reporting.mission_section",
        "reporting.uncertainty_section", "reporting.alternative_section", "reporting.limits_section",
        "reporting.report_result", "reporting.writing",
    },
    {
        "cli.options", "cli.progress", "cli.text_tables", "cli.decided", "cli.tables", "cli.text_reports",
        "cli.json_documents", "cli.pictures", "cli.missions", "cli.simulated", "cli.estimated",
        "cli.uncertain", "cli.uncertain_report", "cli.swept",
        "cli.runtime_words", "cli.runtime_documents", "cli.runtime_status", "cli.runtime_journaled",
        "cli.runtime_shown", "cli.runtime_checked", "cli.runtime_asking", "cli.runtime_following",
        "cli.runtime_signals", "cli.runtime_serving", "cli.runtime_rolling", "cli.runtime_foresight",
        "cli.shell",
        *(f"cli.commands.{name}" for name in (
            "solve", "optimize", "sweep", "check", "compare", "mission", "simulate", "estimate",
            "uncertainty", "report", "plot", "diagram",
            "runtime_check", "runtime_roll", "runtime_run", "runtime_status", "runtime_pause",
            "runtime_resume", "runtime_rejuvenate", "runtime_replay", "runtime_plan", "runtime_export",
            "runtime",
        )),
        "cli.app",
    },
    {"__main__"},
)  # fmt: skip
#: Rooms that know neither chains nor model objects: they take numbers.
CLOSED_ROAD = {
    "models.rate_points", "models.grid_blocks", "models.extended", "models.horner",
    "models.compiled_horner",
    "models.level_weights", "models.closed_form", "models.birth_death",
    "models.extended_sums", "models.product_form",
    "models.as_printed", "models.symbolic",
    "models.transform_functions", "models.law_transforms", "models.trigger_form", "models.user_law",
    "models.cluster_elasticities", "models.product_elasticities", "models.law_falls",
    "models.trigger_elasticities",
}  # fmt: skip
#: Packages that load so slowly that whoever does without them must not pay for them.
HEAVY = {"scipy", "threadpoolctl", "sympy", "matplotlib", "pandas", "xarray"}
LIGHT = {
    "errors",
    "durations",
    "toml_tables",
    "toml_keys",
    "toml_files",
    "memory",
    "policy",
    "policy_laws",
    "policy_law_tables",
    "policy_terms",
    "policy_prediction",
    "policy_words",
    "plain_values",
    "plain_records",
    "strict_json",
    "text_files",
    "html_tables",
    "optional_packages",
}
#: Rooms that load only for the models they are for; together they would cost every start 60 ms.
LATE = {
    ("optimum_result", "decided_policy"), ("optimum", "pool_optimum"), ("optimum", "trigger_optimum"),
    ("solving", "markov.chain_levels"), ("solving", "markov.levels"), ("solving", "markov.level_reduction"),
    ("cluster_solution", "models.trigger_form"), ("elasticity_roads", "models.trigger_elasticities"),
    ("models.trigger", "models.laws"), ("models.trigger", "models.user_law"),
    ("cluster_file", "trigger_table"), ("cluster_file", "pool_table"),
    ("cluster_file", "uncertainty_table"), ("reporting.result_rows", "models.laws"),
    *(("solving", room) for room in ("pool_solution", "pool_state", "pool_solving", "product_solution")),
}  # fmt: skip
#: What a room may import of NumPy's kind at all.
CORE_PACKAGES = {"numpy", "scipy", "threadpoolctl", "sympy", "matplotlib", "typer", "pandas", "xarray"}


@dataclass(frozen=True)
class Import:
    """One import: who imports what, where, and whether only when a function is called."""

    room: str
    what: str
    line: int
    late: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.room} (line {self.line}) imports {self.what}"


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


ROOMS = {
    name_of(file): ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.name != "__init__.py"
}


def imports(room: str, tree: ast.Module) -> list[Import]:
    found = []

    def visit(node: ast.AST, late: bool, for_types: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = for_types or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
            if isinstance(child, ast.Import):
                found.extend(Import(room, alias.name, child.lineno, late, for_types) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{room} imports by a relative path"
                for alias in child.names:
                    what = f"{child.module}.{alias.name}"
                    known = what.removeprefix("rejuvmodel.") in ROOMS
                    found.append(
                        Import(room, what if known else str(child.module), child.lineno, late, for_types)
                    )
            visit(child, inside, types)

    visit(tree, False, False)
    return found


ALL = [one for room, tree in ROOMS.items() for one in imports(room, tree)]
INNER = [one for one in ALL if one.what.split(".")[0] == "rejuvmodel"]


def target(one: Import) -> str:
    return one.what.removeprefix("rejuvmodel.")


def floor(room: str) -> int:
    return next(k for k, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_its_floor() -> None:
    """Every file of the library has exactly one place in the order of the floors."""
    placed = [room for rooms in FLOORS for room in rooms]
    assert len(placed) == len(set(placed))
    assert set(ROOMS) <= set(placed), "give the new file its floor in FLOORS"


def test_imports_go_downwards() -> None:
    """No room imports one of a higher floor, not for types and not late either."""
    assert len(INNER) > 50
    assert [str(one) for one in INNER if floor(target(one)) > floor(one.room)] == []


def test_no_cycles() -> None:
    """No room imports itself on any way round."""
    graph = {room: {target(one) for one in INNER if one.room == room} for room in ROOMS}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(ROOMS)


def test_markov_knows_nothing_of_models() -> None:
    """Chains never import models."""
    assert [str(one) for one in INNER if one.room.startswith("markov.") and "models" in one.what] == []


def test_closed_form_knows_no_chain() -> None:
    """The closed form imports neither chains nor model objects, directly or through others."""
    graph = {room: {target(one) for one in INNER if one.room == room} for room in ROOMS}
    for room in CLOSED_ROAD:
        seen, waiting = set(), [room]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        assert not {name for name in seen if name.startswith("markov.")}, room
        assert not seen & {"models.cluster", "models.reactive", "solving"}, room


def test_numeric_road_knows_no_closed_form() -> None:
    """Neither chains nor the models that build them import the closed form."""
    numeric = {room for room in ROOMS if room.startswith("markov.")} | {"models.cluster", "models.reactive"}
    assert [str(one) for one in INNER if one.room in numeric and target(one) in CLOSED_ROAD] == []


def test_late_imports_are_of_heavy_packages() -> None:
    """Within functions only heavy packages are imported; the commands of the CLI import what they need."""
    late = [one for one in ALL if one.late and not one.room.startswith("cli")]
    late = [one for one in late if (one.room, target(one)) not in LATE]
    assert [str(one) for one in late if one.what.split(".")[0] not in HEAVY] == []


def test_heavy_packages_are_imported_late() -> None:
    """Nothing heavy is imported with a room, but SymPy by the room that is made of it."""
    early = [one for one in ALL if not one.late and not one.for_types and one.what.split(".")[0] in HEAVY]
    assert [str(one) for one in early if (one.room, one.what) != ("models.symbolic", "sympy")] == []


def test_light_rooms_need_no_numpy() -> None:
    """Errors, durations, TOML tables and the runtime do without NumPy, and import nothing that needs it."""
    light = LIGHT | {room for room in ROOMS if room.startswith("runtime.")}
    for one in ALL:
        if one.room in light:
            assert one.what.split(".")[0] not in CORE_PACKAGES, str(one)
            assert one.what.split(".")[0] != "rejuvmodel" or target(one) in light, str(one)


def test_only_declared_packages() -> None:
    """Besides the standard library only the declared dependencies are imported."""
    foreign = {one.what.split(".")[0] for one in ALL} - set(sys.stdlib_module_names) - {"rejuvmodel"}
    assert foreign <= CORE_PACKAGES


def test_library_never_prints() -> None:
    """Only the room of the command line's output may print."""
    printing = [
        f"{room}: line {node.lineno}"
        for room, tree in ROOMS.items()
        if not room.startswith("cli")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_the_reader_of_imports_sees_faults() -> None:
    """An import upwards, one inside a function, and one for types only are all seen as what they are."""
    source = (
        "from typing import TYPE_CHECKING\nimport rejuvmodel.errors\nif TYPE_CHECKING:\n"
        "    from rejuvmodel.models.cluster import Cluster\n"
        "def f():\n    from rejuvmodel.solving import solve\n"
    )
    found = [(target(one), one.late, one.for_types) for one in imports("errors", ast.parse(source))]
    assert found[1:] == [("errors", False, False), ("models.cluster", False, True), ("solving", True, False)]


def loaded_after(code: str) -> set[str]:
    """Names of all modules that are loaded after the code has run in a fresh interpreter."""
    script = f"{code}\nimport sys\nsys.stdout.write(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split("\n")[-1].split())


CLUSTER = (
    "import rejuvmodel as rj\n"
    "rates = rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1)\n"
    "cluster = rj.Cluster(2, rates)\n"
)
UNLOADED = {
    "package": ("import rejuvmodel", {"numpy", "scipy", "sympy", "matplotlib", "typer", "rejuvmodel.errors"}),
    "errors": ("import rejuvmodel as rj; rj.InvalidInputError; rj.SizeError", {"numpy"}),
    "tables": ("import rejuvmodel.toml_tables, rejuvmodel.durations", {"numpy"}),
    "policy": ("import rejuvmodel as rj; rj.RejuvenationPolicy", {"numpy", "scipy"}),
    "closed form": (CLUSTER + "rj.solve(cluster).unavailability", {"scipy", "sympy", "matplotlib", "typer"}),
    "solve and optimize": (
        CLUSTER + "rj.solve(cluster, rj.GTH()); rj.optimize(cluster, bounds=(0, 10))",
        {"sympy", "matplotlib", "typer", "scipy.stats", "scipy.optimize", "pandas"},
    ),
    "runtime": (
        "\n".join(f"import rejuvmodel.{room}" for room in ROOMS if room.startswith("runtime.")),
        {"numpy", "scipy", "typer", "psutil", "requests", "etcd3gw"},
    ),
    "command line": ("import rejuvmodel.cli", {"numpy", "scipy", "sympy", "matplotlib"}),
}


@pytest.mark.parametrize(("code", "absent"), UNLOADED.values(), ids=UNLOADED)
def test_what_is_not_loaded(code: str, absent: set[str]) -> None:
    """Importing the library loads nothing, and using it loads only what the work needs."""
    assert not loaded_after(code) & absent
