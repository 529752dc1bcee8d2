# The commands of the README, `make demo`, `make test` and `make bench`, and the steps they share. Each step does only what changed.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test bench build setup setup-bench format clean

demo: build
	@python examples/minilm/demo.py build/examples/minilm/libminilm.so

test: build setup-bench
	ctest --preset release

# BENCH_ARGS: its options, such as `--models minilm --threads 1` or `--quick`; bench/README.md lists them.
bench: build setup-bench
	@PYTHONPATH=bench:python .venv-bench/bin/python -m xfc_bench $(BENCH_ARGS)

build: setup
	@[[ -f build/build.ninja ]] || cmake --preset release
	cmake --build --preset release
	@ln -sfn ../../build/bin/xfc .venv/bin/xfc
	@scripts/install-python.sh

setup:
	@scripts/setup.sh

setup-bench:
	@scripts/setup-bench.sh

format:
	scripts/format.sh --fix

clean:
	rm -rf build
