"""Three servers that leak memory are rejuvenated under load, and no request is lost.

    python examples/runtime/demo.py [--quick]

First the runtime does it: a model decides on a policy, and ``rejuvmodel runtime run`` applies it to real
servers behind a real HAProxy. Then, as a control, the same servers are restarted without being drained. Exit
code 0 means that the runtime has lost nothing and the control something.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from decide import decide
from load import Load, load
from processes import DemoError, process, wait
from stage import NAMES, Stage, stage
from story import Story

#: The servers pass this threshold [bytes] after some 7 s of load, and with --quick after 1 s.
MEMORY, QUICK_MEMORY = 4e6, 6e5
#: The longest time for everything to be rejuvenated [s]; the load itself ends after 60 s.
LONGEST = 55.0
CHECK = ("runtime", "check", "web.toml")
COMMAND = ("runtime", "run", "web.toml")


def main(arguments: list[str]) -> int:
    """Run both parts; return the exit code."""
    if set(arguments) - {"--quick"}:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    quick = "--quick" in arguments
    try:
        with stage(memory=QUICK_MEMORY if quick else MEMORY) as ready, calm_end():
            return play(ready, NAMES[:1] if quick else NAMES)
    except DemoError as problem:
        sys.stderr.write(f"The demo failed: {problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; everything is stopped.\n")
        return 130


def play(ready: Stage, controls: tuple[str, ...]) -> int:
    """Play both parts on the stage, and judge."""
    print(f"Supervisor keeps {', '.join(NAMES)}; HAProxy is in front; each request leaks 4 kB.")
    decided = decide(ready.folder / "web_model.toml", ready.folder / "web-policy.json")
    print(textwrap.fill(f"The model decides: {decided}", 100))
    if len(controls) > 1:
        print(f"\n$ rejuvmodel {' '.join(CHECK)}\n{checked(ready)}")
    print(
        f"\n$ rejuvmodel {' '.join(COMMAND)}    # under load: 12 connections, a quarter POSTs\n", flush=True
    )
    story, traffic, least = rejuvenated(ready)
    table(story, traffic, least)
    print(
        f"\nControl: the same load, but {', '.join(controls)} restarted without being drained ...\n",
        flush=True,
    )
    control = restarted(ready, controls)
    losses = ", ".join(f"{count} x {what}" for what, count in control.lost.most_common())
    print(f"{control.all_lost} of {control.sent} requests lost: {losses or 'none'}.")
    if traffic.all_lost or least < len(NAMES) - 1:
        print(f"\nFAILED: nothing should have been lost, with {len(NAMES) - 1} servers serving at any time.")
        return 1
    if not control.all_lost:
        print("\nFAILED: the control lost nothing, so that this run proves nothing.")
        return 1
    print(f"\nWith the runtime: 0 of {traffic.sent} requests lost. Everything is stopped.")
    return 0


def checked(ready: Stage) -> str:
    """Let the runtime ask everything that its file names; return its last line."""
    command = [sys.executable, "-m", "rejuvmodel", *CHECK]
    done = subprocess.run(command, cwd=ready.folder, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise DemoError(f"the check found something:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()[-1]


def rejuvenated(ready: Stage) -> tuple[Story, Load, int]:
    """Let the runtime rejuvenate every server under load; return story, load, and the fewest serving."""
    log = ready.folder / "runtime.log"
    command = [sys.executable, "-m", "rejuvmodel", *COMMAND, "--log-format", "json"]
    before = {name: ready.pid(name) for name in NAMES}
    with process(command, ready.folder, log) as runtime:
        story = Story(log, time.monotonic(), ready.pid, before)
        with beside(story.follow, story.over), watched(ready) as counts, load(ready.port) as traffic:
            wait("every server rejuvenated", lambda: ended(runtime) or story.done, LONGEST)
            end(runtime)
            time.sleep(0.2)
    return story, traffic, min(counts)


def ended(runtime: subprocess.Popen[bytes]) -> bool:
    """Say that the runtime has ended by itself, which is a fault; False while it runs."""
    if runtime.poll() is not None:
        raise DemoError(f"the runtime ended with exit code {runtime.returncode}")
    return False


def end(runtime: subprocess.Popen[bytes]) -> None:
    """End the runtime in order: it finishes or undoes what is under way."""
    runtime.terminate()
    try:
        code = runtime.wait(20)
    except subprocess.TimeoutExpired:
        raise DemoError("the runtime did not end within 20 s of TERM") from None
    if code != 0:
        raise DemoError(f"the runtime ended with exit code {code}")


def restarted(ready: Stage, names: tuple[str, ...]) -> Load:
    """Restart servers under load without draining them; return what came of the requests."""
    with load(ready.port) as traffic:
        for name in names:
            time.sleep(0.3)
            ready.supervisor.restart(name)
            wait(f"{name} serving", lambda: ready.serving() == len(NAMES))
    return traffic


@contextmanager
def watched(ready: Stage) -> Iterator[list[int]]:
    """Count the servers that HAProxy sends work to, again and again, until the end of the block."""
    counts, over = [ready.serving()], threading.Event()

    def count() -> None:
        while not over.wait(0.02):
            counts.append(ready.serving())

    with beside(count, over):
        yield counts


@contextmanager
def beside(work: Callable[[], None], over: threading.Event) -> Iterator[None]:
    """Do some work in a thread until the end of the block; its fault is one of the demo."""
    faults: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
    if faults:
        raise DemoError(f"looking on failed: {faults[0]}") from faults[0]


def table(story: Story, traffic: Load, least: int) -> None:
    """Print what came of the first part."""
    print("\n| server | pid before | pid after |\n|:-------|-----------:|----------:|")
    for name in NAMES:
        print(f"| {name:6} | {story.before[name]:>10} | {story.after[name]:>9} |")
    print(f"\nrequests sent          {traffic.sent:>6}")
    print(f"requests lost          {traffic.all_lost:>6}")
    print(f"fewest servers serving {least:>6}")
    for what, count in traffic.lost.most_common():
        print(f"  {count} x {what}")


@contextmanager
def calm_end() -> Iterator[None]:
    """Let a second Ctrl-C not disturb the end."""
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


def interrupt(_: int, __: FrameType | None) -> None:
    """Let TERM, or a terminal that is closed, end the demo like Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
