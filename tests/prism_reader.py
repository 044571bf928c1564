"""A reader of PRISM texts for tests: parses a continuous-time chain, explores and solves it in fractions.

Written from the description of the language, for the part of it that occurs; nothing here reads the library.
What the reader does not know is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from exact import Transition, stationary
from prism_expressions import Expression, PrismError, Reader, Value, Values, boolean, tokens

State: TypeAlias = "tuple[int, ...]"
#: A rate, and what changes.
Branch: TypeAlias = "tuple[Expression, dict[str, Expression]]"


@dataclass
class Chain:
    """A text that has been read: its parts, and the states that it reaches."""

    constants: dict[str, Fraction] = field(default_factory=dict)
    formulas: dict[str, Expression] = field(default_factory=dict)
    variables: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    commands: list[tuple[Expression, list[Branch]]] = field(default_factory=list)
    labels: dict[str, Expression] = field(default_factory=dict)
    rewards: dict[str, list[tuple[Expression, Expression]]] = field(default_factory=dict)

    def values(self, state: State) -> Values:
        """Constants, variables and formulas in a state."""
        return _Scope(
            self.constants | dict(zip(self.variables, map(Fraction, state), strict=True)), self.formulas
        )

    @property
    def start(self) -> State:
        return tuple(start for _, _, start in self.variables.values())

    @cached_property
    def transitions(self) -> dict[tuple[State, State], Fraction]:
        """Rates between all states that are reached from the start; parallel ones are added up."""
        found: dict[tuple[State, State], Fraction] = {}
        seen, waiting = {self.start}, [self.start]
        while waiting:
            state = waiting.pop()
            leaves = False
            for target, rate in self._leaving(state):
                leaves = True
                if not rate > 0:
                    raise PrismError(f"rate {rate} from {state} to {target}")
                if target != state:
                    found[state, target] = found.get((state, target), Fraction(0)) + rate
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
            if not leaves:
                raise PrismError(f"deadlock in {state}")
        return found

    @property
    def states(self) -> set[State]:
        return {self.start} | {state for pair in self.transitions for state in pair}

    def _leaving(self, state: State) -> Iterator[tuple[State, Fraction]]:
        values = self.values(state)
        for guard, branches in self.commands:
            if not boolean(guard(values)):
                continue
            for rate, update in branches:
                after = {name: int(value) for name, value in zip(self.variables, state, strict=True)}
                for name, expression in update.items():
                    after[name] = whole(expression(values))
                    low, high, _ = self.variables[name]
                    if not low <= after[name] <= high:
                        raise PrismError(f"{name} leaves {low}..{high} from {state}")
                yield tuple(after.values()), Fraction(rate(values))

    def where(self, label: str) -> set[State]:
        """Reached states that bear a label."""
        return {state for state in self.states if boolean(self.labels[label](self.values(state)))}

    def reward(self, name: str, state: State) -> Fraction:
        """Reward rate of a state: the items whose guards hold, added up."""
        values = self.values(state)
        return sum(
            (Fraction(rate(values)) for guard, rate in self.rewards[name] if boolean(guard(values))),
            Fraction(0),
        )

    @cached_property
    def probabilities(self) -> dict[State, Fraction]:
        """Steady state, exactly."""
        return self._solved(self.transitions)

    def _solved(self, transitions: Mapping[tuple[State, State], Fraction]) -> dict[State, Fraction]:
        name = {state: repr(state) for state in self.states}
        rows: list[Transition] = [(name[a], name[b], rate) for (a, b), rate in transitions.items()]
        pi = stationary(rows, start=name[self.start])
        return {state: pi.get(text, Fraction(0)) for state, text in name.items()}

    def measure(self, formula: str) -> Fraction | float:
        """Value of a property: S=?, R{...}=? [ S ] or R{"time"}=? [ F ... ]."""
        if match := re.fullmatch(r'S=\? \[ (!?)"(\w+)" \]', formula):
            share = sum((self.probabilities[state] for state in self.where(match[2])), Fraction(0))
            return 1 - share if match[1] else share
        if match := re.fullmatch(r'R\{"(\w+)"\}=\? \[ S \]', formula):
            return sum(
                (p * self.reward(match[1], state) for state, p in self.probabilities.items()), Fraction(0)
            )
        if match := re.fullmatch(r'R\{"time"\}=\? \[ F "(\w+)" \]', formula):
            return self.mean_time_to(self.where(match[1]))
        raise PrismError(f"no such property: {formula}")

    def mean_time_to(self, goal: set[State]) -> Fraction | float:
        """Mean time until the goal is entered: from there one goes back to the start at rate 1."""
        if self.start in goal:
            return Fraction(0)
        kept = {pair: rate for pair, rate in self.transitions.items() if pair[0] not in goal}
        back = {(state, self.start): Fraction(1) for state in goal}
        try:
            pi = self._solved(kept | back)
        except ValueError:  # another class keeps the chain away from the goal for ever, with some probability
            return float("inf")
        home = sum((pi[state] for state in goal), Fraction(0))
        return (1 - home) / home if home else float("inf")


class _Scope(dict[str, Value]):
    """Values by name, with formulas evaluated when they are asked for."""

    def __init__(self, values: Values, formulas: Mapping[str, Expression]) -> None:
        super().__init__(values)
        self._formulas = formulas

    def __missing__(self, name: str) -> Value:
        if name not in self._formulas:
            raise PrismError(f"{name} is not defined")
        self[name] = self._formulas[name](self)
        return self[name]


def whole(value: Any) -> int:
    if isinstance(value, bool) or Fraction(value).denominator != 1:
        raise PrismError(f"{value} is no whole number")
    return int(value)


def read_model(text: str) -> Chain:
    """Read the text of a model."""
    chain, reader, names = Chain(), Reader(tokens(text)), set[str]()
    reader.take("ctmc")

    def new(name: str) -> str:
        if name in names:
            raise PrismError(f"{name} is defined twice")
        names.add(name)
        return name

    while reader.peek():
        part = reader.take("const", "formula", "module", "label", "rewards")
        if part == "const":
            reader.take("int", "double")
            name = new(reader.name())
            reader.take("=")
            chain.constants[name] = Fraction(reader.expression()(chain.constants))
        elif part == "formula":
            name = new(reader.name())
            reader.take("=")
            chain.formulas[name] = reader.expression()
        elif part == "label":
            name = new(reader.take())
            if not re.fullmatch(r'"[A-Za-z_]\w*"', name):
                raise PrismError(f"{name} is no name of a label")
            reader.take("=")
            chain.labels[name.strip('"')] = reader.expression()
        if part in ("const", "formula", "label"):
            reader.take(";")
        elif part == "module":
            _read_module(reader, chain, new)
        else:
            name = new(f"rewards {reader.take()}")
            chain.rewards[name.split('"')[1]] = list(_read_rewards(reader))
    for state in list(chain.states)[:50]:
        for formula in [*chain.formulas.values(), *chain.labels.values()]:
            formula(chain.values(state))
    return chain


def _read_module(reader: Reader, chain: Chain, new: Callable[[str], str]) -> None:
    reader.name()
    while reader.peek() not in ("[", "endmodule"):
        name = new(reader.name())
        reader.take(":")
        reader.take("[")
        low = whole(reader.expression()(chain.constants))
        reader.take("..")
        high = whole(reader.expression()(chain.constants))
        reader.take("]")
        reader.take("init")
        start = whole(reader.expression()(chain.constants))
        reader.take(";")
        if not low <= start <= high or low == high:
            raise PrismError(f"{name} : [{low}..{high}] init {start}")
        chain.variables[name] = low, high, start
    while not reader.accept("endmodule"):
        reader.take("[")
        reader.take("]")
        guard = reader.expression()
        reader.take("->")
        branches = []
        while True:
            rate = reader.expression()
            reader.take(":")
            branches.append((rate, _read_update(reader)))
            if not reader.accept("+"):
                break
        reader.take(";")
        chain.commands.append((guard, branches))


def _read_update(reader: Reader) -> dict[str, Expression]:
    if reader.accept("true"):
        return {}
    update: dict[str, Expression] = {}
    while True:
        reader.take("(")
        name = reader.name()
        reader.take("'")
        reader.take("=")
        if name in update:
            raise PrismError(f"{name} is set twice")
        update[name] = reader.expression()
        reader.take(")")
        if not reader.accept("&"):
            return update


def _read_rewards(reader: Reader) -> Iterator[tuple[Expression, Expression]]:
    while not reader.accept("endrewards"):
        guard = reader.expression()
        reader.take(":")
        yield guard, reader.expression()
        reader.take(";")


def read_properties(text: str) -> dict[str, str]:
    """Properties by name; constants and comments are left out."""
    lines = [line for line in text.splitlines() if line and not line.startswith("//")]
    found = {}
    for line in lines:
        if match := re.fullmatch(r'"(\w+)": (.+);', line):
            if match[1] in found:
                raise PrismError(f"{match[1]} is defined twice")
            found[match[1]] = match[2]
        elif not re.fullmatch(r"const double \w+;", line):
            raise PrismError(f"no property: {line}")
    return found
