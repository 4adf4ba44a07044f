"""Training on Keras' JAX backend, for machines without TensorFlow.

`train.py` is the command. `system.py` is what each system has, one module
each; `steps.py` compiles their steps, `loop.py` takes them, `bench.py` times
them. Networks, losses and optimizers are those of the rest of `sdgan_tf`.
"""
