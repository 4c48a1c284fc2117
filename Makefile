# Two commands matter: `make demo` and `make test`. Everything runs from .venv, which the lock file fills.

PYTHON ?= python3.11
UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never

# Set from the command line: make demo ONCE=1, make demo INPUT=events.jsonl.gz, make demo SPEED=6 JSON=1
DEMO := $(if $(ONCE),--once) $(if $(INPUT),--input $(INPUT)) $(if $(SPEED),--speed $(SPEED)) $(if $(JSON),--json)

.PHONY: demo test check format golden docs screenshot clean

demo: .venv/installed
	@exec .venv/bin/klankbord demo --end-with-parent $(DEMO)

test: .venv/installed
	.venv/bin/pytest

check: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/klankbord config check --files

# The golden conversations, and the pages of docs/ that are made from code: look at the difference before you commit.
golden: .venv/installed
	.venv/bin/python -m tests.golden

docs: .venv/installed
	.venv/bin/python -m docs.generate

screenshot: .venv/installed
	.venv/bin/python -m docs.screenshot

format: .venv/installed
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.venv/installed: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=..."; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.venv/bin/uv sync --quiet --frozen --inexact --all-extras --python .venv/bin/python
	@touch $@

clean:
	rm -rf .venv
