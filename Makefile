# Every command a person needs; `make help` lists them. The first run makes .venv, later runs start at once.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Many tests wait for other processes: one more than the two cores that the suite is meant for.
JOBS   ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test lint serve bench truth fuzz chaos audit sbom clean

help: ## this list
	@grep -E '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# One stamp per extra: an install that was interrupted leaves no stamp and is done again.
$(VENV)/.stamp-%: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing fileproc[$*] into $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@

demo: $(VENV)/.stamp-demo ## the real thing on an embedded S3 and SNS (ARGS="--for 60s --port 8080")
	@$(BIN)/fileproc demo $(ARGS)

test: lint ## lint, types, import floors and all tests (JOBS=1 ARGS="-k breaker")
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.stamp-dev ## style, types and import floors only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

serve: $(VENV)/.stamp-demo ## front and pool in one command (settings from the environment or .env)
	@$(BIN)/fileproc serve $(ARGS)

bench: $(VENV)/.stamp-dev ## the measurements behind the numbers in the docs (ARGS="peers --scale 1")
	@$(BIN)/python -m bench $(ARGS)

truth: $(VENV)/.stamp-dev ## dirty files with a known truth: 1,000 seeds and large files (ARGS="--seed 7 --seeds 1 --large 0")
	@$(BIN)/python -m tests.unit.quality.truth $(ARGS)

fuzz: $(VENV)/.stamp-dev ## hostile files and contracts for so long (ARGS="--minutes 30"; "--door --minutes 15" for POST /); what is found is kept with a replay command
	@$(BIN)/python -m tests.fuzz $(ARGS)

chaos: $(VENV)/.stamp-dev ## the whole service under random kills, stops, locks and a lying S3 (ARGS="--minutes 30 --events 20000 --seed N"; "--mutations" breaks each guard on purpose)
	@$(BIN)/python -m tests.system.chaos $(ARGS)

# What is shipped, and nothing else; and the tools that look at it, which are not.
.venv-shipped/.stamp: setup.cfg pyproject.toml
	@$(PYTHON) -m venv .venv-shipped
	@.venv-shipped/bin/python -m pip install --quiet --disable-pip-version-check '.[container]'
	@touch $@

.venv-audit/.stamp:
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit pip-licenses cyclonedx-bom
	@touch $@

audit: .venv-shipped/.stamp .venv-audit/.stamp ## licences and known holes of everything that is shipped (the second needs the internet: ARGS="-s osv")
	@.venv-audit/bin/pip-licenses --python .venv-shipped/bin/python --from=mixed --partial-match --ignore-packages psycopg2-binary --fail-on="GPL;GNU;Elastic" --format=markdown
	@.venv-audit/bin/pip-audit --strict --path $$(.venv-shipped/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') $(ARGS)

sbom: .venv-shipped/.stamp .venv-audit/.stamp ## the bill of materials of what is shipped: build/sbom.json (CycloneDX)
	@mkdir -p build
	@.venv-audit/bin/cyclonedx-py environment .venv-shipped/bin/python --output-reproducible --of JSON -o build/sbom.json
	@echo "build/sbom.json"

clean: ## remove everything that make created
	rm -rf $(VENV) .venv-localstack .venv-shipped .venv-audit .bench build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .fileproc
