# Reputation Guard: `make demo` shows it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
BIN := .venv/bin

export PYTHONUTF8 := 1
export SAM_CLI_TELEMETRY := 0
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo local test lint types imports template unit fuzz chaos e2e browser bench load audit lock clean

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .tools/ready  ## Install everything the project needs, inside this folder

demo: .tools/ready  ## Watch the guard catch a bad tenant on an embedded AWS (ARGS=--help for more)
	@$(BIN)/python -m local.demo $(ARGS)

local: .tools/ready  ## Keep the guard running on an embedded AWS, for any boto3 client (ARGS=--help for more)
	@$(BIN)/python -m local $(ARGS)

test: lint types imports template unit e2e  ## The whole check; CI runs this

lint: .tools/ready
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && echo 'lint: clean'

types: .tools/ready
	@$(BIN)/mypy --no-error-summary && echo 'types: clean'

imports: .tools/ready
	@$(BIN)/lint-imports --no-cache > .tools/imports.txt || { cat .tools/imports.txt; exit 1; }; echo 'imports: arrows go down only'

template: .tools/ready
	@.tools/sam/bin/sam validate --lint > .tools/template.txt 2>&1 || { cat .tools/template.txt; exit 1; }; echo 'template: valid'

unit: .tools/ready  ## The tests that need no embedded AWS
	@$(BIN)/pytest -n auto -m 'not e2e and not embedded'

fuzz: .tools/ready  ## Try the borders 20 times as often as `make unit`, another way each time (FUZZ=100 for more)
	@FUZZ=$(or $(FUZZ),20) $(BIN)/pytest tests/fuzz

chaos: .tools/ready  ## Break AWS under the guard thousands of times, and see what holds (SEED=... plays it again)
	@PYTHONPATH=. $(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(ARGS)

e2e: .tools/ready browser  ## The tests on the embedded AWS, and those that deploy the template there
	@$(BIN)/pytest -rs -m 'e2e or embedded'

browser:  ## Install Debian's Chromium for the end-to-end tests, where apt-get can (NO_BROWSER=1 skips them)
	@if [ -n "$(NO_BROWSER)" ]; then echo 'NO_BROWSER: THE TESTS THAT DRIVE A CHROMIUM ARE SKIPPED'; \
	elif command -v chromedriver > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Setting up: Debian's Chromium" && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver > /dev/null; \
	else echo 'NO CHROMIUM HERE, AND NO WAY TO INSTALL IT: THE TESTS THAT DRIVE ONE ARE SKIPPED (in CI they fail)'; fi

bench: .tools/ready  ## Print the benchmarks' figures beside their targets, and write docs/performance.md and docs/quality.md
	@missed=0; for each in decide replay counters cost at_rest latency quality; do $(BIN)/python -m bench.$$each --write || missed=1; done; exit $$missed

load: .tools/ready  ## Count a million events with a burst midway, and write docs/performance.md (some ten minutes)
	@$(BIN)/python -m bench.load --write

audit: .tools/ready  ## Ask for known faults of all that is locked; needs the network, so no other target runs it
	@UV_PROJECT_ENVIRONMENT=.tools/audit $(UV) sync --quiet --frozen --python $(PYTHON) --only-group audit
	@mkdir -p .tools/audited && cp layers/guard/requirements.txt .tools/audited/layer.txt
	@for group in dev local sam audit; do \
		$(UV) export --quiet --frozen --only-group $$group --no-emit-project --no-hashes --output-file .tools/audited/$$group.txt; done
	@$(UV) export --quiet --frozen --extra cli --no-dev --no-emit-project --no-hashes --output-file .tools/audited/cli.txt
	@$(UV) export --quiet --frozen --project tools/checkov --no-hashes --output-file .tools/audited/checkov.txt
	@found=0; for each in .tools/audited/*.txt; do echo "audit: $$(basename $$each .txt)"; \
		.tools/audit/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement $$each || found=1; done; exit $$found

lock: $(UV)  ## Resolve the dependencies anew, and export what the layer ships
	@$(UV) lock --upgrade
	@$(UV) lock --upgrade --project tools/checkov
	@$(MAKE) --no-print-directory layers/guard/requirements.txt

layers/guard/requirements.txt: uv.lock | $(UV)
	@$(UV) export --quiet --frozen --no-dev --no-emit-project --no-annotate --no-hashes --output-file $@

clean:  ## Remove everything that was installed or built here
	@rm -rf .venv .tools .local .aws-sam *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo 'Reputation Guard needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3.11'; exit 1; }
	@echo 'Setting up: uv $(UV_VERSION)'
	@$(PYTHON) -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.tools/ready: $(UV) pyproject.toml uv.lock tools/checkov/uv.lock
	@echo 'Setting up: the project, the embedded AWS, the SAM CLI and checkov, each in its own environment, from their locks'
	@$(UV) sync --quiet --frozen --python $(PYTHON) --extra cli
	@UV_PROJECT_ENVIRONMENT=.tools/local $(UV) sync --quiet --frozen --python $(PYTHON) --only-group local
	@UV_PROJECT_ENVIRONMENT=.tools/sam $(UV) sync --quiet --frozen --python $(PYTHON) --only-group sam
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.tools/checkov $(UV) sync --quiet --frozen --python $(PYTHON) --project tools/checkov
	@touch $@
