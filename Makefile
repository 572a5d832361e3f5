# make help lists everything. Every target works as the only command on a machine with Python 3.11 to 3.13 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-oldest test-newest test-extras test-recordlinkage lint types docs house check bench fuzz mutants clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "make: Python 3.11 to 3.13 is needed; name one with PYTHON=..."; exit 2; }
	@echo "making $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --upgrade pip
	@$(BIN)/pip install --quiet --editable '.[notebook]' --group dev
	@touch $@

demo: $(READY) ## make five demo systems, resolve them, show what was found
	@$(BIN)/oneid demo --out oneid-demo

test: $(READY) ## run the everyday tests and name the lanes left out
	@echo "lanes left out here: large data and many kills (make test-slow); code blocks of docs and examples (make docs); other versions (make test-oldest, make test-newest); extras (make test-extras, make test-recordlinkage)"
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "lane left out here: PostgreSQL, no server is installed (apt-get install postgresql)"
	@$(PYTEST) -m "not slow and not pages"

test-slow: $(READY) ## run the tests on large data and the many kills
	@$(PYTEST) -m slow

test-oldest: $(READY) ## run the everyday tests with the oldest supported Python here and the oldest pandas
	@$(BIN)/python scripts/lane.py oldest

test-newest: $(READY) ## run the everyday tests with the newest supported Python here and the newest pandas
	@$(BIN)/python scripts/lane.py newest

test-extras: $(READY) ## run the tests of kinds with the extras reading, itaiji and address
	@$(BIN)/python scripts/lane.py extras

test-recordlinkage: $(READY) ## run the tests of the bridge to recordlinkage, with pandas 2
	@$(BIN)/python scripts/lane.py recordlinkage

lint: $(READY) ## check style, the layers of rooms, and shipped notes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/python scripts/check_notes.py

types: $(READY) ## check types (mypy --strict)
	@$(BIN)/mypy

docs: $(READY) ## check that reference and picture are those of the code, and run every code block of docs and examples
	@$(BIN)/python scripts/make_reference.py --check
	@$(BIN)/python scripts/make_house.py --check
	@$(PYTEST) -q -m pages tests/test_docs.py

house: $(READY) ## draw the picture of the rooms from the code
	@$(BIN)/python scripts/make_house.py

check: lint types docs test ## everything that a change must pass before it is committed

bench: $(READY) ## measure 1,000,000 demo records and add the figures to benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py

fuzz: $(READY) ## change the known values at random for ten minutes and look for a broken promise of a normalizer
	@$(BIN)/python scripts/fuzz.py --minutes 10

mutants: $(READY) ## change seven rooms in 300 small ways and see whether their tests notice (about an hour)
	@$(BIN)/python scripts/mutate.py pairs clusters identity golden households registry kinds --draw 43 --least 95

clean: ## remove what the other targets made
	@rm -rf $(VENV) .venv-* oneid-demo .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis build dist
