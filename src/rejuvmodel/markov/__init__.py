"""Continuous-time Markov chains and their solvers; knows nothing of servers."""

from __future__ import annotations
