# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo blind test check clean

demo: $(VENV)/installed  ## render, tune, grade in physics, animate: twenty minutes on two cores
	$(RUN) -m finetune train
	$(RUN) -m grader calibrate
	$(RUN) -m grader checkpoint

blind: $(VENV)/installed  ## tune the blind twin of the newest run; `python -m grader checkpoint` finds it
	$(RUN) -m finetune train --blind

test: $(VENV)/installed-dev  ## all tests
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2

check: $(VENV)/installed-dev  ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

clean:  ## delete what was made, but neither tuned checkpoints nor the environment
	rm -rf data/default data/pretraining reports .pytest_cache .mypy_cache .ruff_cache

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed pyproject.toml
	$(RUN) -m pip install --quiet -e '.[dev]'
	touch $@
