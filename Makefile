.DEFAULT_GOAL := help
PYTHON ?= python3
UV := uv==0.13.9
BIN := .venv/bin
OUT ?= out/$(ASSIGNMENT)

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## make the environment alone, from requirements.lock

.venv/ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## build the handouts, grade the example class in the sandbox, name the page
	@$(BIN)/python -m demo

# Spinning threads of numpy and torch would only be in each other's way: every core has a test of its own.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: setup ## run every test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not alone"
	@$(BIN)/python -m pytest -q -m alone

student: setup ## write dist/student/<id>.zip, what students get
	@$(BIN)/autograder student $(ASSIGNMENT) --out dist/student

otter: setup ## write dist/otter/<id>/autograder.zip, for departments that run Otter
	@$(BIN)/autograder otter $(ASSIGNMENT) --out dist/otter

grade: setup ## grade a class: ASSIGNMENT=<id> SUBMISSIONS=<dir> [OUT=<dir>]
	@$(BIN)/autograder grade $(ASSIGNMENT) $(SUBMISSIONS) --out $(OUT)

bench: setup ## seconds a submission: ours, pytest and otter in one run; checkpoints judged, ours and a plain script
	@$(BIN)/python -m benchmarks speed
	@$(BIN)/python -m benchmarks checkpoints

reference: setup ## train every sheet's networks and write the README's table: [DATA=<dir>], hours without a GPU
	@$(BIN)/python -m benchmarks reference --write $(if $(DATA),--data $(DATA))

siege: setup ## a class under fire: 300 submissions, one in six hostile, the grader killed five times
	@$(BIN)/python -m benchmarks siege

.PHONY: help setup demo test student otter grade bench reference siege
