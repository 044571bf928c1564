"""Exact polynomials with integer coefficients: the objective, and its real roots."""

from __future__ import annotations
