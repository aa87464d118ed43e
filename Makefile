# The front door. Each target does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Of fuzzing, for each target; set here since bash has a variable of this name.
SECONDS = 60

.PHONY: setup build test check-all check-debian13 demo bench fuzz format lint clean help

setup: ## bring this machine to a state that builds, tests, lints and runs the demo
	@scripts/setup --tests --lint

build: ## build the plugin: build/cq-source-s3
	@scripts/build release

test: ## build, then run every test; ends with "N passed, N failed"
	@scripts/test

check-all: ## every test, plain and with address, undefined-behaviour and thread sanitizers
	@scripts/test release
	@scripts/test asan
	@scripts/test tsan

check-debian13: ## build in a root of Debian 13 and sync there; as root, with debootstrap
	@scripts/check-debian13

demo: ## sync a local S3 server with sample data into DuckDB and show the result
	@scripts/demo

fuzz: ## feed the parsers with made-up input, each target for SECONDS=60
	@scripts/fuzz $(SECONDS)

bench: ## measure speed and memory
	@bench/run

format: ## put all C++ files into the project's format
	@scripts/lint --fix

lint: ## check the format and run clang-tidy; warnings are errors
	@scripts/lint

clean: ## remove everything built, but for the tools in .tools
	@rm -rf build .demo

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
