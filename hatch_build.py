"""Build hook: compile Horner's scheme of the closed form, if there is a C compiler.

The library is complete without it. A wheel that holds the compiled scheme fits its platform only, any
version of Python; one without it fits every platform.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src", "rejuvmodel", "models")
FLAGS = ("-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")


class CustomBuildHook(BuildHookInterface):
    """Adds ``horner.shared`` to the wheel, or to the source tree of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the interface's
        """Compile before the files are collected."""
        if self.target_name != "wheel":
            return
        folder = Path(self.root) / FOLDER
        built = folder / "horner.shared"
        built.unlink(missing_ok=True)
        if compile_scheme(folder / "horner.c", built):
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["artifacts"].append(str(FOLDER / built.name))
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"


def compile_scheme(source: Path, built: Path) -> bool:
    """Compile the scheme with the compiler of ``CC``, or ``cc``; return whether that worked."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if sys.platform == "win32" or not compiler or shutil.which(compiler[0]) is None:
        return False
    command = [*compiler, *FLAGS, str(source), "-o", str(built), "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as problem:
        detail = getattr(problem, "stderr", None) or problem
        sys.stderr.write(f"{compiler[0]} could not compile {source}; rejuvmodel does without. {detail}\n")
        return False
    return True
