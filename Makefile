# What a developer runs; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
CARD ?= 1.8
LEVEL ?= B-B
FUZZ ?= tlv redaction rubbish stuck liar certificate
FUZZ_SECONDS ?= 60
N ?= 1000
COMPUTER ?= open
BUNDLE := dist/paraph/paraph

.PHONY: help setup demo app screenshots test bundle test-bundle check bench fuzz torture try-folder format lock catalogues clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## Install Debian packages (apt) and Python packages (.venv, from the lock file)
	@scripts/setup

demo: setup ## The main job on this machine: card, PIN, signed, delivered (CARD=1.7: the RSA card; LEVEL=B-LTA: the whole level)
	@.venv/bin/paraph demo --card $(CARD) --level $(LEVEL) --out demo-out

app: setup ## The window in the demo world, on a machine with a display (CARD=1.7 for the RSA card)
	@$(PY) -m ui.desktop.demo --card $(CARD) --level $(LEVEL)

screenshots: setup ## Every page in every language, light and dark, in three sizes, to screenshots-out/ (DOCS=1: the README's few)
	@$(PY) scripts/screenshots.py $(if $(DOCS),--docs)

test: setup ## Every test but the bundle's, in random order, in parallel
	@$(PY) -m pytest -n auto --dist loadgroup --ignore tests/bundle

bundle: setup $(BUNDLE) ## The window program as one folder that needs no Python: dist/paraph (docs/bundle.md)

$(BUNDLE): build.spec requirements.lock $(wildcard scripts/bundle_*.py) \
  $(shell find signer ui pkcs11 resources -type f -not -name '*.pyc' -not -name '*.mo' -not -path '*/simulator/*')
	@$(PY) -m PyInstaller --noconfirm --log-level ERROR --workpath build build.spec
	@du -sh dist/paraph

test-bundle: bundle ## Start the built program and sign a contract with it
	@$(PY) -m pytest tests/bundle

check: setup ## Format, lint, types, import rules, catalogues
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy && .venv/bin/mypy scripts
	@.venv/bin/lint-imports
	@$(PY) scripts/check_catalogues.py

bench: setup ## Every benchmark, as tables with ratios; also bench-out/results.json
	@$(PY) -m benchmarks

fuzz: setup ## Look for input that breaks the card layer, a minute each (FUZZ=tlv, FUZZ_SECONDS=600); finds in fuzz-out/
	@mkdir -p fuzz-out
	@for target in $(FUZZ); do echo "fuzzing $$target for $(FUZZ_SECONDS) s"; \
	  $(PY) -m tests.fuzz $$target -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=fuzz-out/ || exit 1; done

torture: setup ## Sign N times (N=1000), killing client or server at each file and socket call in turn (DISK=1: failing the disk's; COMPUTER=own, shared: sealed at rest)
	@$(PY) -m tests.torture $(N) --level $(LEVEL) --computer $(COMPUTER) $(if $(DISK),--disk)

try-folder: setup ## A folder of anyone's PDFs through preflight, signing and checking (FOLDER=path); changes none
	@$(PY) scripts/try_folder.py "$(FOLDER)"

format: setup ## Format the code and mend what ruff can
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

catalogues: setup ## Collect new texts into the catalogues, and make docs/errors.md from the codes
	@$(PY) scripts/update_catalogues.py
	@$(PY) scripts/make_errors_page.py

lock: ## Make requirements.lock anew from pyproject.toml
	@scripts/lock

clean: ## Remove what the other commands made, but .venv
	rm -rf demo-out bench-out fuzz-out screenshots-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
