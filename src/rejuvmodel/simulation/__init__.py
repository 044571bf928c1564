"""Simulation: the models played event by event, and what may honestly be said of the numbers seen."""

from __future__ import annotations
