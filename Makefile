# The entry point. Each target sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Duration of fuzzing for each fuzz target. It is set here, since bash has a variable of this name.
SECONDS = 60

.PHONY: setup build dist test test-fast check-all check-one-file check-roots demo bench fuzz format lint lint-fast docs clean help

setup: ## install what building, tests, lint, docs and the demo need
	@scripts/setup --tests --lint --tidy --docs

build: ## build the plugin: build/cq-source-s3
	@scripts/build release

dist: ## build one executable that needs only glibc: dist/cq-source-s3-VERSION-linux-ARCH
	@scripts/dist

test: ## build and run every test; the last line is "N passed, N failed"
	@scripts/test

test-fast: ## build and run the unit and integration tests, not the end-to-end tests
	@scripts/test --fast

check-all: ## run every test, also with address, undefined-behavior and thread sanitizers
	@scripts/test release
	@scripts/test asan
	@scripts/test tsan

check-one-file: ## build the one file, measure it, and sync in a root with only glibc; needs root
	@scripts/check-one-file

check-roots: ## build and sync in bare Debian 12 and 13 roots, and in one with only glibc; needs root
	@scripts/check-roots

demo: ## sync sample data from a local S3 server into DuckDB twice and show the result
	@scripts/demo

fuzz: ## fuzz the parsers, each target for SECONDS=60
	@scripts/fuzz $(SECONDS)

bench: ## measure speed and memory
	@bench/run

format: ## format the C++ files, and mend what ruff can mend in the Python files
	@scripts/lint --fix

lint: ## check all files with clang-format, clang-tidy, ruff and actionlint; warnings are errors
	@scripts/lint

lint-fast: ## the same without clang-tidy, in seconds
	@scripts/lint --quick

docs: ## build the documentation site in build/site; warnings are errors
	@scripts/docs

clean: ## remove everything that was built, except the tools in .tools
	@rm -rf build .demo

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
