"""What the runtime shows and keeps: the keys samples of [group], and the table [metrics]."""

from __future__ import annotations

import os

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.connections import MetricsSettings, SampleSettings
from rejuvmodel.runtime.config.values import placed, seconds, texts
from rejuvmodel.runtime.outside.addresses import socket_address
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: Seconds [s]: more lines than one a second tell nothing that is asked of them.
_LEAST_EVERY = 1.0


def read_sampling(table: Table) -> SampleSettings | None:
    """Return where samples are recorded.

    Parameters
    ----------
    table : Table
        The table [group].

    Returns
    -------
    SampleSettings or None
        The folder, beside the runtime's file unless it is an absolute one; None if none is named.

    Raises
    ------
    InvalidInputError
        If the name is none, a time is too short, or a time is given without a folder.
    """
    if "samples" not in table:
        for key in ("samples_every", "samples_keep"):
            if key in table:
                table.refuse(key, "no samples are recorded", 'Write samples = "web-samples" as well.')
        return None
    name = table.text("samples")
    if not name or not name.isprintable():
        table.refuse("samples", "the name of a folder is expected", 'Write, for example, "web-samples".')
    directory = os.path.join(os.path.dirname(table.place), name)
    every = seconds(table, "samples_every", 60.0)
    if every < _LEAST_EVERY:
        rule = f"samples are recorded every {_LEAST_EVERY:g} s at most"
        raise InvalidInputError(
            table.where("samples_every"), f"{every:g} s", rule, 'Leave it out for "1 min".'
        )
    keep = seconds(table, "samples_keep", 30 * 86400.0)
    if keep < 86400.0:
        rule = "samples are kept by whole days, for at least one"
        found = shown(table.raw("samples_keep"))
        raise InvalidInputError(table.where("samples_keep"), found, rule, 'Leave it out for "30 d".')
    return SampleSettings(directory, every, keep)


def read_metrics(table: Table | None) -> MetricsSettings | None:
    """Return where Prometheus asks.

    Parameters
    ----------
    table : Table or None
        The table [metrics].

    Returns
    -------
    MetricsSettings or None
        The address; None without the table.

    Raises
    ------
    InvalidInputError
        If it is no address of host and port, or neither loopback nor allowed by name.
    """
    if table is None:
        return None
    if "address" not in table:
        table.default_of("address", REQUIRED, "where Prometheus asks must be said")
    text = table.text("address")
    found = placed(table, "address", socket_address, "address", text, texts(table, "allow"))
    if found.path:
        table.refuse("address", "a host and a port are expected", 'Write, for example, "127.0.0.1:9464".')
    return MetricsSettings(found.host, found.port)
