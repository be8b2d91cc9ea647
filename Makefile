# make run: a running hotline. make test: everything that is checked. Both install first.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := config telephony ivr asr agent_gateway tests docker

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test lint bench lock docker clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## everything the hotline needs, into this folder (needs no root)
	@$(PYTHON) docker/install.py

install-dev: ## also what tests and checks need
	@$(PYTHON) docker/install.py --dev

run: install ## start Asterisk and the service; Ctrl-C stops both
	@exec $(BIN)/hotline run

lint: install-dev ## style, types and the direction of imports
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports

# Most of a call is waiting, so two run side by side, and unit tests beside them (tests/spread.py). A
# machine that stalls may spoil a call in real time: what fails is run once more, alone and with a hotline
# started anew. Both reports are printed; the second counts.
# The service starts some hundred times in a run: it is compiled once, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: lint ## lint, then unit tests and live tests with a real Asterisk
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder || { test $$? = 1 \
	    && $(BIN)/pytest --last-failed --last-failed-no-failures none --maxfail 10; }

bench: install-dev ## figures of this machine: calls, FastAGI, greeting, transfers, time to the screen
	@$(BIN)/python -m tests.bench

lock: ## make the lock files anew from pyproject.toml
	@$(PYTHON) docker/lock.py

docker: ## build the image
	docker build -f docker/Dockerfile -t hotline .

clean: ## remove what was installed and every cache; data in var/data stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
	    .hypothesis var/asterisk var/browser var/models var/postgresql var/softphone
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
