"""What happens, told in one line a step, from the structured log of the runtime."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: What a phase means to whoever looks on; other phases are passed over.
WORDS = {
    "draining": "off the list, no new sessions",
    "parking": "drained, no sessions left",
    "warming": "restarted",
    "joining": "healthy, back on the list",
    "serving": "serving",
}


@dataclass
class Story:
    """Reads the log while it is written, prints, and remembers who has a new life and serves again."""

    log: Path
    began: float
    pid: Callable[[str], int | None]
    before: dict[str, int | None]
    after: dict[str, int | None] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        """Whether every server has a new life and serves again."""
        return not self.away and set(self.after) == set(self.before)

    def follow(self) -> None:
        """Tell everything until told to stop, and then what is left."""
        with self.log.open(encoding="utf-8") as lines:
            text = ""
            while True:
                last = self.over.is_set()
                while part := lines.readline():
                    text += part
                    if text.endswith("\n"):
                        self.take(json.loads(text) if text.startswith("{") else {"message": text.strip()})
                        text = ""
                if last:
                    return
                time.sleep(0.02)

    def take(self, record: dict[str, Any]) -> None:
        """Tell one record of the log, if it is one for whoever looks on."""
        server, phase, message = record.get("server", ""), record.get("phase"), str(record["message"])
        if record.get("level") not in ("INFO", "DEBUG"):
            self.tell(server, f"{record.get('level', 'output')}: {message}")
        elif " is unstable: " in message:
            self.tell(server, f"unstable: {message.partition(' is unstable: ')[2]}")
        elif phase in WORDS:
            self.move(server, phase, record["cause"])

    def move(self, server: str, phase: str, cause: str) -> None:
        """Tell that a server has gone on, and why if that is no matter of course."""
        words = cause if cause.startswith("called back") else WORDS[phase]
        if phase == "draining":
            self.away.add(server)
        elif phase == "warming":
            old = self.after.get(server) or self.before[server]
            self.after[server] = self.pid(server)
            words += f", pid {old} -> {self.after[server]}"
        elif phase == "serving" and server in self.away:
            self.away.discard(server)
        elif phase == "serving":
            words = "no longer unstable"
        self.tell(server, words)

    def tell(self, server: str, words: str) -> None:
        """Print a line."""
        print(f"{time.monotonic() - self.began:6.1f} s  {server:3} {words}", flush=True)
