# make help lists everything. Every target works as the only command on a machine with Python 3.11 to 3.13 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SITE := .venv-site/.ready
AXE := .axe/package/axe.min.js
AXE_VERSION := 4.14.1
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
# MADE=1: the environments of lanes are there (make lanes)
LANE := $(BIN)/python scripts/lane.py $(if $(MADE),--made)

# tests start the command hundreds of times; without kept bytecode each start compiles all of it again
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow search lanes test-oldest test-newest test-extras test-recordlinkage lint types docs house axe pictures site test-site pictures-site image check bench fuzz fuzz-commands mutants clean

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

# one worker a core, so Polars takes one thread in each; the other lanes leave it as many as there are cores
test: $(READY) ## run the everyday tests and name the lanes left out
	@echo "lanes left out here: large data and many kills (make test-slow); code blocks of docs and examples (make docs); other versions (make test-oldest, make test-newest); pages in a browser (make pictures); extras (make test-extras, make test-recordlinkage)"
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "lane left out here: PostgreSQL, no server is installed (apt-get install postgresql)"
	@{ command -v chromium && command -v chromedriver; } >/dev/null || echo "lane left out here: pages in a browser, no Chromium is installed (apt-get install chromium chromium-driver)"
	@POLARS_MAX_THREADS=1 $(PYTEST) -m "not slow and not pages"

test-slow: $(READY) ## run the tests on large data, the many kills, and every property with all its examples
	@$(PYTEST) -m "slow or (hypothesis and not pages)" --hypothesis-profile thorough

search: $(READY) ## try every property with new examples; what fails is a fault to mend, and its example a case
	@$(PYTEST) -m "hypothesis and not pages" --hypothesis-profile search

lanes: $(READY) ## make the environments of the four lanes below and run nothing in them
	@$(BIN)/python scripts/lane.py --make oldest newest extras recordlinkage

test-oldest: $(READY) ## run the everyday tests with the oldest supported Python here and the oldest pandas, or those it matters to
	@$(LANE) oldest

test-newest: $(READY) ## run the everyday tests with the newest supported Python here, if it is another than theirs
	@$(LANE) newest

test-extras: $(READY) ## run the tests of kinds with the extras reading, itaiji and address
	@$(LANE) extras

test-recordlinkage: $(READY) ## run the tests of the bridge to recordlinkage, with pandas 2
	@$(LANE) recordlinkage

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

$(SITE): pyproject.toml
	@echo "making .venv-site (once)"
	@$(PYTHON) -m venv .venv-site
	@.venv-site/bin/pip install --quiet --upgrade pip
	@.venv-site/bin/pip install --quiet --group site --group site-test
	@touch $@

site: $(SITE) ## build the documentation site, English and Japanese, into site/
	@.venv-site/bin/python scripts/make_site.py

$(AXE):
	@mkdir -p .axe
	@cd .axe && tar -xzf "$$(npm pack --silent axe-core@$(AXE_VERSION))" package/axe.min.js
	@touch $@

axe: $(AXE) ## fetch axe-core, by which pages are examined (not kept here: its licence is another)

test-site: site $(AXE) ## check the built site: links, both languages, search, no outside host, axe-core in Chromium
	@.venv-site/bin/python -m pytest -q --noconftest tests/site_lane.py

pictures-site: $(READY) ## record the demo and draw the gallery's pictures anew
	@$(BIN)/python scripts/make_recording.py
	@$(BIN)/python scripts/make_gallery.py

image: ## build the container image oneid with docker or podman
	@$$(command -v docker || command -v podman || { echo "make: neither docker nor podman is here" >&2; echo false; }) build -f Containerfile -t oneid .

house: $(READY) ## draw the picture of the rooms from the code
	@$(BIN)/python scripts/make_house.py

pictures: $(READY) site $(AXE) ## draw report, review, explain and the site's start page with Chromium (build/pictures), check them with axe-core, renew the pictures of README
	@$(BIN)/python scripts/make_pictures.py

check: lint types docs test ## everything that a change must pass before it is committed

bench: $(READY) ## measure 1,000,000 demo records and add the figures to benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py

fuzz: $(READY) ## change the known values at random for ten minutes and look for a broken promise of a normalizer
	@$(BIN)/python scripts/fuzz.py --minutes 10

fuzz-commands: $(READY) ## run commands, options and files made at random for ten minutes and look for an end without words
	@$(BIN)/python scripts/fuzz_commands.py --minutes 10

mutants: $(READY) ## change seven rooms in 300 small ways and see whether their tests notice (about an hour)
	@$(BIN)/python scripts/mutate.py pairs clusters identity golden households registry kinds --draw 43 --least 95

clean: ## remove what the other targets made
	@rm -rf $(VENV) .venv-* oneid-demo .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis build dist site
