"""Collections of photographs to data sets, and data sets to identity tuples.

`build` writes what `records` describes, `tuples` samples from it, and
`portraits` draws people by program: each room's docstring says what is in it.
Imports go one way, from the other rooms to `records`.
The names below are the public API; they are imported when they are used.
"""

from typing import TYPE_CHECKING

from data_pipeline import lazy

if TYPE_CHECKING:
    from data_pipeline.records.data_set import DataSet as DataSet
    from data_pipeline.tuples.common_tuples import CommonTuples as CommonTuples
    from data_pipeline.tuples.commonalities import (
        Commonalities as Commonalities,
    )
    from data_pipeline.tuples.identity_tuples import (
        IdentityTuples as IdentityTuples,
    )
    from data_pipeline.tuples.source import TupleSource as TupleSource

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    {
        "CommonTuples": "tuples.common_tuples",
        "Commonalities": "tuples.commonalities",
        "DataSet": "records.data_set",
        "IdentityTuples": "tuples.identity_tuples",
        "TupleSource": "tuples.source",
    },
)
