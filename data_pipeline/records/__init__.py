"""Data sets on disk: shards, their indices, the manifest, and their pictures.

Here is what a record holds and how it is read and checked, and how any
picture's file becomes a square of one size. Collections of others are read in
`build`, tuples are sampled in `tuples`.
"""

from typing import TYPE_CHECKING

from data_pipeline import lazy

if TYPE_CHECKING:
    from data_pipeline.records.data_set import FORMAT_VERSION as FORMAT_VERSION
    from data_pipeline.records.data_set import MANIFEST as MANIFEST
    from data_pipeline.records.data_set import MAX_SIDE as MAX_SIDE
    from data_pipeline.records.data_set import DataSet as DataSet
    from data_pipeline.records.data_set import shard_path as shard_path
    from data_pipeline.records.errors import BadDataSet as BadDataSet
    from data_pipeline.records.errors import BadPicture as BadPicture
    from data_pipeline.records.examples import FEATURES as FEATURES
    from data_pipeline.records.examples import decode as decode
    from data_pipeline.records.examples import example as example
    from data_pipeline.records.shard_index import ShardIndex as ShardIndex
    from data_pipeline.records.shard_index import index_path as index_path
    from data_pipeline.records.shard_index import write_index as write_index
    from data_pipeline.records.splits import SPLIT_FRACTIONS as SPLIT_FRACTIONS
    from data_pipeline.records.splits import SPLITS as SPLITS
    from data_pipeline.records.splits import identity_hash as identity_hash
    from data_pipeline.records.splits import split_of as split_of

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
