PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PORTRAITS := data/demo64_portraits

EXPERIMENTS := runs/experiments
# In the order of the table; the BEGAN systems have a flagfile of their own.
DCGAN_ROWS := dcgan ac_dcgan sd_dcgan sd_dcgan_stacked sd_dcgan_k4 \
  sd_dcgan_d_i25 sd_dcgan_d_i75 sd_wgan sd_lsgan sd_wgan_gp \
  embedding_pairwise encoder_pairwise dr_gan
BEGAN_ROWS := began sd_began sd_began_stacked
ROWS := $(DCGAN_ROWS) $(BEGAN_ROWS)

.PHONY: demo test test-slow lint experiments

$(READY): $(wildcard requirements*.txt)
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit( \
	  not (3, 11) <= v <= (3, 13) and "sdgan_tf needs Python 3.11 to 3.13 \
	(make PYTHON=python3.12). Found: %d.%d" % v or 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps -r requirements-projected.txt
	touch $@

demo: $(READY)
	test -f $(PORTRAITS)/portraits.csv || \
	  $(BIN)/python -m data_pipeline.synthetic --output_dir=$(PORTRAITS) \
	    --num_identities=400 --images_per_identity=8 --image_size=64
	test -f data/demo64/manifest.json || \
	  $(BIN)/python -m data_pipeline.build_records --layout=table \
	    --input=$(PORTRAITS)/portraits.csv --image_size=64 \
	    --output_dir=data/demo64
	$(BIN)/python main.py --flagfile=demo.flags

# Each row goes on where it stopped; trained rows do nothing.
experiments: $(READY)
	test -f data/experiments/manifest.json || { \
	  $(BIN)/python -m data_pipeline.synthetic \
	    --output_dir=data/experiments/portraits \
	    --num_identities=1000 --images_per_identity=8 --image_size=32 && \
	  $(BIN)/python -m data_pipeline.build_records --layout=table \
	    --input=data/experiments/portraits/portraits.csv --image_size=32 \
	    --label_columns=$$($(BIN)/python -c 'from data_pipeline.portraits.collection \
	import factor_columns; print(",".join(factor_columns()))') \
	    --output_dir=data/experiments; }
	test -f $(EXPERIMENTS)/verifier/verifier.json || \
	  $(BIN)/python main.py --mode=train_verifier \
	    --data_dir=data/experiments --verifier=$(EXPERIMENTS)/verifier
	for row in $(DCGAN_ROWS); do \
	  $(BIN)/python main.py --flagfile=variants/$$row.flags \
	    --flagfile=experiments/small.flags \
	    --run_dir=$(EXPERIMENTS)/$$row || exit; done
	for row in $(BEGAN_ROWS); do \
	  $(BIN)/python main.py --flagfile=variants/$$row.flags \
	    --flagfile=experiments/small_began.flags \
	    --run_dir=$(EXPERIMENTS)/$$row || exit; done
	$(BIN)/python main.py --mode=table --data_dir=data/experiments \
	  --verifier=$(EXPERIMENTS)/verifier --num_pairs=4000 \
	  --output_dir=$(EXPERIMENTS)/table \
	  --runs=$$(echo $(ROWS:%=$(EXPERIMENTS)/%) | tr ' ' ,)

test: $(READY)
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
