# Eight words. They use the environment in .venv, or the one named: make test VENV=.venv-dev
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: build test pure types style docs bench clean

build:  ## the sdist, and the wheel made from it, in dist/
	rm -rf dist && $(BIN)/python -m build --outdir dist

test:  ## the package that is installed in VENV
	$(BIN)/pytest

pure:  ## the same, which must be a development install: Python modules interpreted
	DFLITE_PURE=1 $(BIN)/pytest

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

docs:  ## the pages that are made from the tables of settings and commands
	$(BIN)/python -m dflite.settings.docs
	$(BIN)/python -m dflite.commands.docs

bench:
	$(BIN)/python -m benchmarks

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find dflite -name '*.so' -delete -o -name '*.c' -delete
