# Needs Python 3.11 or newer with venv, make and git; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
# For instance: make test PYTEST_ARGS="tests/cluster -x"
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports format servers screenshots pod-security \
	pod-security-fixtures rbac network bench bench-apply bench-screens bench-audit-log bench-paths \
	bench-rbac bench-flows bench-reach bench-checkov \
	build lock clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/.app  ## Start the app on a training cluster: nothing there can break
	@$(BIN)/k8sharden demo

test: $(VENV)/.dev servers  ## Run the tests
	$(PY) -m pytest $(PYTEST_ARGS)

check: lint types imports test  ## Everything that must hold before a merge

lint: $(VENV)/.dev  ## Formatting and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev  ## Types, strictly
	$(BIN)/mypy

imports: $(VENV)/.dev  ## Which package may import which
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## Format the code and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Where there is no Go the tests skip what needs a real server, and say so themselves.
servers: $(VENV)/.dev  ## Build the Kubernetes servers that the tests use, once, with Go
	@$(PY) -m tests.servers.binaries || echo "Going on without real servers."

screenshots: $(VENV)/.dev  ## Draw the golden pictures of the screens anew
	$(PY) -m pytest tests/screens -k pictures --update-snapshots

pod-security: $(VENV)/.dev servers  ## Hold Pod Security's verdicts and fixes to a real server's, in full
	$(PY) -m pytest -m "slow and real" -o log_cli=true --log-cli-level=INFO \
		tests/analysis/pod_security tests/remediations/pod_security

pod-security-fixtures: $(VENV)/.dev servers  ## Record anew what a real server says of generated pods
	$(PY) -m tests.analysis.pod_security.generated.recorded

rbac: $(VENV)/.dev servers  ## Hold who may do what to a real server's answers, in full
	$(PY) -m pytest -m "slow and real" -o log_cli=true --log-cli-level=INFO tests/analysis/rbac

network: $(VENV)/.dev  ## Hold network policies' verdicts to an oracle's, in full
	$(PY) -m pytest -m slow -o log_cli=true --log-cli-level=INFO tests/analysis/network

bench: $(VENV)/.dev servers  ## Measure a scan of 10,000 pods against curl
	$(PY) -m benchmarks.scan

bench-apply: $(VENV)/.dev servers  ## Measure an apply of 500 objects against the bare requests
	$(PY) -m benchmarks.apply

bench-screens: $(VENV)/.dev  ## Measure the app's first frame, and its list of 50,000 findings
	$(PY) -m benchmarks.first_paint
	$(PY) -m benchmarks.findings_list

bench-paths: $(VENV)/.dev  ## Measure escalation paths over 10,000 bindings
	$(PY) -m benchmarks.paths

bench-audit-log: $(VENV)/.dev  ## Measure reading audit logs of up to 1 GB beside jq
	$(PY) -m benchmarks.audit_log

bench-flows: $(VENV)/.dev  ## Measure reading a million flows of several kinds beside jq
	$(PY) -m benchmarks.flows

bench-rbac: $(VENV)/.dev  ## Measure who-can, rights and lost rights among 10,000 bindings
	$(PY) -m benchmarks.rbac

bench-reach: $(VENV)/.dev  ## Measure the whole matrix of who reaches whom, up to 50,000 pods
	$(PY) -m benchmarks.reach

# checkov is no dependency of ours, and its own are many: it lives in an environment of its own.
bench-checkov: $(VENV)/.dev  ## Measure a scan of 2,000 manifests against checkov
	@$(PY) -m venv --clear $(VENV)/checkov
	@$(VENV)/checkov/bin/python -m pip --disable-pip-version-check --no-input install --quiet checkov
	$(PY) -m benchmarks.checkov $(VENV)/checkov/bin/checkov

build: $(VENV)/.dev  ## Build the wheel and the source archive into dist/
	$(PY) -m build --no-isolation

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock" pyproject.toml

lock: $(VENV)/.python  ## Choose the newest versions of all dependencies, and write them down
	@$(PIP) install --quiet uv
	$(COMPILE) --group build --output-file requirements/app.txt
	$(COMPILE) --group build --group dev --constraint requirements/app.txt \
		--output-file requirements/dev.txt

clean:  ## Remove the virtual environment, caches and builds
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say what is installed, so that nothing is installed twice. Both files of requirements
# pin the same versions; hashes make pip refuse anything but what was locked.
INSTALL_SELF := $(PIP) install --quiet --no-deps --no-build-isolation --editable .

$(VENV)/.app: requirements/app.txt pyproject.toml $(VENV)/.python
	@echo "Installing k8sharden into $(VENV)."
	@$(PIP) install --quiet --require-hashes --requirement requirements/app.txt
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.app
	@echo "Installing what the tests and checks need."
	@$(PIP) install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

$(VENV)/.python:
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11; do \
		"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null || continue; \
		if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "$$python lacks its venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
			exit 1; \
		fi; \
		"$$python" -m venv --clear $(VENV) && touch $@; \
		exit; \
	done; \
	echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make demo PYTHON=/path/to/python3" >&2; \
	exit 1
