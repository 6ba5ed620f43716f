# Everything a newcomer needs: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check crash docs format bench clean

demo: $(READY)
	$(BIN)/xinqiao demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

crash: $(READY)
	$(BIN)/python -m tests.submission_queue.model 200 60
	$(BIN)/python -m tests.crash

docs: $(READY)
	$(BIN)/python -m xinqiao.documents docs

bench: $(READY)
	$(BIN)/python bench/reading.py
	$(BIN)/python bench/end_to_end.py
	$(BIN)/python bench/several_workers.py
	$(BIN)/python bench/growth.py
	$(BIN)/python bench/figures.py
	$(BIN)/python bench/reconciling.py
	$(BIN)/python bench/audit.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed (PYTHON=python3.12 make …)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(READY)
