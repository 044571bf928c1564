"""HAProxy as the balancer: one or two of them, each asked on its control socket.

With two balancers a server is as available as the one that sends it most work says, and as healthy as the
worst one says; its sessions are summed. So it counts as drained only when both confirm.

Who is asked and does not answer may still be at work, and is an error. Only where no program listens on the
socket any more is that balancer left out and listed as missing, as long as the other one answers.

A reloaded HAProxy forgets what it was told: `hold` at every tick. The processes it leaves behind finish
their sessions unseen: for a grace after each reload no server counts as drained.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.balancing.balancer import (
    ADMINS,
    BalancedServer,
    Balancer,
    BalancerView,
    Correction,
    Wanted,
    checked_wanted,
    in_words,
)
from rejuvmodel.runtime.balancing.haproxy_answers import read_servers, set_commands, view_command
from rejuvmodel.runtime.balancing.haproxy_reloads import Reloads, process_of
from rejuvmodel.runtime.balancing.haproxy_socket import exchange
from rejuvmodel.runtime.outside.addresses import SocketAddress, socket_address
from rejuvmodel.runtime.outside.deadlines import seconds
from rejuvmodel.runtime.outside.failures import BadAnswerError, NobodyListensError, RefusedError
from rejuvmodel.runtime.outside.names import checked_name, one_line

#: Commands in one line: HAProxy reads lines of up to 16 kB, and one command has at most 230 bytes.
_IN_ONE_LINE = 50


class HAProxyBalancer(Balancer):
    """The servers of one backend of one or two HAProxy processes.

    Parameters
    ----------
    sockets : sequence of str
        One or two control sockets (``stats socket ... level admin``): files, or ``"127.0.0.1:port"``.
    backend : str
        The backend whose servers these are.
    timeout : float
        Time for one exchange with one balancer [s].
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.
    reload_grace : float
        How long after a reload no server counts as drained [s].

    Raises
    ------
    InvalidInputError
        If a name could carry a command, an address is not loopback and not allowed, or there are not one
        or two different sockets.

    Notes
    -----
    Every call opens its own connections, so all methods may be called from any thread. An exchange takes
    about a millisecond.
    """

    def __init__(
        self,
        sockets: Sequence[str],
        backend: str,
        *,
        timeout: float = 2.0,
        allowed: Collection[str] = (),
        reload_grace: float = 30.0,
    ) -> None:
        if isinstance(sockets, str) or len(set(sockets)) != len(sockets) or len(sockets) not in (1, 2):
            rule = "one or two different control sockets are expected"
            raise InvalidInputError("sockets", shown(sockets), rule, 'Write ["haproxy.sock"].')
        self._addresses = [socket_address(f"sockets[{k}]", one, allowed) for k, one in enumerate(sockets)]
        self._backend = checked_name("backend", backend)
        self._timeout = seconds("timeout", timeout)
        self._reloads = Reloads(reload_grace)

    def view(self) -> BalancerView:
        views, missing = self._views()
        names: list[set[object]] = [set(view) for view in views.values()]
        if any(one != names[0] for one in names):
            differing = sorted(map(str, set.union(*names) - set.intersection(*names)))
            found = f"the balancers do not have the same servers ({', '.join(differing[:5])})"
            raise BadAnswerError(" and ".join(map(str, views)), found, "Give both the same backend.")
        first = next(iter(views.values()))
        return BalancerView(tuple(merged([view[name] for view in views.values()]) for name in first), missing)

    def hold(self, wanted: Mapping[str, Wanted]) -> tuple[Correction, ...]:
        table = checked_wanted(wanted)
        views, _ = self._views()
        for address, servers in views.items():
            unknown = [name for name in table if name not in servers]
            if unknown:
                found = f"backend {self._backend} has no server {unknown[0]}"
                raise RefusedError(str(address), found, "Check the names on both sides.")
        corrections: list[Correction] = []
        for address, servers in views.items():
            differing = {name: state for name, state in table.items() if state.differs(servers[name])}
            if differing:
                self._set(address, servers, differing)
                corrections += [
                    Correction(
                        str(address),
                        name,
                        in_words(servers[name].admin, servers[name].weight),
                        in_words(state.admin, state.weight),
                    )
                    for name, state in differing.items()
                ]
        return tuple(corrections)

    def _views(self) -> tuple[dict[SocketAddress, dict[str, BalancedServer]], tuple[str, ...]]:
        """Ask every balancer; return the views, and the balancers where nobody listens."""
        views: dict[SocketAddress, dict[str, BalancedServer]] = {}
        missing: list[NobodyListensError] = []
        for address in self._addresses:
            try:
                views[address] = self._ask(address)
            except NobodyListensError as problem:
                missing.append(problem)
        if not views:
            raise missing[0]
        return views, tuple(problem.where for problem in missing)

    def _ask(self, address: SocketAddress) -> dict[str, BalancedServer]:
        """Return the servers as one balancer sees them."""
        answer = exchange(address, view_command(self._backend), self._timeout)
        pid, rest = process_of(str(address), answer)
        servers = read_servers(str(address), self._backend, rest)
        if pid is None:
            raise BadAnswerError(
                str(address), "it does not say which process it is", "Is it HAProxy's socket?"
            )
        unseen = self._reloads.lately(address, pid)
        return {name: replace(one, unseen=True) for name, one in servers.items()} if unseen else servers

    def _set(
        self, address: SocketAddress, servers: Mapping[str, BalancedServer], wanted: Mapping[str, Wanted]
    ) -> None:
        """Set servers at one balancer and read back that it took."""
        commands: list[str] = []
        for name, state in wanted.items():
            admin = None if servers[name].admin == state.admin else state.admin
            weight = None if servers[name].weight == state.weight else state.weight
            commands += set_commands(self._backend, name, admin, weight)
        for start in range(0, len(commands), _IN_ONE_LINE):
            line = "; ".join(commands[start : start + _IN_ONE_LINE])
            if answer := exchange(address, line, self._timeout).strip():
                raise RefusedError(
                    str(address), f"HAProxy refused an order: {one_line(answer)}", "Is it level admin?"
                )
        after = self._ask(address)
        for name, state in wanted.items():
            if name not in after or state.differs(after[name]):
                found = f"the order for {name} did not take ({in_words(state.admin, state.weight)})"
                raise RefusedError(str(address), found, "Does it track another server, or an agent?")


def merged(seen: Sequence[BalancedServer]) -> BalancedServer:
    """Return one server as the more doubtful of its balancers sees it.

    Parameters
    ----------
    seen : sequence of BalancedServer
        The same server, once for each balancer.

    Returns
    -------
    BalancedServer
        The most available order, the worst status, the sum of the sessions, the largest weight.
    """
    if len(seen) == 1:
        return seen[0]
    worst = next((one for one in seen if not one.up), seen[0])
    return BalancedServer(
        name=seen[0].name,
        admin=min((one.admin for one in seen), key=ADMINS.index),
        status=worst.status,
        up=all(one.up for one in seen),
        sessions=sum(one.sessions for one in seen),
        weight=max(one.weight for one in seen),
        agreed=len({(one.admin, one.weight) for one in seen}) == 1,
        split=len({one.up for one in seen}) > 1,
        unseen=any(one.unseen for one in seen),
    )
