"""The pictures of the gallery: before the pages are read, its code blocks are run and save them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def draw(app) -> None:
    """Run the blocks of the page in one namespace, in the directory that the page takes its pictures from."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    page = Path(app.srcdir, "gallery.md")
    place = Path(app.srcdir, "gallery")
    place.mkdir(exist_ok=True)
    plt.switch_backend("agg")
    # The same code gives the same bytes.
    with contextlib.chdir(place), mpl.rc_context({"svg.hashsalt": "rejuvmodel"}):
        namespace: dict[str, object] = {}
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            exec(compile(block[1], str(page), "exec"), namespace)
    plt.close("all")


def setup(app):
    """Draw before anything is read."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
