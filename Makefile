# Needs python3 (3.11 or newer) with venv, and make. Everything else is set up in .venv.
PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
NOTEBOOKS := $(wildcard notebooks)

.DEFAULT_GOAL := help
.PHONY: help demo demo-runtime test test-peers lint docs bench bench-peers explore soak coverage notebooks clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: $(VENV)/ready  ## the main job: when to rejuvenate the two servers of examples/duplex.toml
	@$(BIN)/rejuvmodel optimize examples/duplex.toml

demo-runtime: $(VENV)/ready-demo  ## three leaking servers behind HAProxy, rejuvenated under load; nothing is lost
	@$(BIN)/python examples/runtime/demo.py

test: lint  ## every check: style, types, docstrings, tests, code blocks of the documents, notebooks
	@HYPOTHESIS_PROFILE=gate $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --nbmake tests $(NOTEBOOKS)

test-peers: $(VENV)/ready-dev $(PEERS)/ready  ## the exported models, solved by the model checker Storm
	@PEERS_PYTHON=$(PEERS)/bin/python $(BIN)/python -m pytest -m peers tests/test_peers.py

lint: $(VENV)/ready-dev  ## the checks that run nothing: style, types, the repository itself
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/repo-review --show err .

docs: $(VENV)/ready-dev  ## the documentation, to docs/_build/html
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/ready-dev  ## the timings the project promises, measured here
	@$(BIN)/python -m benchmarks

bench-peers: $(VENV)/ready-dev $(PEERS)/ready-bench  ## rare outages, with the answers of other programs
	@PEERS_PYTHON=$(PEERS)/bin/python $(BIN)/python -m benchmarks.comparison

soak: $(VENV)/ready-dev  ## the long versions of the tests
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m soak tests

explore: $(VENV)/ready-dev  ## the property tests on random examples, new ones each time
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal -m 'hypothesis and not soak' tests

coverage: $(VENV)/ready-dev  ## which lines the tests reach
	@$(BIN)/python -m pytest --cov --cov-report=term-missing tests

notebooks: $(VENV)/ready-dev  ## run the notebooks again and keep their output
	@$(BIN)/python -m pytest --nbmake --overwrite notebooks

clean:  ## remove everything that make has made
	rm -rf $(VENV) $(PEERS) docs/_build docs/notebooks dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip before 25.1, which venv may install, does not know --group.
$(VENV)/ready: pyproject.toml hatch_build.py src/rejuvmodel/models/horner.c
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable .
	@touch $@

$(VENV)/ready-demo: $(VENV)/ready
	@echo "Setting up HAProxy and supervisor ..."
	@$(PIP) install --editable '.[runtime]' --group demo
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	@echo "Setting up the tools of development ..."
	@$(PIP) install --group dev
	@touch $@

# Storm, which the library never imports; the wheels need a recent glibc (2.34) or macOS.
$(PEERS)/ready: tests/peers/requirements.txt
	@echo "Setting up $(PEERS) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip -qq --disable-pip-version-check install --requirement tests/peers/requirements.txt
	@touch $@

$(PEERS)/ready-bench: $(PEERS)/ready benchmarks/peers/requirements.txt
	@$(PEERS)/bin/python -m pip -qq --disable-pip-version-check install --requirement benchmarks/peers/requirements.txt
	@touch $@
