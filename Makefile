# Two commands matter: `make demo` and `make test`. Each brings up all it needs from a bare clone on
# a machine with Python 3.11 or newer and make; a second call skips what is there.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

export OMP_NUM_THREADS ?= 1

.PHONY: demo test lint unit nbval lab notebooks figures reproduce results book setup clean-env

demo: $(READY)
	$(BIN)/python scripts/make_demo.py

test: lint unit nbval

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Freed tensors go back to the system at once (glibc), so that this long run stays small.
unit: export MALLOC_MMAP_THRESHOLD_ ?= 262144
unit: export MALLOC_TRIM_THRESHOLD_ ?= 262144
unit: $(READY)
	$(BIN)/python -m pytest tests -n 2 --dist loadfile

# Lessons, each with the solved exercises of its twin (notebooks/conftest.py). The cells of one share a
# kernel, so it must stay on one worker: --dist loadfile.
nbval: $(READY)
	EMOLIB_PROFILE=tiny EMOLIB_PROGRESS=0 $(BIN)/python -m pytest --nbval-lax --nbval-current-env \
		--nbval-cell-timeout=120 -n 2 --dist loadfile -p no:cacheprovider notebooks

lab: $(READY)
	$(BIN)/jupyter lab notebooks/

notebooks: $(READY)
	$(BIN)/python scripts/run_notebooks.py

figures: $(READY)
	$(BIN)/emolib figures
	$(BIN)/emolib tables

# The executed course as a site: out/book/index.html.
book: $(READY)
	$(BIN)/python scripts/make_book.py

# From corpus to tables: make reproduce; ARGS=--dry-run tells the plan and its hours;
# PROFILE=paper CORPUS=CREMA-D LRS2=LRS2 trains on the real corpora, with CORES=8 on four GPUs a network on
# each; ARGS="-- --executor slurm" elsewhere;
# RUNS=SEQ,END trains and measures these alone.
PROFILE ?= lite
CORES ?= 2
reproduce: $(READY)
	$(BIN)/python workflow/reproduce.py --profile $(PROFILE) --cores $(CORES) \
		$(if $(CORPUS),--given corpus=$(CORPUS)) $(if $(LRS2),--given lrs2=$(LRS2)) \
		$(if $(GRID),--given grid=$(GRID)) $(if $(RUNS),--runs $(RUNS)) $(ARGS)

# The stored results of the shipped networks, made anew: data/results and figures.
results: PROFILE = shipped
results: reproduce

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "emolib needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $(READY)

clean-env:
	rm -rf .venv
