# The two commands to know are `make demo` and `make test`. Each does all its own set-up, in .venv.
PYTHON ?= python3
OTLP ?=
DIR ?=
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check bench conformance collector clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: .venv/demo ## break a real shop in ten ways and watch Tocsin find each; OTLP=http://host:4318 exports there too
	@OTLP='$(OTLP)' .venv/bin/python examples/shop/demo.py

test: .venv/dev ## the tests
	.venv/bin/python -m pytest

check: .venv/dev ## lint, types, and which room may import which
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/dev ## cost beside bare Flask, OpenTelemetry alone and sentry-sdk, as ratios from one interleaved run
	@.venv/bin/python tests/bench/bench.py
	@.venv/bin/python tests/bench/engine.py
	@.venv/bin/python tests/bench/identity.py
	@.venv/bin/python tests/bench/dispatch.py
	@.venv/bin/python tests/bench/masking.py

conformance: .venv/dev ## the tests of Prometheus and Alertmanager themselves; DIR=folder with them
	@.venv/bin/python tests/conformance.py $(DIR)

collector: ## an OpenTelemetry Collector with what collector-config/ uses, in .collector; needs Go
	@collector-config/build

clean: ## remove what the others made
	rm -rf .venv .demo .collector build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo 'Tocsin needs Python 3.10 or newer; choose one with make PYTHON=python3.12 …' >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ echo 'Python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

.venv/demo: .venv/created pyproject.toml tests/constraints.txt
	@echo 'Installing the shop and Tocsin into .venv (once) …'
	@$(PIP) install --constraint tests/constraints.txt --editable '.[engine,cli]' --group demo
	@touch $@

.venv/dev: .venv/demo
	@echo 'Installing the tools of the tests into .venv (once) …'
	@$(PIP) install --constraint tests/constraints.txt --group dev
	@touch $@
