"""What a controller takes: the memory of a real one. Its processor time is measured by ``make bench``."""

from __future__ import annotations

from pathlib import Path

import pytest
from ten_servers import memory, watched


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_a_controller_of_ten_servers_is_small() -> None:
    """At most 60 MB are resident at its peak, and nothing of NumPy is mapped."""
    with watched("0.2 s") as runtime:
        assert memory(runtime) <= 60
        mapped = Path(f"/proc/{runtime}/maps").read_text(encoding="utf-8")
    assert "psutil" in mapped
    assert "numpy" not in mapped
