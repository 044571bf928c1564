"""The commands, one in each file."""

from __future__ import annotations
