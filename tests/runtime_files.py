"""Runtime files for tests of replay, plan and export: three servers behind a balancer in the process."""

from __future__ import annotations

from pathlib import Path

from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file


def runtime_file(
    folder: Path, policy: str = 'confirm_for = "10 min"', *, more: str = "", servers: int = 3,
    required: int = 1, limit: str = "memory = 100e6", group: str = "", executor: str = 'type = "dry-run"',
) -> RuntimeFile:  # fmt: skip
    """Return the file of a group whose servers are unstable at 100 MB."""
    names = "\n".join(f'[[servers]]\nname = "s{k + 1}"' for k in range(servers))
    thresholds = f"[thresholds]\n{limit}" if limit else ""
    path = folder / "web.toml"
    path.write_text(f"""
[group]
name = "web"
mode = "active/active"
required = {required}
{group}
[policy]
{policy}
{thresholds}
[balancer]
type = "in-process"
[executor]
{executor}
{more}
{names}
""")
    return read_runtime_file(path)
