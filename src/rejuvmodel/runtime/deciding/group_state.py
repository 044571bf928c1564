"""What the controller remembers of a group; never changed in place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import WANTED, Admission, Phase, Role


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server as the controller remembers it.

    Parameters
    ----------
    phase : Phase
        Where it stands.
    role : Role
        What it is now; roles change hands in active/standby.
    since : float
        When [s] the phase began.
    identity : str or None
        Its life when the rejuvenation or the recovery was commanded.
    partner : str
        The spare that takes over; empty if none does.
    ticket : int
        Number of the command that is out; 0 if none of this life is.
    step : int
        Clean steps done.
    attempt : int
        Recoveries tried; 0 outside a recovery.
    tried : int
        Recoveries that the last recovery took.
    recovered : float
        When [s] the last recovery had ended well.
    healthy_since : float or None
        Since when its health check has held without a break.
    copied : float
        When its work was last copied.
    not_before : float
        Not tried again before this moment [s].
    why_back : str
        Why the last attempt was called back; empty if none was.
    """

    phase: Phase
    role: Role
    since: float = 0.0
    identity: str | None = None
    partner: str = ""
    ticket: int = 0
    step: int = 0
    attempt: int = 0
    tried: int = 0
    recovered: float = -math.inf
    healthy_since: float | None = None
    copied: float = -math.inf
    not_before: float = -math.inf
    why_back: str = ""


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group as the controller remembers it.

    Parameters
    ----------
    servers : mapping of str to ServerState
        By name, in the file's order; read only.
    roll : mapping of str to str or None
        Servers still to be rejuvenated, with their lives at the start of the roll; read only.
    asked : frozenset of str
        Those of the roll for which a person asked.
    paused : bool
        Whether an operator has paused the group.
    halted : str
        Why nothing new begins until an operator resumes; empty if nothing halts it.
    ticket : int
        Number of the last command.
    last_back : float
        When [s] the last rejuvenated server was back.
    restarts : tuple of float
        When [s] servers were restarted, within the period of the cap.
    """

    servers: Mapping[str, ServerState]
    roll: Mapping[str, str | None]
    asked: frozenset[str] = frozenset()
    paused: bool = False
    halted: str = ""
    ticket: int = 0
    last_back: float = -math.inf
    restarts: tuple[float, ...] = ()

    @property
    def wanted(self) -> dict[str, Admission]:
        """What every balancer shall do with each server; to be asserted on every tick."""
        return {name: WANTED[server.phase] for name, server in self.servers.items()}


def first_state(settings: GroupSettings) -> GroupState:
    """Return the state of a group that was never looked after.

    Parameters
    ----------
    settings : GroupSettings
        The group.

    Returns
    -------
    GroupState
        Primaries serve, spares stand by.
    """
    at = {Role.PRIMARY: Phase.SERVING, Role.SPARE: Phase.STANDBY}
    return GroupState({one.name: ServerState(at[one.role], one.role) for one in settings.servers}, {})
