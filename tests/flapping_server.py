"""A leaking server whose health comes and goes, as a file says that has its port as suffix.

Run as ``python flapping_server.py PORT FILE``: FILE is that of the time to warm up, and FILE.PORT holds
"well"; "every other", so that each asker is told in turn that it is well and that it is not; or the number of
seconds [s] after which a new process is ill.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "runtime"))
import leaking_server

MOOD = Path(f"{sys.argv[2]}.{sys.argv[1]}")
TURNS: defaultdict[bool, itertools.count[int]] = defaultdict(itertools.count)


class Flapping(leaking_server.Handler):
    """Says that it is not well now and then."""

    def health(self) -> None:
        mood = MOOD.read_text(encoding="utf-8") if MOOD.exists() else "well"
        if mood == "every other":  # HAProxy's checks have no host
            ill = next(TURNS["Host" in self.headers]) % 2 == 1
        else:
            ill = mood != "well" and time.monotonic() - leaking_server.STARTED > float(mood)
        if ill:
            self.answer(503, b"{}")
        else:
            super().health()


if __name__ == "__main__":
    threading.Thread(target=leaking_server.end_with_parent, daemon=True).start()
    leaking_server.Server(("127.0.0.1", int(sys.argv[1])), Flapping).serve_forever()
