# Every command sets up what it needs by itself; the second time it starts at once.
# A machine without make can type the recipes: they are plain shell, and README.md writes them out.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench eval pictures lock setup clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo "  More arguments go in ARGS, as in: make test ARGS='-k approve'"

run: $(VENV)/.project ## Start Countersign at http://127.0.0.1:8080 (no account, no key, no database needed)
	@exec $(BIN)/countersign run $(ARGS)

test: $(VENV)/.dev ## Run the tests
	$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal $(ARGS)

check: $(VENV)/.dev ## Lint, format, types, and the walls between the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.walls

bench: $(VENV)/.dev ## Measure speed and memory, print a table, write tests/bench/results/
	$(BIN)/python -m tests.bench $(ARGS)

eval: $(VENV)/.dev ## Measure how well drafts are made, on the texts in COUNTERSIGN_EVAL_DATA (../shared/data)
	$(BIN)/python -m tests.eval $(ARGS)

pictures: $(VENV)/.dev ## Draw the cards again, as Slack shows them, into docs/pictures (needs Chromium)
	$(BIN)/python -m tests.pictures $(ARGS)

setup: $(VENV)/.dev ## Install everything, for development too, and start nothing

lock: ## Write both lock files again after a change in pyproject.toml (ARGS=--upgrade for newer versions)
	@set -e; uv=$$(command -v uv) || { \
	  $(PYTHON) -m venv $(VENV)-lock; $(VENV)-lock/bin/python -m pip install --quiet uv; uv=$(VENV)-lock/bin/uv; }; \
	compile="$$uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet"; \
	$$compile --group build $(ARGS) --output-file requirements.lock; \
	$$compile --group dev --group bench $(ARGS) --constraints requirements.lock --output-file requirements-dev.lock

clean: ## Remove the virtual environment and the caches; data/ stays
	rm -rf $(VENV) $(VENV)-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv is taken when it is on PATH, because it is several times faster; the lock and its hashes are the same.
define install
	@set -e; if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python $(1); \
	else \
	  $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input $(1); \
	fi
endef

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Countersign needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one with: make PYTHON=python3.12")'
	@echo "Making a virtual environment in $(VENV)"
	@if command -v uv >/dev/null; then $(PYTHON) -m venv --without-pip $(VENV); else $(PYTHON) -m venv $(VENV); fi
	@touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.python
	@echo "Installing the packages of requirements.lock (about a minute with pip, seconds with uv)"
	$(call install,--require-hashes -r requirements.lock)
	@touch $@

# The build backend comes from the lock, so this step needs no network.
$(VENV)/.project: pyproject.toml bot/__init__.py $(VENV)/.runtime
	$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.project
	@echo "Installing the packages of requirements-dev.lock"
	$(call install,--require-hashes -r requirements-dev.lock)
	@touch $@
