"""Sphinx configuration."""

from __future__ import annotations

import shutil
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent

project = "rejuvmodel"
author = "The rejuvmodel developers"
copyright = "2026, The rejuvmodel developers"
version = release = installed_version("rejuvmodel")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
# `make test` runs the notebooks; the pages show the output they are committed with.
nb_execution_mode = "off"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_custom_sections = ["Theory"]
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = f"rejuvmodel {release}"
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_nav_level": 2,
}
html_sidebars = {"**": []}  # the bar at the top lists every page; code needs the width
html_show_sourcelink = False

# Sphinx reads below its own directory only; the notebooks stand where a reader of the repository looks.
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns(".*"))
