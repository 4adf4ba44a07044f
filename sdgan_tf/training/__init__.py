"""Training: a set-up, a loop that knows nothing of the model, and its actions.

`trainer.py` puts them together; `setup.py` opens and builds what they work on,
`steps.py` compiles the steps, `loop.py` takes them, and `actions.py` is done
between them. What a model's step is stands in `algorithms`.
"""
