# Reputation Guard: `make demo` shows it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV_VERSION := 0.13.9
PYTHON ?= python3
UV := .tools/uv/bin/uv
STAMPS := .tools

export PYTHONUTF8 := 1
export SAM_CLI_TELEMETRY := 0
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo local test lint types imports unit e2e bench lock clean

help:  ## List what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.tools/uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo 'Reputation Guard needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3.11'; exit 1; }
	@echo 'Setting up: uv $(UV_VERSION)'
	@$(PYTHON) -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.tools/ready: $(UV) pyproject.toml uv.lock
	@echo 'Setting up: the project, the embedded AWS and the SAM CLI, each in its own environment, from one lock'
	@$(UV) sync --quiet --frozen --python $(PYTHON) --extra cli
	@UV_PROJECT_ENVIRONMENT=.tools/local $(UV) sync --quiet --frozen --python $(PYTHON) --only-group local
	@UV_PROJECT_ENVIRONMENT=.tools/sam $(UV) sync --quiet --frozen --python $(PYTHON) --only-group sam
	@touch $@

setup: .tools/ready  ## Install everything the project needs, inside this folder
