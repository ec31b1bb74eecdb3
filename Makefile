# `make help` lists what there is. Only Python 3.11 or newer is needed; everything else is installed into .venv.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
VENV_PYTHON := .venv/bin/python
# Two test files at a time, the long journeys first (conftest.py), each worker with engines of its own: it must not
# inherit the settings of the first.
TWO_AT_A_TIME := --dist loadfile --no-loadscope-reorder --tx '2*popen//env:DJANGO_SETTINGS_MODULE='
BOOTSTRAP = $(PYTHON) -m ops.bootstrap

.DEFAULT_GOAL := help
.PHONY: help run test check nightly messages train bench-schedule bench-day-close bench-day-files bench-ledger bench-payout bench-routing bench-decision bench-fraud bench-profiles bench-models pins venv

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: ## build, start everything, play the demo journey, serve until Ctrl-C (ONCE=1: end after the journey; PORT=, SANDBOX_PORT=)
	@$(PYTHON) -m ops.run

test: ## run the whole suite on engines of its own (ARGS="path -k name" for a part of it)
	@$(BOOTSTRAP) requirements requirements-test requirements-train
	@$(PYTHON) -m ops.chromium
	@$(VENV_PYTHON) -m pytest $(TWO_AT_A_TIME) $(ARGS)

check: ## ruff, mypy, import-linter, migrations, deployment check, known vulnerabilities
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m ops.check

nightly: ## the suite with many more generated examples
	@$(BOOTSTRAP) requirements requirements-test requirements-train
	@$(PYTHON) -m ops.chromium
	@HYPOTHESIS_PROFILE=nightly $(VENV_PYTHON) -m pytest $(TWO_AT_A_TIME) $(ARGS)

messages: ## collect the words of the program into the catalogue, and compile what is translated
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) manage.py update_catalogue

train: ## train the scorecards anew from public data
	@$(BOOTSTRAP) requirements requirements-train
	@$(VENV_PYTHON) manage.py train_scorecard
	@$(VENV_PYTHON) manage.py train_scorecard --name behaviour
	@$(VENV_PYTHON) manage.py train_rarity

bench-schedule: ## how long a quote takes, beside its floor and its peers
	@$(BOOTSTRAP) requirements requirements-bench
	@$(VENV_PYTHON) -m benchmarks.schedule

bench-day-close: ## how long a month's end takes to close, beside bare SQL that writes the same rows
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.day_close

bench-day-files: ## how long a partner's set of day files takes, and how much memory
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.day_files

bench-ledger: ## postings a second beside the least they can be; sealing and verifying them
	@$(BOOTSTRAP) requirements requirements-bench
	@$(VENV_PYTHON) -m benchmarks.ledger

bench-payout: ## orders a second from confirmation to settled, callbacks included, by 1, 2 and 4 worker processes
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.payout

bench-routing: ## fees and success by routing, beside every fixed order of the same channels
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.routing

bench-decision: ## how long a decision takes: its arithmetic, on the database beside its floor, over HTTP
	@$(BOOTSTRAP) requirements requirements-test requirements-train
	@$(VENV_PYTHON) -m benchmarks.decision

bench-fraud: ## what the layers against fraud find of planted fraud among 20,000 honest applicants
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.fraud

bench-profiles: ## how long a million profiles take to refresh, and a half hour in which 2 % changed
	@$(BOOTSTRAP) requirements requirements-test
	@$(VENV_PYTHON) -m benchmarks.profiles

venv: ## .venv with what running and testing need, nothing started
	@$(BOOTSTRAP) requirements requirements-test

bench-models: ## how well our models order applicants, beside optbinning, toad and plain LightGBM, on the same folds
	@$(BOOTSTRAP) requirements requirements-rivals
	@$(VENV_PYTHON) -m benchmarks.models

pins: ## resolve the *.in lists anew into the pinned requirement files
	@$(PYTHON) -m ops.pins
