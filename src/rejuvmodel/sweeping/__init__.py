"""Sweeps: a model solved at every point of a grid of its parameters."""

from __future__ import annotations
