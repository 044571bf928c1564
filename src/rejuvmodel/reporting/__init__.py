"""Reports: from one cluster file to one page with tables and pictures."""

from __future__ import annotations
