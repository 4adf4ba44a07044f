"""Data sets on disk: shards, their indices, the manifest, and their pictures.

Here is what a record holds and how it is read and checked, and how any
picture's file becomes a square of one size. Collections of others are read in
`build`, tuples are sampled in `tuples`.
"""

from data_pipeline import lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    {
        "BadDataSet": "errors",
        "BadPicture": "errors",
        "DataSet": "data_set",
        "FEATURES": "examples",
        "FORMAT_VERSION": "data_set",
        "MANIFEST": "data_set",
        "MAX_SIDE": "data_set",
        "SPLITS": "splits",
        "SPLIT_FRACTIONS": "splits",
        "ShardIndex": "shard_index",
        "decode": "examples",
        "example": "examples",
        "identity_hash": "splits",
        "index_path": "shard_index",
        "shard_path": "data_set",
        "split_of": "splits",
        "write_index": "shard_index",
    },
)
