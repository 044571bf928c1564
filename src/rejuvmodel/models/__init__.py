"""The models, and the closed form of their steady states."""

from __future__ import annotations
