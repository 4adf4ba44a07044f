PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PORTRAITS := data/demo_portraits

.PHONY: demo test test-slow lint

$(READY): $(wildcard requirements*.txt)
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit( \
	  not (3, 11) <= v <= (3, 13) and "sdgan_tf needs Python 3.11 to 3.13 \
	(make PYTHON=python3.12). Found: %d.%d" % v or 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

demo: $(READY)
	test -f $(PORTRAITS)/portraits.csv || \
	  $(BIN)/python -m data_pipeline.synthetic --output_dir=$(PORTRAITS) \
	    --num_identities=400 --images_per_identity=8 --image_size=32
	test -f data/demo/manifest.json || \
	  $(BIN)/python -m data_pipeline.build_records --layout=table \
	    --input=$(PORTRAITS)/portraits.csv --image_size=32 \
	    --output_dir=data/demo
	$(BIN)/python main.py --flagfile=demo.flags

test: $(READY)
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
