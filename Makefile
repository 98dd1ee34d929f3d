# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

# `make` lists the targets. Required: make, git and Python 3.12 or newer; everything else is fetched and built.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := $(CURDIR)/.venv/bin
COLLECTION := ansible_collections.fleetops.nvcf
# Stages that keep one core busy run two at a time, the longest first; the others use all cores by themselves.
NARROW := sanity molecule types lint release-check docsite browser
WIDE := unit sandbox integration conformance faults coverage
STAGES := $(NARROW) $(WIDE)

# Set by `make nightly`: the stages leave nothing out. Also for one of them: make integration NIGHTLY=yes
NIGHTLY :=

export PATH := $(BIN):$(PATH)
# Ansible's caches stay out of the user's home, and .venv/collections, which holds this checkout, comes before any
# other copy of the collection that is installed on this machine.
export ANSIBLE_HOME := $(CURDIR)/.venv
# Some environments forbid it, and every process would compile again what it imports: a third of the time of a playbook.
export PYTHONDONTWRITEBYTECODE :=
# Ansible refuses to start in a locale that is not UTF-8.
export LC_ALL := C.UTF-8

.PHONY: help venv tools demo check test nightly $(STAGES) mutants build lock upgrade clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## make .venv with the pinned packages, unless it is there and current
	@requirements/venv

tools: venv ## build the sandbox's programs that this machine lacks: Kubernetes, kubectl, etcd, Helm, a registry (minutes)
	@$(BIN)/python -m $(COLLECTION).tests.sandbox build

demo: venv ## show the whole procedure and its reversal on three control planes
	@$(BIN)/python -m $(COLLECTION).tests.sandbox build --basic
	@tests/demo/run

# Each stage runs to its end, whatever becomes of the others: $(1) side by side, then $(2) one after the other.
define staged
@rm -rf .venv/stages && mkdir -p .venv/stages
@echo $(1) | xargs -n 1 -P 2 tests/stage .venv/stages --beside
@for stage in $(2); do tests/stage .venv/stages "$$stage"; done
@printf '\n== summary\n'; cat .venv/stages/summary
@test "$$(grep --count ' passed ' .venv/stages/summary)" = $(words $(1) $(2))
endef

check: venv ## the stages unit, types and lint: for every change while you work on it
	$(call staged,unit types lint)

test: venv tools ## all stages, in the share of them that every change must pass; this is what CI runs
	$(call staged,$(NARROW),$(WIDE))

nightly: ## all stages, whole: both Helm versions, all ansible-cores, every molecule scenario, the sandbox's own tests
	@$(MAKE) test NIGHTLY=yes

heading = @printf '\n== %s\n' '$@: $(1)'

# It puts the name of a temporary folder on every page. One in 37 ends in "_", which makes a reference to nowhere of it.
DOCS_LINT := $(BIN)/antsibull-docs lint-collection-docs --plugin-docs .

# What ansible-lint looks at: it asks ansible-playbook about the syntax of each playbook, which takes a minute.
LINTED := '*.yml' '*.yaml' .ansible-lint requirements/dev.txt plugins/action plugins/doc_fragments plugins/lookup \
	plugins/modules plugins/module_utils/_operations plugins/module_utils/_runtime

lint: venv ## style of Python, YAML and Ansible content, spelling, words, changelog, docs, license headers and workflows
	$(call heading,style and conventions)
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/codespell
	$(BIN)/python -m $(COLLECTION).tests.words
	$(BIN)/yamllint --strict .
	$(if $(NIGHTLY),,tests/unless-passed $(LINTED) --) $(BIN)/ansible-lint -q
	$(BIN)/antsibull-changelog lint
	$(DOCS_LINT) >/dev/null || $(DOCS_LINT)
	$(BIN)/reuse lint --lines
	$(BIN)/zizmor --offline --quiet .github

types: venv ## mypy, strict
	$(call heading,mypy strict)
	$(BIN)/mypy -p $(COLLECTION).plugins -p $(COLLECTION).extensions.eda -p $(COLLECTION).tests

sanity: venv ## ansible-test sanity, without exceptions, on the newest and the oldest ansible-core
	$(call heading,ansible-test sanity)
	tests/sanity/run
	tests/sanity/run --core 2.18.19
ifdef NIGHTLY
	tests/sanity/run --core 2.19.14
	tests/sanity/run --core 2.20.10
endif

# Lines of plugins/ that unit tests run are counted whichever process runs them: pytest, ansible-playbook, its workers, modules.
# Workers that are still writing down what they ran when a play ends would be killed at once; they get ten seconds.
# `make check` does without: counting takes as long as the tests.
COUNTED := .venv/coverage/unit
counted = @$(if $(UNCOUNTED),,rm -rf $(COUNTED) && mkdir -p $(COUNTED) && \
	export COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml COVERAGE_FILE=$(CURDIR)/$(COUNTED)/data \
		ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT=200 ANSIBLE_WORKER_SHUTDOWN_POLL_DELAY=0.05 && )\
	set -x && $(1)
check: export UNCOUNTED := yes

# A test that fails is repeated once. One that passes then fails the run anyway, unless tests/known_flakes.toml
# lists it.
PYTEST := $(BIN)/pytest --reruns 1 $(if $(NIGHTLY),,-m 'not nightly')

unit: venv ## fast tests, without a cluster
	$(call heading,pytest)
	$(call counted,$(PYTEST) -n 4 --dist worksteal tests/unit)

browser: venv ## the report's page in a headless Chromium
	$(call heading,pytest in a browser)
	$(PYTEST) tests/browser

integration: venv tools ## tests against real control planes
	$(call heading,pytest on real control planes)
	$(PYTEST) -n 4 --dist loadscope --ignore tests/integration/sandbox tests/integration

conformance: venv tools ## kubectl and the collection with the same kubeconfigs, variables and options
	$(call heading,pytest beside kubectl)
	$(PYTEST) -n 4 --dist worksteal tests/conformance

# What the rows have found goes to .venv/faults, and at night to docs/reliability.md.
faults: venv tools ## faults injected in the middle of a change: is anything lost, is every sentence true, does it heal
	$(call heading,pytest on injected faults)
	@rm -rf .venv/faults
	$(PYTEST) -n 4 --dist worksteal tests/faults
	$(if $(NIGHTLY),$(BIN)/python -m $(COLLECTION).tests.faults.table)

# Helm and the control planes need a quarter less processor time when they collect garbage less often, and more memory.
integration conformance sandbox faults molecule: export GOGC := 400

# What these tests depend on. They know nothing of plugins/.
SANDBOX := tests/sandbox tests/integration/sandbox tests/integration/conftest.py requirements/dev.txt

sandbox: venv tools ## tests of the sandbox itself, unless they have passed with its present content
	$(call heading,pytest on the sandbox)
	$(if $(NIGHTLY),,tests/unless-passed $(SANDBOX) --) $(PYTEST) -n 4 --dist loadscope tests/integration/sandbox

coverage: venv ## how much of plugins/ the last `make unit` ran: 95 % at least
	$(call heading,coverage)
	@test -d $(COUNTED) || { echo "Nothing was counted yet: run make unit first." >&2; exit 1; }
	$(BIN)/coverage combine --quiet --keep --data-file .venv/coverage/data $(COUNTED)
	$(BIN)/coverage report --data-file .venv/coverage/data

# Only the exit status counts: the report of molecule shows a failed idempotence step as successful.
molecule: venv tools ## molecule scenarios: adding and rolling back
	$(call heading,molecule test)
	$(BIN)/molecule test $(if $(NIGHTLY),--all,--scenario-name add --scenario-name rollback)

docsite: venv ## the site of the documentation in dist/site: guides, decisions and a page for each plugin, all links checked
	$(call heading,antsibull-docs and Sphinx)
	$(BIN)/python -m $(COLLECTION).tests.publish.docsite
	$(PYTEST) tests/publish

# The version of a release that is about to be tagged or published: make release-check RELEASE=1.0.0
RELEASE ?=
PUBLISH := $(BIN)/python -m $(COLLECTION).tests.publish.release

release-check: venv ## the tarball as users get it: build, contents, install, smoke test, galaxy-importer, bill of materials
	$(call heading,the tarball)
	$(PUBLISH) $(if $(RELEASE),--release $(RELEASE))

# In a folder that starts anew, so that no result is left from other sources.
mutants: venv ## which changes of the code that decides go unnoticed by the unit tests: 15 % at most
	$(call heading,mutmut)
	$(BIN)/python -m $(COLLECTION).tests.mutants

build: venv ## the collection as a tarball in dist/, the same for everyone who builds this commit
	$(PUBLISH) build

# The first lines of the pins name these options. Dependabot reads them there.
PIN_OPTIONS := --universal --python-version=3.12 --generate-hashes
PIN := UV_CUSTOM_COMPILE_COMMAND='make lock  \# uv pip compile $(PIN_OPTIONS)' \
	$(BIN)/uv pip compile --quiet --python $(BIN)/python $(PIN_OPTIONS)
PINNED := dev awx eda importer installed release

lock: venv ## pin what requirements/*.in ask for, keeping the pins that still fit
	cd requirements && for name in $(PINNED); do $(PIN) --output-file $$name.txt $$name.in || exit; done

upgrade: venv ## pin the newest versions of everything
	cd requirements && for name in $(PINNED); do $(PIN) --upgrade --output-file $$name.txt $$name.in || exit; done

clean: ## remove .venv, caches, builds; the sandbox's tools stay
	rm -rf .venv .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache dist tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
