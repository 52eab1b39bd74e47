# `make` lists the targets. A target that needs the checkout set up sees to that first.

PORT ?= 8080
DATA_DIR ?= .data/$(PORT)
METERED ?= 0
PYTEST_ARGS ?= -q -n 2 --dist loadfile --no-loadscope-reorder
FUZZ_SECONDS ?= 60
FUZZ_ONLY ?=

BIN := .venv/bin
STUBS := libs/common/src/metaextract
SETUP_STAMP := .venv/.setup-stamp
# Folders are listed with their files, so that a removed file counts as a change too.
SETUP_INPUTS := uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml) \
	$(shell find proto third_party) libs/common/codegen.py \
	scripts/bootstrap scripts/npm_packages.py scripts/fetch_exiftool.py scripts/fetch_tessdata.py \
	$(wildcard services/extractor/src/metaextract_extractor/adapters/dictionary/*.py) \
	$(addprefix services/extractor/src/metaextract_extractor/, dictionary_maker.py settings.py) \
	$(addprefix services/extractor/src/metaextract_extractor/domain/, dictionary.py dictionary_query.py \
	field_ranking.py field_units.py own_fields.py result.py) \
	$(if $(wildcard $(STUBS)),,missing-stubs)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test fuzz check gen fmt bench clean missing-stubs

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  Settings: PORT=$(PORT)  DATA_DIR=$(DATA_DIR)  METERED=$(METERED)  PYTEST_ARGS='$(PYTEST_ARGS)'"

setup: $(SETUP_STAMP) ## Install what is missing (uv, Python packages, Perl, ExifTool)

$(SETUP_STAMP): $(SETUP_INPUTS)
	@scripts/bootstrap
	@touch $@

run: setup ## Start everything on http://localhost:PORT; METERED=1 turns billing on
	@$(BIN)/metaextract up --port $(PORT) --data-dir $(DATA_DIR) $(if $(filter 1,$(METERED)),--metered)

test: setup ## Run all tests: unit, contract, integration, e2e, golden
	@$(BIN)/pytest $(PYTEST_ARGS)

fuzz: setup ## Look for bytes that break a walker, FUZZ_SECONDS for each; FUZZ_ONLY="png tiff" for some
	$(BIN)/python -m tests.fuzz.walkers --seconds $(FUZZ_SECONDS) $(if $(FUZZ_ONLY),--only $(FUZZ_ONLY))

check: setup ## Check style, types, dependency rule and contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	scripts/check_breaking
	$(BIN)/hadolint services/*/Dockerfile

gen: ## Generate the stubs again from proto/
	@rm -rf $(STUBS)
	@scripts/bootstrap

fmt: setup ## Format Python and proto files
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/buf format --write

bench: setup ## Measure against peers (bench/README.md)
	$(BIN)/python -m bench $(BENCH_ARGS)

clean: ## Remove what setup, tests and builds made; .data stays
	rm -rf .venv .tools dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf libs/common/src/metaextract libs/common/src/buf
	find . -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
