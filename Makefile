# make run: the main job on the embedded default, then its result.  make test: everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

# One scope is one module; long ones first (tests/conftest.py), so that no core waits for the other.
PYTEST := $(BIN)/python -m pytest
AT_ONCE := --numprocesses auto --dist loadscope --no-loadscope-reorder

.PHONY: install run test tests lint format bench drill lock clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

run: install
	$(BIN)/pressdiff run
	$(BIN)/pressdiff sql "select release_id, published_on, event_on, place, word_count, headline from releases order by published_on nulls last, release_id"

test: install
	@$(MAKE) --no-print-directory --jobs=2 lint tests

tests: install
	$(PYTEST) $(AT_ONCE)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(BIN)/python -m benchmarks

drill: install
	$(PYTEST) -m drill
	$(PYTEST) --hypothesis-profile large $(AT_ONCE)

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) data build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
