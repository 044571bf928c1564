"""The findings of a check as text, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.findings import Finding
from rejuvmodel.runtime.operating.logs import printable


def findings_text(file: RuntimeFile, findings: Sequence[Finding]) -> str:
    """Return findings as text.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    findings : sequence of Finding
        What was found.

    Returns
    -------
    str
        A line each, and a verdict.
    """
    group = file.group
    head = (
        f"{file.path}: {group.name} ({group.mode.value}), {len(group.servers)} servers, {group.required} "
        f"required, at most {group.max_concurrent} away"
    )
    lines = [f"- {one.level}: {_words(one)}" for one in findings]
    wrong, warnings = (sum(one.level == level for one in findings) for level in ("wrong", "warning"))
    words = f"{wrong or 'none'} wrong, {warnings or 'no'} warning{'s' * (warnings != 1)}"
    verdict = f"{len(findings)} looked at: {words}."
    return "\n".join(printable(line) if line else "" for line in (head, "", *lines, "", verdict))


def findings_json(file: RuntimeFile, findings: Sequence[Finding], *, offline: bool) -> dict[str, Any]:
    """Return findings as the keys of a document.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    findings : sequence of Finding
        What was found.
    offline : bool
        Whether nobody was asked.

    Returns
    -------
    dict
        JSON values.
    """
    return {
        "file": file.path, "group": file.group.name, "offline": offline,
        "ok": all(one.ok for one in findings), "findings": [asdict(one) for one in findings],
    }  # fmt: skip


def _words(one: Finding) -> str:
    """A finding as one sentence or two."""
    text = f"{one.part}{f' {one.where}' if one.where else ''}: {' '.join(one.text.split()).rstrip('.')}."
    return f"{text} {one.advice}" if one.advice else text
