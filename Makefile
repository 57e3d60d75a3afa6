# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
# What is set for other work, such as ANSIBLE_STDOUT_CALLBACK or another locale, must not change what runs here.
unexport $(filter ANSIBLE_% MOLECULE_% PYTHON%,$(.VARIABLES))
export LC_ALL := C.UTF-8
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
# Else it would be in the home that the user database gives, whatever HOME says.
export ANSIBLE_REMOTE_TMP := $(CURDIR)/.cache/remote_tmp

.PHONY: help setup lab clean-lab test test-faults test-fresh test-vm vm-shell fleet fleet-shell test-matrix test-mutation bench build clean

help: ## Show the targets
	@sed -n 's/^\([a-z%-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target what; do \
	    printf '  make %-11s %s\n' "$$(echo "$$target" | sed 's/%/STEP/')" "$$what"; done

setup: ## Make this checkout ready: the virtual environment, and as root the system packages
	@tools/setup lab

lab: setup ## Build the two-container lab; without root, in a user namespace that goes when it is done
	@if [ "$$(id -u)" = 0 ]; then exec ansible-playbook lab.yml; else \
	    echo "• Not root: the lab is built in a user namespace; nothing of this machine is touched"; \
	    exec tools/hermetic ansible-playbook lab.yml; fi

clean-lab: setup ## Take the lab down
	@if [ "$$(id -u)" = 0 ]; then exec ansible-playbook lab.yml -e two_containers_state=absent; else \
	    echo "• Not root: the lab went with its user namespace when it was done"; fi

test: ## Run all tests
	@tools/setup test
	@$(PYTHON) tools/run_tests.py

test-%: ## Run one step of the tests: lint, unit, integration, molecule (all of it, or SCENARIO=name), sanity
	@tools/setup test
	@SCENARIO=$(SCENARIO) $(PYTHON) tools/run_tests.py $*

test-faults: ## Try every system call that can fail or be a run's last, and long runs at random; some half an hour
	@tools/setup test
	@$(PYTHON) tools/run_tests.py faults

fleet: ## Try playbooks on N=20 hosts over real ssh, each in namespaces of its own; takes root
	@tools/setup test
	@N=$(or $(N),20) $(PYTHON) tools/run_tests.py fleet

fleet-shell: ## Look around in such a fleet from its controller: N=3
	@tools/setup test
	@$(PYTHON) -m tools.fleet --hosts $(or $(N),3)

test-matrix: ## Try playbooks on hosts over ssh with each ansible-core that is supported on the controller
	@tools/setup test
	@$(PYTHON) tools/run_tests.py matrix

test-fresh: ## Try it on a Debian with nothing but its base: SUITE=trixie or bookworm, ONLY=PART, AS=root or user
	@tools/setup fresh
	@$(PYTHON) -m tools.fresh --suite $(or $(SUITE),trixie) $(ONLY:%=--only %) $(AS:%=--as %)

test-vm: ## Try it on a stock Debian in a virtual machine: SUITE=trixie, bookworm or bookworm-5.10, and ONLY=PART
	@tools/setup vm
	@$(PYTHON) -m tools.vm test --suite $(or $(SUITE),trixie) $(ONLY:%=--only %) $(MACHINES:%=--machines %)

vm-shell: ## Look around in that machine: SUITE=…, MANAGER=networkd or NetworkManager
	@tools/setup vm
	@$(PYTHON) -m tools.vm shell --suite $(or $(SUITE),trixie) --manager $(or $(MANAGER),networkd)

test-mutation: ## Break the engine in places chosen at random and count what the tests notice: SAMPLE=200, ROOM=plan…
	@tools/setup test
	@$(PYTHON) -m tools.mutation --sample $(or $(SAMPLE),200) $(SEED:%=--seed %) $(ROOM:%=--room %)

bench: ## Measure, in ratios of medians of one run
	@tools/setup test
	@$(PYTHON) tests/benchmarks/run.py $(BENCH)

build: setup ## Build the collection's archive
	@ansible-galaxy collection build --force

clean: ## Remove what the set-up and the tests made in this checkout
	rm -rf .venv .cache .ansible tests/output linuxnet-netns-*.tar.gz
