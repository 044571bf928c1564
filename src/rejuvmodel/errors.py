"""Errors of the library: each names the argument, its value, the rule and the next step."""

from __future__ import annotations


class RejuvmodelError(Exception):
    """Base class of every error that rejuvmodel raises on purpose."""


class InvalidInputError(RejuvmodelError, ValueError):
    """An argument is outside what the models allow.

    Parameters
    ----------
    argument : str
        The argument as the user typed it, with its place (``"failure[3]"``, ``"costs.capacity"``).
    found : str
        The offending value, as words.
    rule : str
        What a valid value looks like.
    advice : str, optional
        The next step to take.
    """

    def __init__(self, argument: str, found: str, rule: str, advice: str = "") -> None:
        super().__init__(argument, found, rule, advice)
        self.argument = argument
        self.found = found
        self.rule = rule
        self.advice = advice

    def __str__(self) -> str:
        text = f"{self.argument}: got {self.found}; {self.rule}."
        return f"{text} {self.advice}" if self.advice else text


class SizeError(RejuvmodelError):
    """The result would not fit in memory, or take too long; the message says how large it would be."""


class ConvergenceError(RejuvmodelError, ArithmeticError):
    """A solver cannot return a number it can stand behind; the message says what to use instead."""


class AgreementError(RejuvmodelError, AssertionError):
    """Two independent solutions of the same model differ by more than the tolerance."""
