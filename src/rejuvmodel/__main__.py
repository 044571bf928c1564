"""``python -m rejuvmodel``: the same as the command ``rejuvmodel``."""

from __future__ import annotations

from rejuvmodel.cli.app import main

if __name__ == "__main__":
    main()
