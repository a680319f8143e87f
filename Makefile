# make run    installs what is missing and serves the app      make test   the same set-up, then every check and test
# make prove  the long forms of the tests                      make bench  what is measured, against whom
# make mutants  changes the code, and says what no test notices
# make lock   writes the lock files                            make doctor examines this machine
# PYTHON=python3.12 picks another interpreter, PORT=8600 another port.

PYTHON ?= python3
PORT ?= 8501
PYTEST ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock" $(UPGRADE)

.PHONY: run test prove mutants bench bench-full screenshots doctor lock clean

run: .venv/installed
	@echo "Vitrine: http://127.0.0.1:$(PORT)   (Ctrl+C stops it)"
	@exec $(BIN)/streamlit run Home.py --server.port $(PORT)

test: .venv/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(PYTEST)

prove: .venv/installed-tests
	VITRINE_PROVE=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(PYTEST)

# MUTANTS="--seed 2 --only core/export" takes other places.
mutants: .venv/installed-tests
	$(BIN)/python tests/mutants.py $(MUTANTS)

bench bench-full: .venv/installed-tests
	@missed=; for bench in $$(grep -l __main__ bench/*.py); do echo "== $$bench"; \
		PYTHONPATH=. $(BIN)/python $$bench $(if $(filter bench-full,$@),--full) || missed="$$missed $$bench"; done; \
	test -z "$$missed" || { echo "A bound was missed, or the bench failed:$$missed"; exit 1; }

screenshots: .venv/installed-tests
	$(BIN)/python tests/browser/screenshots.py

doctor: .venv/installed
	@$(BIN)/python -m vitrine doctor

# UPGRADE=--upgrade takes the newest versions; without it only what has to change does.
lock: .venv/installed-tests
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements.txt tests/requirements.txt --constraints requirements.lock --output-file tests/requirements.lock

clean:
	rm -rf .venv

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Vitrine needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)."; \
		echo "Install one and name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing what Vitrine runs on into .venv (once; about a minute) ..."
	@$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

.venv/installed-tests: .venv/installed tests/requirements.lock
	@echo "Installing what the tests need into .venv (once) ..."
	@$(PIP) install --require-hashes --requirement tests/requirements.lock
	@touch $@
