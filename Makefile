# Everything a working copy needs; only Python >= 3.11 has to be there. `make demo` is a good start.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint bench bench-gate bench-endurance clean

help:
	@echo "make demo   a preference dataset from simulated models: no key, no network"
	@echo "make test   all tests"
	@echo "make lint   ruff and mypy"
	@echo "make bench  how fast it is, against a hand-written loop"
	@echo "make bench-gate  limits, faults, outages and queues, with plots"
	@echo "make bench-endurance  whether anything grows in a long run (some minutes)"
	@echo "make clean  removes $(VENV)"

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

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m bench.run

bench-gate: $(READY)
	$(BIN)/python -m bench.gate

bench-endurance: $(READY)
	$(BIN)/python -m bench.endurance

clean:
	rm -rf $(VENV)
