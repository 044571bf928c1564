"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

File = Annotated[str, typer.Argument(metavar="FILE", help="The cluster file (TOML).", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Rtol = Annotated[float, typer.Option("--rtol", help="Largest relative difference of the two roads.")]
#: That of `rejuvmodel.cross_check`, which help does not load.
RTOL = 1e-10
