# make run    a demo bank in your browser          make test   everything a machine can check
# make lint   style, types, imports                make bench  speed at a million customers
# make demo   the demo bank in an empty database   make lock   the pins anew, from pyproject.toml
# make pictures  the screenshots of the guide, from the running demo

PORT ?= 8501
ADDRESS ?= 127.0.0.1
WORKERS ?= 2
BROWSERS ?= 3
BIN := .venv/bin
# What Python reads for the first time it keeps compiled: servers and workers start all the time.
export PYTHONDONTWRITEBYTECODE :=
CACHED := tests/unit tests/architecture tests/database tests/acceptance tests/concurrency tests/pages
# A browser waits more than it works: there may be more of them than processors. A file stays with
# one of them, for its bank is served to that file alone.
BROWSE := $(BIN)/pytest -q -n $(BROWSERS) --dist loadfile tests/browser

.DEFAULT_GOAL := run
.PHONY: run demo test lint style types cached browser bench pictures lock clean

run: $(BIN)/.ready
	@$(BIN)/fairlead init
	@$(BIN)/fairlead demo --if-empty
	@$(BIN)/fairlead serve --port $(PORT) --address $(ADDRESS)

demo: $(BIN)/.ready
	@$(BIN)/fairlead init
	@$(BIN)/fairlead demo

test: lint cached browser

cached: $(BIN)/.ready-to-test
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(CACHED)

lint: $(BIN)/.ready-to-test
	@$(MAKE) --no-print-directory -j2 style types

style: $(BIN)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(BIN)/.ready-to-test
	$(BIN)/mypy

browser: $(BIN)/.ready-to-test
	$(BIN)/python -m tests.browser.chromium
	$(BROWSE)

bench: $(BIN)/.ready-to-measure
	$(BIN)/python -m benchmarks

pictures: $(BIN)/.ready-to-test
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.pictures

PIN := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --build-deps-for=editable

lock: export CUSTOM_COMPILE_COMMAND = make lock
lock: $(BIN)/.ready-to-test
	$(BIN)/pip install --quiet --disable-pip-version-check pip-tools
	$(PIN) --output-file=requirements.lock pyproject.toml
	$(PIN) --extra=test --constraint=requirements.lock --output-file=requirements-test.lock pyproject.toml
	$(PIN) --extra=bench --constraint=requirements-test.lock --output-file=requirements-bench.lock pyproject.toml

clean:
	rm -rf .venv build *.egg-info

# Each stamp is newer than what was last installed; nothing is installed twice. Most of what libraries
# bring is never read, so it is compiled when it is: compiling it all takes as long as installing it.
# What the product reads is read, and so compiled, while the tests' own libraries are unpacked.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-input --no-compile

$(BIN)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Fairlead needs; the first time this takes a minute or two."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.ready-to-test: requirements-test.lock $(BIN)/.ready
	@echo "Installing what the tests need."
	@$(BIN)/python -c 'from components import warm_up; warm_up.load()' 2>/dev/null & \
	  $(INSTALL) --require-hashes -r requirements-test.lock && wait
	@touch $@

$(BIN)/.ready-to-measure: requirements-bench.lock $(BIN)/.ready-to-test
	@echo "Installing the peers that the benchmarks compare with."
	@$(INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

$(BIN)/python:
	@python=$$(for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	    $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
	      && echo $$name && break; done); \
	  if [ -z "$$python" ]; then \
	    echo "Fairlead needs Python 3.11 or newer; install it, for example as the package python3." >&2; exit 1; fi; \
	  if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$($$python --version) cannot make virtual environments; install its venv module, for example as the package python3-venv." >&2; exit 1; fi; \
	  $$python -m venv .venv
