"""Collections of any kind to data sets, by Apache Beam.

Here collections are listed, their pictures inspected, and shards, manifest and
preview written. How a data set lies on disk is in `records`, and whatever
reads a finished one does not need this room.
"""
