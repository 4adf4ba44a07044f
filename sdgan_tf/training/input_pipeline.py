"""The data of a training: opened, dealt to the replicas, held on devices."""

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from data_pipeline.tuples.common_tuples import CommonTuples
from data_pipeline.tuples.commonalities import Commonalities
from data_pipeline.tuples.identity_tuples import IdentityTuples
from data_pipeline.tuples.source import TupleSource


def open_data(folder: str, image_size: int) -> DataSet:
    """Opens the data set that a model of pictures of a size is trained on.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the folder is not named or its pictures' size differs.
    """
    if not folder:
        raise ValueError(
            "`data_dir` is missing: the folder that "
            "`python -m data_pipeline.build_records` wrote."
        )
    data = DataSet.open(folder)
    if data.image_size != image_size:
        raise ValueError(
            "`image_size` differs from the data set's. Received: "
            f"image_size={image_size}, data set: {data.image_size}"
        )
    return data


def open_tuples(
    data: DataSet,
    k: int,
    seed: int = 0,
    commonalities: str = "",
    cache_bytes: float = 8e9,
) -> TupleSource:
    """Opens the tuples of the split train.

    Args:
        data: The data set.
        k: Photographs in a tuple.
        seed: Seed of the samples.
        commonalities: What tuples agree in; the identity by default.
        cache_bytes: Splits up to this size are held decoded in memory.

    Raises:
        ValueError: If the data set cannot give them.
    """
    asked = data, "train", k, seed
    if commonalities:
        parsed = Commonalities.parse(commonalities)
        return CommonTuples.open(*asked, parsed, cache_bytes)
    return IdentityTuples.open(*asked)


def counts(tuples: TupleSource) -> tuple[int, int]:
    """Counts the photographs, and the identities that tuples are sampled of."""
    return tuples.num_images, tuples.num_identities


def distribute(
    strategy, tuples: TupleSource, batch_size: int, **options
) -> tf.distribute.DistributedDataset:
    """Distributes global batches of tuples: each replica gets an equal part."""
    replicas = strategy.num_replicas_in_sync

    def parts(context: tf.distribute.InputContext) -> tf.data.Dataset:
        each = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * each
        batches = tuples.batches(
            batch_size,
            num_replicas=replicas,
            replicas=tuple(range(first, first + each)),
            **options,
        )
        # Several workers would otherwise prepare for an end of the data, and
        # lose the static shape of the batches.
        return batches.apply(
            tf.data.experimental.assert_cardinality(
                tf.data.INFINITE_CARDINALITY
            )
        )

    return strategy.distribute_datasets_from_function(parts)


class DevicePhotographs:
    """All photographs of a split, on the device of each replica.

    A batch that comes from the host then is positions only.

    Args:
        strategy: Over which replicas.
        images: uint8 `[images, h, w, 3]`, h * w a multiple of 4.
    """

    def __init__(self, strategy: tf.distribute.Strategy, images: np.ndarray):
        self._shape = images.shape[1:]
        # TensorFlow gathers no uint8 on a GPU: four of them at a time, as the
        # bits of a float32.
        rows = images.reshape(len(images), -1).view(np.float32)
        with strategy.scope():
            self._rows = tf.Variable(rows, trainable=False)

    def look_up(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """A replica's batch with the "images" at its "positions" `[b, k]`."""
        positions = batch["positions"]
        pixels = tf.bitcast(tf.gather(self._rows, positions), tf.uint8)
        shape = [*positions.shape, *self._shape]
        return {**batch, "images": tf.reshape(pixels, shape)}
