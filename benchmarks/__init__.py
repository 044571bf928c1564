"""Timings that the project promises, each as a ratio to something measured in the same run."""

from __future__ import annotations
