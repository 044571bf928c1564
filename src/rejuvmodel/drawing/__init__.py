"""Pictures: each in a room of its own, with their common style and geometry."""

from __future__ import annotations
