# Everything a working copy needs; only Python >= 3.11 has to be installed. Start with `make demo`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-fast coverage lint check hooks wheel bench bench-compare bench-gate \
	bench-endurance test-engines test-browser faults tasks-page clean

help:
	@echo "make demo             make a preference dataset with simulated models: no key, no network"
	@echo "make test             run all tests"
	@echo "make test-fast        run the tests that take a minute together, for work in progress"
	@echo "make test-engines     run the tests that need real engines: vLLM, and others that are installed"
	@echo "make test-browser     run the tests of the review pages in Chromium"
	@echo "make coverage         run the fast tests and show which lines they reach"
	@echo "make lint             run ruff and mypy"
	@echo "make check            run lint and the fast tests: before every push"
	@echo "make hooks            run ruff and mypy on every commit from now on"
	@echo "make wheel            build the wheel and run it in an empty environment"
	@echo "make bench            measure speed against a hand-written loop"
	@echo "make bench-compare    what changed between the last two measurements of speed"
	@echo "make bench-gate       measure the rate limiter: limits, faults, outages and queues, with plots"
	@echo "make bench-endurance  check that nothing grows in a long run (some minutes)"
	@echo "make faults           regenerate docs/faults.md from the tests of faults"
	@echo "make tasks-page       regenerate docs/tasks.md from the docstrings of the tasks"
	@echo "make clean            remove $(VENV)"
	@echo ".ci/run               run everything a change has to pass"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $(READY)

demo: $(READY)
	$(BIN)/distilabel demo

test: $(READY)
	$(BIN)/python -m pytest -n 2

# tests/slow.py lists the others; a test that takes longer than 15 s belongs there.
FAST := -n 2 --dist worksteal -m "not slow"

test-fast: $(READY)
	$(BIN)/python -m pytest -q $(FAST) --timeout 15

# Gigabytes: engines get an environment of their own, and tests of those that are missing are skipped.
# A vLLM elsewhere is used with DISTILABEL_VLLM_PYTHON=/path/to/its/python.
ENGINES_VENV ?= .venv-engines
ENGINES ?= vllm hf-transformers llama-cpp sentence-transformers mlx

$(ENGINES_VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENGINES_VENV)
	$(ENGINES_VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(ENGINES_VENV)/bin/python -m pip install --quiet --editable . --group dev
	@# One by one: a package that cannot be installed here leaves the others.
	@for extra in $(ENGINES); do \
		$(ENGINES_VENV)/bin/python -m pip install --quiet --editable ".[$$extra]" \
			|| echo "the extra $$extra could not be installed: its tests are skipped"; \
	done
	@# Writes the tiny model for llama.cpp; runs MLX on Linux.
	@for package in gguf 'mlx-lm[cpu]'; do \
		$(ENGINES_VENV)/bin/python -m pip install --quiet "$$package" \
			|| echo "$$package could not be installed: its tests are skipped"; \
	done
	@touch $@

test-engines: $(ENGINES_VENV)/.ready
	$(ENGINES_VENV)/bin/python -m pytest -q -rs tests/engines tests/models/local --timeout 900

# The review pages, in Debian's or another Chromium that is installed.
BROWSER_VENV ?= .venv-browser

$(BROWSER_VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(BROWSER_VENV)
	$(BROWSER_VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BROWSER_VENV)/bin/python -m pip install --quiet --editable . --group dev playwright
	@touch $@

test-browser: $(BROWSER_VENV)/.ready
	$(BROWSER_VENV)/bin/python -m pytest -q -rs tests/browser

coverage: $(READY)
	$(BIN)/python -m pytest -q $(FAST) --cov --cov-report term:skip-covered

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test-fast

hooks: $(READY)
	$(BIN)/pre-commit install

wheel: $(READY)
	VENV=$(VENV) .ci/wheel

bench: $(READY)
	$(BIN)/python -m bench.run

bench-compare: $(READY)
	$(BIN)/python -m bench.history

bench-gate: $(READY)
	$(BIN)/python -m bench.gate

bench-endurance: $(READY)
	$(BIN)/python -m bench.endurance

faults: $(READY)
	cd tests && ../$(BIN)/python -m faults > ../docs/faults.md

tasks-page: $(READY)
	$(BIN)/python -m distilabel.cli.task_page > docs/tasks.md

clean:
	rm -rf $(VENV)
