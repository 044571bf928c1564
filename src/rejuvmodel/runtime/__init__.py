"""The runtime: applies a rejuvenation policy to real servers.

Of the library it knows errors, durations, TOML tables and policies only, and it never loads NumPy.
docs/runtime.md says which room does what, and how they are put together.
"""

from __future__ import annotations
