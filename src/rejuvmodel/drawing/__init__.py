"""Parts of the pictures: geometry of diagrams, marks of the rate plot."""

from __future__ import annotations
