# make demo and make test set everything up by themselves; VENV=DIR reuses an environment.
VENV ?= .venv
PYTHON ?= python3.11
HOME_DIR ?= .reelwise
BIN := $(VENV)/bin
READY := $(VENV)/.reelwise-ready
# One more than there are cores, four at most: tests in a browser wait more than they work.
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 3 ? n + 1 : 4)))

.PHONY: setup demo serve test test-long run-tests lint clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not installed"; \
	  echo "  fix: install Python 3.11, or name another: make PYTHON=python3 setup"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,compress,offline,mcp,oidc]'
	touch $(READY)

demo: setup
	$(BIN)/reelwise demo --home $(HOME_DIR)

serve: setup
	$(BIN)/reelwise serve --home $(HOME_DIR)

# All tests but those marked long: what takes seconds of processor time by itself.
test: WHICH = not long
test: run-tests
	@echo "the long tests were left out: make test-long"

test-long: WHICH = long
test-long: run-tests

# Rewriting the asserts of all tests takes 20 s in each process: what it makes is kept.
run-tests: setup
	./.ci/browser
	./.ci/voice
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -m "$(WHICH)" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv .reelwise .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
