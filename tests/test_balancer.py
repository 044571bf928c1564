"""Balancers: a real HAProxy on its control socket, one in this process, and answers that are refused."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from haproxies import HAProxy, end, haproxy, start
from hostile_server import Answer, answering, dripping, endless, saying, silent
from rolling import NAMES, world

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.balancing.balancer import BalancedServer, Balancer, BalancerView, Wanted
from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer, merged
from rejuvmodel.runtime.balancing.haproxy_answers import read_servers
from rejuvmodel.runtime.balancing.haproxy_reloads import Reloads, process_of
from rejuvmodel.runtime.balancing.in_process_balancer import InProcessBalancer
from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import (
    BadAnswerError,
    NobodyListensError,
    OutsideError,
    RefusedError,
    UnreachableError,
)

PID = "Name: HAProxy\nPid: 4711\n\n"
GOOD = (
    "# pxname,svname,qcur,scur,status,uweight,bck,\napp,s1,0,2,UP,100,0,\napp,s2,1,3,DOWN,0,0,\n\n"
    "1\n# be_id be_name srv_id srv_name srv_admin_state srv_uweight\n3 app 1 s1 0 100\n3 app 2 s2 8 0\n\n"
)


@pytest.fixture(scope="module")
def proxy() -> Iterator[HAProxy]:
    """A HAProxy whose three servers do not exist; their health is not the matter here."""
    with haproxy([1, 2, 3]) as one:
        yield one


@pytest.fixture(params=["unix socket", "TCP socket", "in process"])
def balancer(request: pytest.FixtureRequest) -> Balancer:
    """Every balancer, with the servers s1, s2 and s3 ready and of weight 100."""
    if request.param == "in process":
        return InProcessBalancer(["s1", "s2", "s3"])
    proxy = request.getfixturevalue("proxy")
    found = HAProxyBalancer([proxy.socket if request.param == "unix socket" else proxy.tcp], "app")
    found.hold({name: Wanted("ready", 100) for name in ("s1", "s2", "s3")})
    return found


def test_hold_sets_what_differs_and_says_what(balancer: Balancer) -> None:
    """An order is corrected once, and the next tick has nothing to correct."""
    wanted = {"s1": Wanted("drain"), "s2": Wanted("maint", 0), "s3": Wanted("ready", 100)}
    corrections = balancer.hold(wanted)
    assert [(one.server, one.found, one.wanted) for one in corrections] == [
        ("s1", "ready, weight 100", "drain"),
        ("s2", "ready, weight 100", "maint, weight 0"),
    ]
    assert balancer.hold(wanted) == ()
    view = balancer.view()
    assert [(one.name, one.admin, one.weight) for one in view.servers] == [
        ("s1", "drain", 100),
        ("s2", "maint", 0),
        ("s3", "ready", 100),
    ]
    assert view["s1"].drained
    assert not view["s1"].in_maintenance
    assert view["s2"].in_maintenance
    assert not view["s3"].drained


def test_servers_that_are_not_named_are_left_alone(balancer: Balancer) -> None:
    """Holding one server changes no other."""
    balancer.hold({"s1": Wanted("maint")})
    assert [one.server for one in balancer.hold({"s2": Wanted("drain")})] == ["s2"]
    assert [one.admin for one in balancer.view().servers] == ["maint", "drain", "ready"]


def test_an_unknown_server_is_refused_before_anything_is_set(balancer: Balancer) -> None:
    """A name that the balancer does not have is an error, and nothing is set."""
    with pytest.raises(RefusedError, match="no server s9"):
        balancer.hold({"s1": Wanted("drain"), "s9": Wanted("drain")})
    assert balancer.view()["s1"].admin == "ready"


@pytest.mark.parametrize(
    "name",
    [
        "s1; set server app/s2 state maint",
        "s1\nshow info",
        "s1 ",
        "-s1",
        ".",
        "",
        "s/1",
        "s\u00b91",
        "x" * 101,
        7,
    ],
)
def test_a_name_cannot_carry_a_command(balancer: Balancer, name: str) -> None:
    """Whatever is no plain name is refused before it is sent."""
    with pytest.raises(InvalidInputError, match="a name has"):
        balancer.hold({name: Wanted("drain")})
    with pytest.raises(InvalidInputError, match="backend"):
        HAProxyBalancer(["h.sock"], name)
    assert all(one.admin == "ready" for one in balancer.view().servers)


@pytest.mark.parametrize(
    ("admin", "weight"), [("drain; quit", None), ("up", None), ("ready", 257), ("ready", -1)]
)
def test_only_known_states_can_be_wanted(admin: str, weight: int | None) -> None:
    """A state is one of three words, a weight a number from 0 to 256."""
    with pytest.raises(InvalidInputError):
        Wanted(admin, weight)  # type: ignore[arg-type]


def test_17_wanted_states_are_set_again_after_a_reload() -> None:
    """A HAProxy that starts anew forgets what it was told, and the next tick tells it again."""
    wanted = {"s1": Wanted("maint"), "s2": Wanted("ready", 0)}
    with haproxy([1, 2]) as proxy:
        balancer = HAProxyBalancer([proxy.socket], "app")
        balancer.hold(wanted)
        proxy.reload()
        assert balancer.view()["s1"].admin == "ready"
        assert {one.server for one in balancer.hold(wanted)} == {"s1", "s2"}
        assert balancer.view()["s1"].in_maintenance
        assert balancer.view()["s2"].weight == 0


def test_17_the_balancer_in_process_forgets_as_well() -> None:
    """The balancer of the simulations is no better than a real one: a reload loses its orders."""
    balancer = InProcessBalancer(["s1", "s2"], spares=["s2"])
    wanted = {"s1": Wanted("drain"), "s2": Wanted("ready", 100)}
    balancer.hold(wanted)
    balancer.reload()
    assert [(one.admin, one.weight) for one in balancer.view().servers] == [("ready", 100), ("ready", 0)]
    assert len(balancer.hold(wanted)) == 2


class Holding(BaseHTTPRequestHandler):
    """Answers health checks at once, and everything else when it is let go."""

    go = threading.Event()

    def do_GET(self) -> None:
        if self.path != "/healthz":
            self.go.wait(20)
        self.send_response_only(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def until(what: Callable[[], bool]) -> None:
    """Wait until something holds; it comes within seconds."""
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_server_with_work_in_its_hands_is_not_drained() -> None:
    """Drained is a server only when its last session is over, and two balancers' sessions are added."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Holding) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = server.server_address[1]
        with haproxy([port]) as one, haproxy([port]) as other:
            pair = HAProxyBalancer([one.socket, other.socket], "app")
            until(lambda: pair.view().serving == ("s1",))
            clients = [socket.create_connection(("127.0.0.1", proxy.port)) for proxy in (one, other)]
            try:
                for client in clients:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                until(lambda: pair.view()["s1"].sessions == 2)
                pair.hold({"s1": Wanted("drain")})
                assert pair.view()["s1"].sessions == 2
                assert not pair.view()["s1"].drained
                Holding.go.set()
                assert all(b" 200 " in client.recv(100) for client in clients)
                until(lambda: pair.view()["s1"].drained)
            finally:
                Holding.go.set()
                for client in clients:
                    client.close()
        server.shutdown()


def test_two_balancers_must_both_confirm() -> None:
    """A server is drained only when both say so, and what differs is set at each."""
    with haproxy([1, 2]) as one, haproxy([1, 2]) as other:
        pair = HAProxyBalancer([one.socket, other.socket], "app")
        HAProxyBalancer([one.socket], "app").hold({"s1": Wanted("maint", 5)})
        assert pair.view()["s1"].admin == "ready"
        assert pair.view()["s1"].weight == 100
        assert not pair.view()["s1"].agreed
        assert [fix.balancer for fix in pair.hold({"s1": Wanted("maint")})] == [other.socket]
        assert pair.view()["s1"].in_maintenance
        HAProxyBalancer([one.socket], "app").hold({"s1": Wanted("ready")})
        assert [fix.balancer for fix in pair.hold({"s1": Wanted("ready")})] == [other.socket]


def test_18_a_dead_balancer_is_missing_and_a_hanging_one_an_error(tmp_path: Path) -> None:
    """Where nobody listens that balancer is listed; one that listens and is silent leaves all in doubt."""
    with haproxy([1]) as one, haproxy([1]) as other:
        pair = HAProxyBalancer([one.socket, other.socket], "app", timeout=0.3)
        assert pair.view().missing == ()
        end(other.process)
        view = pair.view()
        assert view.missing == (other.socket,)
        assert pair.hold({"s1": Wanted("drain")})
        with answering(silent(0.5), tmp_path / "s") as path:
            doubtful = HAProxyBalancer([one.socket, path], "app", timeout=0.2)
            with pytest.raises(UnreachableError, match="no complete answer within"):
                doubtful.view()
            with pytest.raises(UnreachableError):
                doubtful.hold({"s1": Wanted("maint")})
        assert pair.view()["s1"].admin == "drain"
        end(one.process)
        with pytest.raises(NobodyListensError):
            pair.view()
        one.process = start(one.configuration, one.socket)


def test_two_balancers_with_different_servers_are_refused() -> None:
    """If only one balancer has a server, nobody can say where its work goes."""
    with haproxy([1, 2]) as one, haproxy([1]) as other:
        with pytest.raises(BadAnswerError, match=r"same servers \(s2\)"):
            HAProxyBalancer([one.socket, other.socket], "app").view()
        with pytest.raises(RefusedError, match="no server s2"):
            HAProxyBalancer([one.socket, other.socket], "app").hold({"s2": Wanted("drain")})


def test_a_stopped_haproxy_is_an_error_within_the_timeout(proxy: HAProxy) -> None:
    """A HAProxy that is stopped accepts connections and never answers; that takes one timeout."""
    balancer = HAProxyBalancer([proxy.socket], "app", timeout=0.2)
    os.kill(proxy.process.pid, 19)
    try:
        begun = time.monotonic()
        with pytest.raises(UnreachableError):
            balancer.view()
        assert time.monotonic() - begun < 5
    finally:
        os.kill(proxy.process.pid, 18)
    assert len(balancer.view().servers) == 3


def test_an_unknown_backend_is_named(proxy: HAProxy) -> None:
    """HAProxy's "No such proxy" becomes an error that names the backend."""
    with pytest.raises(RefusedError, match="no backend nothing"):
        HAProxyBalancer([proxy.socket], "nothing").view()


def test_a_socket_of_too_low_a_level_can_look_and_not_order(proxy: HAProxy) -> None:
    """HAProxy's "Permission denied" is an error, not an order that was carried out."""
    HAProxyBalancer([proxy.socket], "app").hold({"s1": Wanted("ready", 100)})
    low = HAProxyBalancer([proxy.low], "app")
    assert len(low.view().servers) == 3
    with pytest.raises(RefusedError, match="Permission denied"):
        low.hold({"s1": Wanted("maint")})
    assert low.view()["s1"].admin == "ready"


def test_sockets_are_loopback_unless_allowed_by_name() -> None:
    """A TCP address beyond this host is refused unless it is allowed; it is not asked for that."""
    for text in ("10.0.0.1:9999", "example.org:9999", "[2001:db8::1]:9999", "0.0.0.0:9999"):
        with pytest.raises(InvalidInputError, match="allowed by name"):
            HAProxyBalancer([text], "app")
    HAProxyBalancer(["example.org:9999"], "app", allowed=["example.org"])
    for text in ("127.0.0.1:99", "[::1]:99", "localhost:99", "h.sock", "unix:/run/h.sock"):
        HAProxyBalancer([text], "app")
    for bad in ([], "h.sock", ["a", "a"], ["a", "b", "c"], ["127.0.0.1:0"], ["127.0.0.1:99999"], [7], [""]):
        with pytest.raises(InvalidInputError):
            HAProxyBalancer(bad, "app")  # type: ignore[arg-type]


def test_a_socket_open_to_everybody_is_refused(proxy: HAProxy) -> None:
    """A control socket that everybody may write to is no place for orders."""
    mode = os.stat(proxy.socket).st_mode
    os.chmod(proxy.socket, 0o666)
    try:
        with pytest.raises(RefusedError, match="mode 600"):
            HAProxyBalancer([proxy.socket], "app").view()
    finally:
        os.chmod(proxy.socket, mode)


def test_a_good_answer_is_read() -> None:
    """Sessions and queue are summed; the order comes from the bits, not from the status."""
    assert read_servers("h", "app", GOOD) == {
        "s1": BalancedServer("s1", "ready", "UP", True, 2, 100),
        "s2": BalancedServer("s2", "drain", "DOWN", False, 4, 0),
    }


def test_17_sessions_of_the_process_before_a_reload_are_not_forgotten() -> None:
    """A server that looks idle after a soft reload is not drained: a request of the old process is on it."""
    with world() as one:
        balancer = HAProxyBalancer([one.proxy.socket], "app", reload_grace=60.0)
        begun = balancer.view()
        answers: list[bytes] = []

        def ask() -> None:
            with urlopen(f"http://127.0.0.1:{one.proxy.port}/for/4", timeout=20) as answer:
                answers.append(answer.read())

        asking = threading.Thread(target=ask)
        asking.start()
        one.wait("the request", lambda: any(server.sessions for server in balancer.view().servers))
        (busy,) = [server.name for server in balancer.view().servers if server.sessions]
        with one.proxy.reloaded_softly():
            one.wait("the new process", lambda: balancer.view()[busy].unseen)
            balancer.hold({name: Wanted("drain") for name in NAMES})
            found = balancer.view()
            assert not answers, "the machine is too slow for this test"
            assert (found[busy].sessions, found[busy].drained) == (0, False)
            assert not any(server.drained for server in found.servers)
            asking.join()
        assert answers == [b"done"]
        assert not any(server.unseen for server in begun.servers)


def test_sessions_are_seen_again_when_the_grace_is_over() -> None:
    """A reload matters for a while, and the first process that is seen has taken over from nobody."""
    address, reloads = SocketAddress(path="h"), Reloads(0.2)
    assert not reloads.lately(address, 7)
    assert reloads.lately(address, 8)
    end = time.monotonic() + 10
    while reloads.lately(address, 8):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    "answer", ["", "Pid: 1\n", "Name: HAProxy\nPid: x\n\n" + GOOD, "Unknown command\n\n" + GOOD]
)
def test_an_answer_without_a_process_has_none(answer: str) -> None:
    """Whatever does not say which process answers is left as it is, and never taken for a good one."""
    assert process_of("h", answer) == (None, answer)


def test_two_numbers_of_a_process_are_refused() -> None:
    """An answer that names two processes is nobody's."""
    with pytest.raises(BadAnswerError):
        process_of("h", "Pid: 1\nPid: 2\n\n" + GOOD)


def test_no_prefix_of_an_answer_is_believed() -> None:
    """An answer that is cut off anywhere is refused."""
    for length in range(len(GOOD)):
        with pytest.raises(OutsideError):
            read_servers("h", "app", GOOD[:length])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scur", "scurry"),
        ("srv_admin_state", "srv_id"),
        ("app,s1", "web,s1"),
        ("3 app 1", "3 web 1"),
        ("s1,0,2", "s1,0,-2"),
        ("s1,0,2", "s1,0,"),
        ("s1,0,2", "s1,0,nan"),
        ("s1,0,2", "s1,0,٣"),
        ("s1,0,2", "s1,0," + "9" * 5000),
        ("UP", ""),
        ("UP", "U\x1b[2J"),
        ("UP", "U" * 50),
        ("app,s1", "app,s 1"),
        ("app,s2", "app,s1"),
        ("app 2 s2", "app 2 s3"),
        ("3 app 2 s2 8 0\n", ""),
        ("3 app 2 s2 8 0\n", "3 app 2 s2\n"),
        ("app,s1,0", 'app,"s1,0'),
        ("# pxname", "pxname"),
    ],
)
def test_wrong_columns_and_values_are_refused(old: str, new: str) -> None:
    """One wrong column, name or number makes the whole answer one that cannot be believed."""
    changed = GOOD.replace(old, new, 1)
    assert changed != GOOD
    with pytest.raises(BadAnswerError):
        read_servers("h", "app", changed)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (saying(b""), BadAnswerError),
        (saying(GOOD.encode()), BadAnswerError),
        (saying(b"HTTP/1.1 200 OK\r\n\r\nhello"), BadAnswerError),
        (saying(b"\xff\xfe\x00garbage\n\n\n\n"), BadAnswerError),
        (saying(f"{PID}{GOOD}".encode()[:-30]), BadAnswerError),
        (endless(b"app,s1,0,0,UP,100,\n" * 1000), BadAnswerError),
        (dripping(f"{PID}{GOOD}".encode()), UnreachableError),
        (silent(0.6), UnreachableError),
    ],
    ids=["nothing", "no process", "HTTP", "no UTF-8", "cut off", "endless", "slow drip", "silence"],
)
@pytest.mark.parametrize("unix", [True, False], ids=["unix", "TCP"])
def test_hostile_answers_are_refused_in_time(
    answer: Answer, error: type[OutsideError], unix: bool, tmp_path: Path
) -> None:
    """Whatever comes back that is no good answer is an error, within the timeout and in little memory."""
    with answering(answer, tmp_path / "s" if unix else None) as address:
        balancer = HAProxyBalancer([address], "app", timeout=0.4)
        begun = time.monotonic()
        with pytest.raises(error) as caught:
            balancer.view()
        assert time.monotonic() - begun < 5
        assert len(str(caught.value)) < 400
        assert str(caught.value).isprintable()


def test_merging_takes_the_more_doubtful_side() -> None:
    """Two views of one server: most available order, worst health, all sessions, the larger weight."""
    one = BalancedServer("s1", "maint", "MAINT", False, 0, 0)
    other = BalancedServer("s1", "drain", "DRAIN", True, 3, 100)
    assert merged([one, other]) == BalancedServer("s1", "drain", "MAINT", False, 3, 100, False, split=True)
    assert not merged([other, other]).split
    assert merged([other]) == other


@pytest.mark.parametrize(
    ("change", "serving"),
    [
        (lambda b: b.hold({"s2": Wanted("drain")}), True),
        (lambda b: b.hold({"s1": Wanted("drain")}), False),
        (lambda b: b.hold({"s1": Wanted("ready", 0)}), False),
        (lambda b: b.report("s1", up=False), False),
    ],
)
def test_the_balancer_in_process_sends_work_to_available_servers_only(
    change: Callable[[InProcessBalancer], object], serving: bool
) -> None:
    """A server that is drained, of weight 0 or down gets no new session, and keeps those it has."""
    balancer = InProcessBalancer(["s1", "s2"])
    assert {balancer.begin(), balancer.begin()} == {"s1", "s2"}
    change(balancer)
    view: BalancerView = balancer.view()
    assert ("s1" in view.serving) is serving
    given = [balancer.begin() for _ in range(6)]
    assert ("s1" in given) is serving
    assert balancer.view()["s1"].sessions == 1 + given.count("s1")
    balancer.end("s1")
    assert balancer.view()["s1"].sessions == given.count("s1")
