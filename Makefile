# The two commands of the README, `make demo` and `make test`, and the steps they share. Each step does only what changed.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test build setup format clean

demo: build
	@python examples/minilm/demo.py build/examples/minilm/libminilm.so

test: build
	ctest --preset release

build: setup
	@[[ -f build/build.ninja ]] || cmake --preset release
	cmake --build --preset release
	@ln -sfn ../../build/bin/xfc .venv/bin/xfc
	@scripts/install-python.sh

setup:
	@scripts/setup.sh

format:
	scripts/format.sh --fix

clean:
	rm -rf build
