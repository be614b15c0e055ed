# What a person types. `make` alone lists it. Nothing here needs more than Python 3.11, pip, git and make.
PYTHON ?= python3
PORT ?= 8000
UV_VERSION := 0.13.9
TORCH_VERSION := 2.13.0
UV := .tools/bin/uv
BIN := .venv/bin
STAMPS := .venv/.stamps
export PORT
# uv takes the Python we have and never fetches one; hard links fail between file systems, and copying costs a second.
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy
export UV_NO_PROGRESS := 1
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup setup-dev browser faketime run test test-all trainers oracles trestle deliveries s3-server check format bench mutate migration first-migration lock clean
.DEFAULT_GOAL := help

help:  ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMPS)/run  ## Install the product into .venv (leaves .venv/bin/labeler)

run: setup  ## Start the product with a made-up demo (PORT=8000, LABELER_HOME=./instance); Ctrl-C ends it
	@$(BIN)/labeler demo

test: setup-dev browser faketime s3-server  ## Run the tests, on SQLite and PostgreSQL and in a browser
	$(BIN)/pytest -n auto -m "not slow" $(ARGS)

test-all: setup-dev browser faketime s3-server  ## Run the tests and the slow ones (hundreds of kills, a million rows)
	$(BIN)/pytest -n auto $(ARGS)

check: setup-dev  ## Look for mistakes without running anything: style, types, floors, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet labeler/templates tasks

format: setup-dev  ## Put the code into shape
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

trainers: .venv-trainers/.made  ## Install TRL and torch beside the product (1.5 GB), for the tests that train on exports

oracles: .venv-oracles/.made  ## Install others' statistics and a reader of Croissant beside the product (0.5 GB), for tests that compare

trestle: .venv-trestle/.made  ## Install compliance-trestle beside the product (0.1 GB), for the test that reads our OSCAL files with it

deliveries: $(STAMPS)/deliveries  ## Install what deliveries to S3 buckets and to the Hugging Face Hub need

bench: setup-dev  ## Measure: the labeler's loop, import, export, pages (minutes; ARGS="--quick" for less)
	$(BIN)/python -m tests.load $(ARGS)

mutate: setup-dev  ## Change the rules of care wrongly, one place at a time: their tests must fail (minutes)
	$(BIN)/python -m tests.house.mutate $(ARGS)

migration: setup-dev  ## Draft a migration from the models: make migration m="Say what changes"
	$(BIN)/python -m migrations.draft "$(m)"

first-migration: setup-dev  ## Write the first migration anew: only while nobody has data
	$(BIN)/python -m migrations.draft --first

lock: $(UV)  ## Choose the newest allowed versions again and write requirements/*.txt with their hashes
	$(UV) pip compile --upgrade $(LOCK) --group build pyproject.toml -o requirements/run.txt
	$(UV) pip compile --upgrade $(LOCK) --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	$(UV) pip compile --upgrade $(LOCK) --group build --extra s3 --extra hub -c requirements/dev.txt pyproject.toml -o requirements/deliveries.txt
	$(UV) pip compile --upgrade $(LOCK) --group pyproject.toml:trainers -o requirements/trainers.txt
	$(UV) pip compile --upgrade $(LOCK) --overrides requirements/oracles-overrides.txt --group pyproject.toml:oracles -o requirements/oracles.txt
	$(UV) pip compile --upgrade $(LOCK) --group pyproject.toml:s3-server -o requirements/s3-server.txt
	$(UV) pip compile --upgrade $(LOCK) --group pyproject.toml:trestle -o requirements/trestle.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:  ## Remove what was installed and cached; data stays
	rm -rf .venv .venv-trainers .venv-oracles .venv-trestle .venv-s3-server .tools .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist test-results

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed (PYTHON=python3.12 make ... chooses one).'; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo 'pip is needed: on Debian, apt-get install python3-pip.'; exit 1; }
	$(PYTHON) -m pip install --quiet --no-deps --upgrade --target .tools uv==$(UV_VERSION)
	@touch $@

.venv/bin/python: | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv

# Once the tests have brought their packages these stay, so that `make run` and `make test` do not undo each other.
$(STAMPS)/run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(call install,$(if $(wildcard $(STAMPS)/dev),dev,$(if $(wildcard $(STAMPS)/deliveries),deliveries,run)))
	@touch $@

# The lock of the run with both extras; from then on every installation into .venv keeps them.
$(STAMPS)/deliveries: requirements/run.txt requirements/deliveries.txt pyproject.toml | $(STAMPS)/run
	$(call install,$(if $(wildcard $(STAMPS)/dev),dev,deliveries))
	@touch $@

setup-dev: $(STAMPS)/dev

$(STAMPS)/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(call install,dev)
	@touch $(STAMPS)/run $@

# An environment of its own: what trainers ask for changes often and is large. torch stays out of the lock, because each
# machine has its own build of it; where the index offers one for CPUs alone (UV_EXTRA_INDEX_URL, UV_FIND_LINKS), it does.
.venv-trainers/.made: requirements/trainers.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-trainers
	$(UV) --no-config pip install --quiet --python .venv-trainers torch==$(TORCH_VERSION)  # the lock leaves it out, not this
	$(UV) pip install --quiet --python .venv-trainers --require-hashes --no-deps --requirement requirements/trainers.txt
	@touch $@

# An environment of its own: they ask for much that the product does not, some of it old. They are no judges of speed.
.venv-oracles/.made: requirements/oracles.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-oracles
	$(UV) pip install --quiet --python .venv-oracles --require-hashes --no-deps --requirement requirements/oracles.txt
	@touch $@

# An environment of its own: it asks for some forty packages, among them other versions of ours.
.venv-trestle/.made: requirements/trestle.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-trestle
	$(UV) pip install --quiet --python .venv-trestle --require-hashes --no-deps --requirement requirements/trestle.txt
	@touch $@

# An S3 server for the tests of deliveries, in an environment of its own: it and the tests want other versions of the same.
# Without it those tests are skipped, and say so.
s3-server:
	@$(MAKE) --no-print-directory .venv-s3-server/.made || echo 'No S3 server here: the tests of buckets are skipped.'

.venv-s3-server/.made: requirements/s3-server.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-s3-server
	$(UV) pip sync --quiet --python .venv-s3-server --require-hashes --compile-bytecode requirements/s3-server.txt
	@touch $@

define install
$(UV) pip sync --quiet --python .venv --require-hashes --compile-bytecode requirements/$(1).txt
$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
@mkdir -p $(STAMPS)
endef

# Chromium comes from the system. Without it the browser tests are skipped, and say so.
browser:
	@if { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo 'Installing Chromium for the browser tests (apt-get install chromium)'; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 \
	    || echo 'Chromium could not be installed: the browser tests are skipped. Install the package "chromium" to run them.'; \
	else echo 'No Chromium here: the browser tests are skipped. Install the package "chromium" to run them.'; fi

# One test moves the real server's clock. Without the library it is skipped, and says so.
faketime:
	@if ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo 'Installing libfaketime for one test (apt-get install libfaketime)'; \
	  { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfaketime \
	    || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfaketime; }; } >/dev/null 2>&1 \
	    || echo 'libfaketime could not be installed: its test is skipped.'; \
	else echo 'No libfaketime here: its test is skipped. Install the package "libfaketime" to run it.'; fi
