# Two commands set everything up on a machine with Python and make: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test browser clients check format bench bench-reports acceptance torture docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# A Debian machine may have Python without its venv module: then the system's package is fetched.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Ripeline needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); apt-get update -q && apt-get install -qy python3-venv && $(PYTHON) -m venv $(VENV); }
	@echo "installing Ripeline and its tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## run the main job: 200 leads, 30 days, in about a minute
	@$(BIN)/ripeline demo $(if $(shell test -t 0 && echo yes),,--exit)

check: $(STAMP) ## lint, format, types and layers
	$(BIN)/ruff check engine tests bench docs
	$(BIN)/ruff format --check engine tests bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Three at once: most tests wait for processes. Those of a file stay together, as they share their homes.
test: check browser clients ## the checks and the whole test suite
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

# The preview is tested in a real browser: the machine's own, Debian's, or where there is neither the one that
# Playwright fetches.
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
browser: $(STAMP)
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
		(apt-get update -q && apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends chromium) || \
		$(BIN)/python -m playwright install --with-deps chromium

# Event clients that the tests speak with, each where it is in nobody's way: two of the Python ones want different
# versions of the same package.
CLIENTS := $(VENV)/clients
clients: $(CLIENTS)/.installed
$(CLIENTS)/.installed: $(wildcard tests/clients/*.txt) tests/clients/package.json $(STAMP)
	@command -v npm >/dev/null || (apt-get update -q && \
		apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends nodejs npm)
	@echo "installing event clients into $(CLIENTS) …"
	@rm -rf $(CLIENTS) && mkdir -p $(CLIENTS)/node
	@for name in $(notdir $(basename $(wildcard tests/clients/*.txt))); do \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(CLIENTS)/$$name \
			-r tests/clients/$$name.txt || exit 1; done
	@cp tests/clients/package.json $(CLIENTS)/node/
	@npm install --prefix $(CLIENTS)/node --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

format: $(STAMP) ## format and mend what can be mended by itself
	$(BIN)/ruff format engine tests bench docs
	$(BIN)/ruff check --fix engine tests bench docs

bench: $(STAMP) ## speed, as ratios against a limit measured in the same run
	$(BIN)/python -m bench

bench-reports: $(STAMP) ## each report at 1,000,000 leads and 10,000,000 events (some minutes, 16 GB of disk)
	LEADS=1000000 $(BIN)/python -m bench all-reports all-reports-postgresql

LEADS ?= 10000
KILLS ?= 500
torture: $(STAMP) ## kill senders at random: KILLS=500 over LEADS=10000, SEED=… plays one again
	@$(BIN)/python -m tests.faults.torture --leads $(LEADS) --kills $(KILLS) $(if $(SEED),--seed $(SEED))

acceptance: $(STAMP) ## the forty faults, one a line, with what their tests say
	@$(BIN)/python -m tests.acceptance

docs: $(STAMP) ## write docs/reference/ anew from the code
	@$(BIN)/python -m docs.generate

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
