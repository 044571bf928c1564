"""What runs beside the loop: looks, commands, blackout checks, requests; none of them may hold it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from rejuvmodel.runtime.acting.blackout import Blackout
from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.acting.workers import Workers
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.events import Done, NotDone, PauseAsked, RollAsked
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.operating.requests import Inbox
from rejuvmodel.runtime.outside.failures import RefusedError
from rejuvmodel.runtime.watching.samples import Sample
from rejuvmodel.runtime.watching.sampling import Sampling

FILE = """
[group]
name = "web"
mode = "active/active"
required = 1
[balancer]
type = "in-process"
[[servers]]
name = "s1"
[[servers]]
name = "s2"
"""


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


class Seen:
    """A monitor that answers when it is let."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open = threading.Event()
        self.looks = 0

    def sample(self) -> Sample:
        self.looks += 1
        assert self.open.wait(10)
        return Sample(self.name, time.monotonic(), "healthy")


class Broken:
    """A monitor of another distribution, with a fault."""

    def sample(self) -> Sample:
        raise ZeroDivisionError("no")


def test_8_a_look_that_hangs_holds_up_neither_the_others_nor_the_loop() -> None:
    """The quick server's sample is there, and the slow one is asked once until it answers."""
    quick, slow = Seen("s1"), Seen("s2")
    quick.open.set()
    looks = Sampling({"s1": quick, "s2": slow})
    try:
        for _ in range(3):
            assert set(looks.newest(0.05)) == {"s1"}
        assert (quick.looks, slow.looks) == (3, 1)
        slow.open.set()
        until(lambda: "s2" in looks.newest(0.05))
    finally:
        slow.open.set()
        looks.close()


def test_8_many_looks_that_hang_hold_up_nobody() -> None:
    """However many servers hang, those that answer are seen at each call after the first few."""
    hanging = [Seen(f"h{number}") for number in range(9)]
    quick = Seen("z")
    quick.open.set()
    looks = Sampling({one.name: one for one in [*hanging, quick]})
    try:
        found = [set(looks.newest(0.05)) for _ in range(6)]
        assert found[1:] == [{"z"}] * 5
        assert [one.looks for one in hanging] == [1] * 9
    finally:
        for one in hanging:
            one.open.set()
        looks.close()


def test_a_monitor_with_a_fault_sees_nothing() -> None:
    """Its sample is unknown, with the fault as the doubt."""
    looks = Sampling({"s1": Broken()})
    try:
        found = looks.newest(5)["s1"]
    finally:
        looks.close()
    assert found.answer == "unknown"
    assert "no" in found.doubts[0]


def test_ends_of_commands_come_with_their_tickets() -> None:
    """A command that returns is done, one that raises is not, whatever it raises, and the loop is woken."""
    woken = threading.Event()
    workers = Workers(woken.set)

    def refused() -> None:
        raise RefusedError("supervisor", "no")

    def broken() -> None:
        raise ZeroDivisionError("oh")

    workers.begin("s1", 1, "restart", lambda: None)
    workers.begin("s2", 2, "restart", refused)
    workers.begin("s3", 3, "restart", broken)
    until(lambda: not workers.busy)
    ends = {one.ticket: one for one in workers.ends()}
    assert ends[1] == Done("s1", 1)
    assert ends[2] == NotDone("s2", 2, "supervisor: no.")
    assert ends[3] == NotDone("s3", 3, "ZeroDivisionError: oh")
    assert woken.is_set()
    assert workers.ends() == []


def test_8_no_command_is_begun_beside_another_of_its_server() -> None:
    """It has failed at once; other servers, and the same one after its end, have theirs."""
    workers, door = Workers(lambda: None), threading.Event()
    workers.begin("s1", 1, "restart", lambda: door.wait(10))
    workers.begin("s1", 0, "notify", lambda: None)
    workers.forget()
    workers.begin("s1", 2, "recover", lambda: None)
    workers.begin("s2", 3, "restart", lambda: None)
    assert workers.command_runs("s1")
    found: list[Done | NotDone] = []
    until(lambda: len(found) == 2 or found.extend(workers.ends()))
    assert {type(one): one.ticket for one in found} == {NotDone: 2, Done: 3}
    door.set()
    until(lambda: not workers.command_runs("s1"))
    workers.begin("s1", 4, "recover", lambda: None)
    until(lambda: found.extend(workers.ends()) or found[-1] == Done("s1", 4))


def test_checkpoints_do_not_pile_up() -> None:
    """While one without a ticket runs, the next of the same server is left out."""
    workers, door, begun = Workers(lambda: None), threading.Event(), []

    def copy() -> None:
        begun.append(1)
        door.wait(10)

    for _ in range(3):
        workers.begin("s1", 0, "hand over", copy)
    until(lambda: begun)
    door.set()
    until(lambda: not workers.busy)
    assert len(begun) == 1
    assert workers.ends() == []


NOT_YET = "the blackout checks have not answered yet"


def asked(*arguments: str, timeout: float = 5.0) -> str | None:
    """Ask one blackout check to its end."""
    woken = threading.Event()
    checks = Blackout([Command("blackout", arguments, timeout, ())], woken.set)
    first = checks.blocked(matters=True)
    assert first == NOT_YET
    assert woken.wait(10)
    return checks.blocked(matters=True)


def test_a_clear_blackout_check_blocks_nothing() -> None:
    """Exit code 0 is a yes, once it is there."""
    assert asked("true") is None


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("false",), "exit code 1"),
        (("/no/such/program",), "cannot be started"),
        (("sleep", "9"), "not finished"),
    ],
)
def test_14_a_check_that_says_no_or_cannot_be_asked_blocks(arguments: tuple[str, ...], word: str) -> None:
    """Another exit code, a missing program and one that hangs all block, with the reason."""
    found = asked(*arguments, timeout=0.3)
    assert found is not None
    assert word in found


def test_blackout_checks_are_asked_only_when_it_matters(tmp_path: Path) -> None:
    """Nothing is run while nothing is due, but it blocks: what becomes due waits; an answer holds a while."""
    log = tmp_path / "log"
    woken = threading.Event()
    script = f"open({str(log)!r}, 'a').write('x')"
    checks = Blackout([Command("blackout", ["python3", "-c", script], 20.0, ())], woken.set)
    assert checks.blocked(matters=False) == NOT_YET
    assert not log.exists()
    checks.blocked(matters=True)
    assert woken.wait(20)
    for _ in range(5):
        assert checks.blocked(matters=True) is None
    assert log.read_text() == "x"


def file(folder: Path) -> RuntimeFile:
    """A group of two."""
    path = folder / "web.toml"
    path.write_text(FILE, encoding="utf-8")
    return read_runtime_file(path)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"ask": "reboot"}, "reboot"),
        ({"ask": None}, "None"),
        ({"ask": "rejuvenate"}, "name of a server"),
        ({"ask": "rejuvenate", "servers": ["s3"]}, "The servers are s1, s2"),
        ({"ask": "rejuvenate", "servers": "s1"}, "list of names"),
        ({"ask": "rejuvenate", "servers": [1]}, "list of names"),
        ({"ask": "rejuvenate", "servers": ["s1; shutdown"]}, "s1; shutdown"),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    tmp_path: Path, request_: dict[str, object], word: str
) -> None:
    """The loop never hears of them, and the answer says what was wrong and what is right."""
    inbox = Inbox(file(tmp_path), lambda: None)
    answer = inbox.post(request_)
    assert answer["ok"] is False
    assert word in f"{answer['error']} {answer['advice']}"
    assert inbox.events() == []


def test_requests_are_answered_by_the_loop(tmp_path: Path) -> None:
    """Whoever asks from another thread gets the status of the tick that took the request up."""
    woken = threading.Event()
    inbox = Inbox(file(tmp_path), woken.set)
    answers: list[dict[str, object]] = []

    def ask() -> None:
        answers.append(inbox.post({"ask": "pause"}))
        answers.append(inbox.post({"ask": "rejuvenate", "servers": ["s2"]}))

    thread = threading.Thread(target=ask)
    thread.start()
    events = []
    while thread.is_alive():
        if woken.wait(0.01):
            woken.clear()
            events += inbox.events()
            inbox.answer(partial(dict, at=len(events)))
    thread.join()
    assert events == [PauseAsked(), RollAsked("an operator asks", by_operator=True, servers=("s2",))]
    assert answers == [{"ok": True, "status": {"at": 1}}, {"ok": True, "status": {"at": 2}}]


def test_a_problem_that_lasts_calls_somebody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before it has lasted, not while it goes on, and again if it comes again."""
    now = [100.0]
    monkeypatch.setattr("rejuvmodel.runtime.operating.attention.time.monotonic", lambda: now[0])
    attention, called = Attention("web"), []
    for second, text in enumerate(["a", None, *["b"] * 13, None, *["c"] * 11]):
        now[0] = 100.0 + second
        attention.problem("journal", text)
        called += [second] * len(attention.overdue())
    assert called == [12, 26]


def test_problems_are_said_when_they_begin_and_when_they_end(caplog: pytest.LogCaptureFixture) -> None:
    """Not at every tick in between, and the newest words stand in the status."""
    caplog.set_level("INFO")
    attention = Attention("web")
    for text in ("refused", "refused", "timed out"):
        attention.problem("balancer", text)
    assert attention.problems == {"balancer": "timed out"}
    attention.problem("balancer", None)
    attention.problem("balancer", None)
    assert attention.problems == {}
    assert [record.message for record in caplog.records] == [
        "web: balancer: refused", "web: balancer is well again",
    ]  # fmt: skip
