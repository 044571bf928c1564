"""The runtime: applies a rejuvenation policy to real servers without losing a request."""

from __future__ import annotations
