"""Estimation: from event logs to rates, with intervals that are exact and a test of what they rest on."""

from __future__ import annotations
