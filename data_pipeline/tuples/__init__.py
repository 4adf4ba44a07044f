"""Identity tuples by tf.data: records to batches `[b, k, h, w, 3]`.

Which photographs stand together, in which order and on which worker is
decided here, as a pure function of (seed, step). How records are stored is
in `records`; augmentation and devices belong to the training.
"""
