"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

File = Annotated[str, typer.Argument(metavar="FILE", help="The cluster file (TOML).", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Rtol = Annotated[float, typer.Option("--rtol", help="Largest relative difference of the two roads.")]
#: That of `rejuvmodel.cross_check`, which help does not load.
RTOL = 1e-10

Ranges = Annotated[
    list[str] | None,
    typer.Option("--range", help='A mean time lies between two: aging="5 d,10 d"; repeatable.'),
]
Events = Annotated[
    str | None, typer.Option("--events", help="An event log (CSV) that the rates are known from.")
]
Clock = Annotated[
    str | None, typer.Option("--clock", help="Whose clock the log measures, if it does not say.")
]
Log = Annotated[
    list[str] | None,
    typer.Option("--log", help="What else the log does not say: until=8760, crews=1; repeatable."),
]
Target = Annotated[
    str | None, typer.Option("--target", help='Availability, or downtime in the horizon: "50 min".')
]
Workers = Annotated[int, typer.Option("--workers", help="How many to solve a pool at the same time.")]

GroupFile = Annotated[
    str, typer.Argument(metavar="FILE", help="The runtime's file of a group (TOML).", show_default=False)
]
GroupFiles = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="The runtime's file of each group (TOML).", show_default=False),
]
