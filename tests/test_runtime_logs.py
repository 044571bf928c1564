"""Logs: one line a record, as text and as JSON, whatever is in it."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest

from rejuvmodel.runtime.operating.logs import FORMATS, logged, printable

LOG = logging.getLogger("rejuvmodel.runtime.test")
FIELDS = {
    "group": "web",
    "server": "s1",
    "phase": "draining",
    "cause": "covered",
    "step": "S105",
    "ticket": 7,
}


def lines(
    form: str, level: str = "info", text: str = "web s1: serving -> draining", **more: object
) -> list[str]:
    """What one record looks like."""
    stream = io.StringIO()
    with logged(form, level, stream):
        LOG.info(text, extra={"fields": FIELDS | more})
    return stream.getvalue().splitlines()


def test_text() -> None:
    """As text a line has the time in UTC to the millisecond, the level, and the message."""
    (line,) = lines("text")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO web s1: serving -> draining", line)


def test_json() -> None:
    """As JSON a line has the same, the logger, and every field of the event."""
    (line,) = lines("json", load=0.5, capacity=float("inf"), roll=("s1", "s2"), identity=None)
    values = json.loads(line, parse_constant=pytest.fail)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", values.pop("time"))
    assert values == FIELDS | {
        "level": "INFO", "logger": "rejuvmodel.runtime.test", "message": "web s1: serving -> draining",
        "load": 0.5, "capacity": "inf", "roll": ["s1", "s2"], "identity": None,
    }  # fmt: skip


def test_fields_do_not_hide_what_every_line_has() -> None:
    """A field with the name of a part of every line is left out."""
    (line,) = lines("json", message="forged", time="never", level="DEBUG")
    values = json.loads(line)
    assert (values["message"], values["level"]) == ("web s1: serving -> draining", "INFO")


@pytest.mark.parametrize("form", FORMATS)
def test_foreign_text_makes_no_line_of_its_own(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line breaks, escapes of a terminal and broken characters are escaped: one record, one line."""
    # Reports of tests that run side by side can carry no broken characters.
    monkeypatch.setattr(logging.getLogger("rejuvmodel"), "propagate", False)
    found = lines(form, text="a\nERROR forged\r\x1b[2J\u2028\udcff", server="s\n1")
    assert len(found) == 1
    assert found[0].isprintable()
    assert "\x1b" not in found[0]


@pytest.mark.parametrize("form", FORMATS)
def test_levels(form: str) -> None:
    """What is below the level is left out, and nothing is written once the context is left."""
    assert lines(form, "warning") == []
    assert len(lines(form, "debug")) == 1
    stream = io.StringIO()
    with logged(form, "info", stream):
        pass
    LOG.error("later")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", FORMATS)
def test_tracebacks(form: str) -> None:
    """A fault is logged with its traceback, which cannot be taken for other records."""
    stream = io.StringIO()
    with logged(form, "info", stream):
        try:
            raise ValueError("a\nb")
        except ValueError:
            LOG.exception("a fault")
    found = stream.getvalue().splitlines()
    assert "ValueError: a" in stream.getvalue()
    if form == "json":
        (line,) = found
        assert json.loads(line)["traceback"][0] == "Traceback (most recent call last):"
    else:
        assert len(found) > 3
        assert all(line.startswith("    ") for line in found[1:])


def test_a_log_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A stream that fails stops nothing and says nothing."""
    stream = io.StringIO()
    stream.close()
    with logged("text", "info", stream):
        LOG.info("lost")
    assert capsys.readouterr() == ("", "")


def test_printable() -> None:
    """Text that can be printed stays as it is."""
    assert printable("λ_f → 0.1") == "λ_f → 0.1"
    assert printable("a\tb\x00") == "a\\tb\\x00"
