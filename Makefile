# The commands of this house. Each sets up what is missing first; a second run does that in no time.
.DEFAULT_GOAL := help
.PHONY: help setup browser run demo test test-slow bench lint clean

# Where system libraries had to be unpacked without root, their place is in this file.
ENTER := if [ -f .boot/environment ]; then set -a; . ./.boot/environment; set +a; fi;

# Three at once, each with servers of its own; most of a test is waiting. A file's tests stay together, in their order.
SIDE_BY_SIDE := -n 3 --dist loadfile

help:
	@echo "make run        start everything with the demo company and stay up until Ctrl-C"
	@echo "make demo       the same, and exit: 0 when every case ended as its scenario says"
	@echo "make test       lint, types, borders and the tests;  make test-slow: the long ones"
	@echo "make bench      measure speed and memory"
	@echo "make setup      only set up;  make lint: only check;  make clean: remove var/"

setup:
	@sh tools/setup.sh

browser: setup
	@sh tools/browser.sh

run: setup
	@$(ENTER) exec .venv/bin/python starter.py up

demo: setup
	@$(ENTER) exec .venv/bin/python starter.py demo

lint: setup
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --check --quiet .
	.venv/bin/mypy .
	.venv/bin/lint-imports

test: lint
	@$(ENTER) .venv/bin/python -m pytest -m "not slow" $(SIDE_BY_SIDE)

test-slow: browser
	@$(ENTER) .venv/bin/python -m pytest -m "slow and not alone" $(SIDE_BY_SIDE)
	@$(ENTER) .venv/bin/python -m pytest -m alone

bench: setup
	@$(ENTER) exec .venv/bin/python -m bench

clean:
	@sh tools/clean.sh
