# make run          installs Vitrine into .venv if needed and serves the app
# make test         runs lint, type checks and all tests, and a selection of them on PostgreSQL
# make prove        runs all tests, including the long ones, with ten times the property test examples, and those of
#                   tests/core on PostgreSQL
# make bench        runs all benchmarks; make bench-full with more rounds and larger data
# make mutants      runs mutation tests and lists the surviving mutants
# make consumers    lets the programs that read exports read ours, and writes the table of docs/CONSUMERS.md
# make readmes      follows the README of each format word by word, and writes the other table
# make screenshots  takes a screenshot of each page, and the pictures of the documentation
# make docs         builds the documentation into site/
# make lock         writes the lock files
# make doctor       checks this installation
# make clean        deletes .venv
# PYTHON=python3.12 uses another interpreter, PORT=8600 another port.

PYTHON ?= python3
PORT ?= 8501
PYTEST ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# uv installs in a third of pip's time, where the machine has it and it reaches a package index. It does not compile
# by itself, and without bytecode each new process takes twice as long to start.
UV := $(shell command -v uv 2>/dev/null)
install = $(if $(UV),VIRTUAL_ENV=.venv $(UV) pip install --quiet --compile-bytecode --require-hashes --requirement $(1) ||) \
	$(PIP) install --require-hashes --requirement $(1)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock" $(UPGRADE)

.PHONY: run test prove mutants bench bench-full consumers readmes screenshots docs doctor lock clean

run: .venv/installed
	@echo "Vitrine: http://127.0.0.1:$(PORT)   (Ctrl+C stops it)"
	@exec $(BIN)/streamlit run Home.py --server.port $(PORT)

test: .venv/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(PYTEST)
	PYTHONDONTWRITEBYTECODE= VITRINE_TEST_DATABASE=postgresql $(BIN)/python -m pytest --numprocesses 3 --dist loadfile $(ON_POSTGRESQL)

# What differs between the databases: SQL of its own, triggers, the text index, transactions, the lease, vectors; and of
# each service what reads and writes most.
ON_POSTGRESQL := tests/core/db tests/core/bin tests/core/audit/test_service.py tests/core/overlap \
	tests/core/tasks/engines tests/core/tasks/test_item_queue.py $(addprefix tests/core/backup/test_,server_copy.py move.py) \
	$(addprefix tests/core/dataset/test_,quality.py query_planner.py rows_read.py undo.py collaboration.py) \
	$(addprefix tests/core/,checks/test_service.py images/test_lifecycle.py images/test_filter.py importing/test_storing.py) \
	$(addprefix tests/core/,export/test_service.py moving/test_kinds.py api/test_analyses.py vision/test_vectors.py) \
	$(addprefix tests/core/,questions/test_targets.py questions/test_templates.py style/test_datasets.py transform/test_variants.py) \
	tests/core/vision/vectors/test_server_index.py tests/core/llm/test_rate_windows.py

prove: .venv/installed-tests
	VITRINE_PROVE=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST)
	VITRINE_TEST_DATABASE=postgresql $(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/core
	VITRINE_PROVE=1 VITRINE_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/core/tasks/test_restarts.py tests/core/tasks/engines/test_killed.py \
		tests/core/llm/test_rates_of_processes.py

# MUTANTS="--seed 2 --only core/export" selects other mutants.
mutants: .venv/installed-tests
	$(BIN)/python tests/mutants.py $(MUTANTS)

bench bench-full: .venv/installed-tests
	@missed=; for bench in $$(grep -l __main__ bench/*.py); do echo "== $$bench"; \
		PYTHONPATH=. $(BIN)/python $$bench $(if $(filter bench-full,$@),--full) || missed="$$missed $$bench"; done; \
	test -z "$$missed" || { echo "A bound was missed, or the benchmark failed:$$missed"; exit 1; }

# CONSUMERS="pandas datasets" selects some; CONSUMERS_DIR names the directory of checkouts.
consumers: .venv/installed-tests
	$(BIN)/python -m tests.consumers $(CONSUMERS)

# FORMATS="csv trl" selects some; the same checkouts.
readmes: .venv/installed-tests
	$(BIN)/python -m tests.consumers.readmes $(FORMATS)

screenshots: .venv/installed-tests
	$(BIN)/python tests/browser/screenshots.py
	$(BIN)/python tests/browser/docs_pictures.py

docs: .venv/installed-tests
	$(BIN)/python docs/generator/build.py

doctor: .venv/installed
	@$(BIN)/python -m vitrine doctor

# UPGRADE=--upgrade updates all libraries; without it, locked versions stay unless requirements.txt demands others.
lock: .venv/installed-tests
	$(LOCK) requirements.txt requirements-see.txt requirements-postgresql.txt requirements-s3.txt requirements-workers.txt --output-file requirements.lock
	$(LOCK) requirements.txt requirements-see.txt requirements-postgresql.txt requirements-s3.txt requirements-mcp.txt requirements-workers.txt tests/requirements.txt --constraints requirements.lock --output-file tests/requirements.lock

clean:
	rm -rf .venv

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Vitrine needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)."; \
		echo "Install it, then run: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python could not create a virtual environment. On Debian and Ubuntu, run: apt install python3-venv"; exit 1; }
	@echo "Installing the libraries of Vitrine into .venv (once; about a minute) ..."
	@$(call install,requirements.lock)
	@touch $@

.venv/installed-tests: .venv/installed tests/requirements.lock
	@echo "Installing the test tools into .venv (once) ..."
	@$(call install,tests/requirements.lock)
	@touch $@
