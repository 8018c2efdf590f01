# Everything sets up its own environment in .venv; PYTHON names the interpreter (3.11 or newer).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Hundreds of tests start programs of ours: what they import is compiled once, also where the shell says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check format servers servers-of-the-index servers-of-the-flow servers-under-trouble soak bench eval clean newer

run: $(VENV)/.run
	$(BIN)/rasid run

$(VENV)/.run: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Rasid needs Python 3.11 or newer; call: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install --quiet --editable '.[dev,cluster,elasticsearch]'
	touch $@

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m 'not soak and not server'

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -m 'not soak and not server'

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The tests on a real Kafka and Elasticsearch, which need a JDK and Maven; without them they are skipped with the reason. Most of their time
# is waiting for servers, so that the three parts run side by side.
SERVER_TESTS := $(BIN)/python -m pytest -q -m 'server and not soak' --durations 5
INDEX_TESTS := tests/contract/test_index.py tests/contract/test_index_text.py tests/sinks tests/kibana
TROUBLE_TESTS := $(addprefix tests/cluster/test_,batches.py index_outages.py kills.py operations.py orders.py polling.py secure_broker.py worker.py)

servers: $(VENV)/.dev
	$(MAKE) --no-print-directory --output-sync=target -j3 servers-under-trouble servers-of-the-flow servers-of-the-index

servers-of-the-index: $(VENV)/.dev
	$(SERVER_TESTS) $(INDEX_TESTS)

servers-under-trouble: $(VENV)/.dev
	$(SERVER_TESTS) $(TROUBLE_TESTS)

servers-of-the-flow: $(VENV)/.dev
	$(SERVER_TESTS) $(addprefix --ignore=,$(INDEX_TESTS) $(TROUBLE_TESTS))

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m soak --timeout 3600

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(BENCH)

eval: $(VENV)/.dev
	$(BIN)/python -m bench.eval

# The fast tests on every newer interpreter that is here; for 3.14 the resolution of what we depend on.
newer:
	$(PYTHON) scripts/newer_pythons.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
