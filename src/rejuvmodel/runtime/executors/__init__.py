"""Executors: each restarts a program in its own way."""

from __future__ import annotations
