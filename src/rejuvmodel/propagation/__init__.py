"""From what is known of the rates to what is known of availability, cost and the best decision."""

from __future__ import annotations
