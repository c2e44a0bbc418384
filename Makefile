# Everything a newcomer types. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
SQL_PATHS := dbt_project/models dbt_project/macros dbt_project/tests warehouse/raw.sql

export AIRFLOW_HOME := $(CURDIR)/.airflow
export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)/dags
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := False
export GX_ANALYTICS_ENABLED := False

.PHONY: help setup demo test test-all lint format bench docs airflow lock clean

help: ## show these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: .venv/ready ## make .venv with popflow and its pinned tools

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("popflow needs Python 3.11 or newer; this is %d.%d: call make PYTHON=python3.11" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/pip check
	@touch $@

demo: setup ## an invented county, three nights, an OD report (in ./demo)
	@$(BIN)/popflow demo demo

test: setup lint ## lint, types, import layers and every test but the slow ones
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: setup lint ## the whole suite, slow tests too
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup ## ruff, mypy --strict, import layers, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --config dbt_project/.sqlfluff --processes 2 $(SQL_PATHS)

format: setup ## put Python and SQL into the one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --config dbt_project/.sqlfluff --processes 2 $(SQL_PATHS)

bench: setup ## measure; prints ratios against a named peer in the same run
	@for each in benchmarks/bench_*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

docs: setup ## the data dictionary, made from the models, in docs/build
	$(BIN)/python tools/build_docs.py docs/build

airflow: setup ## Airflow's own pages with these DAGs, on http://127.0.0.1:8080 (set POPFLOW_SITE first)
	PATH="$(CURDIR)/$(BIN):$$PATH" AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True AIRFLOW__API__HOST=127.0.0.1 airflow standalone

lock: ## (maintainers) solve requirements.in anew; needs uv
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --quiet \
	  requirements.in -o requirements.lock

clean: ## remove what was made here, but not the sites
	rm -rf .venv .airflow docs/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
