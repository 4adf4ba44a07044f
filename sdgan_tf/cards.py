"""Cards: what a generator's files tell of the data that it was trained on."""

import os

import tensorflow as tf

from data_pipeline.records import MANIFEST
from sdgan_tf.runs import CARD, TRAINING, Run, read_object

# The terms of collections that a layout alone gives away.
TERMS = {"celeba": "CelebA agreement: non-commercial research"}


def describe_data(run: Run) -> str:
    """Names the data that a run was trained on, and its terms.

    Args:
        run: A run folder, or one with a card, whose description stays.

    Returns:
        A line such as "faces (layout folders): 816 training identities, 6,528
        photographs, 64x64"; "" where neither a card nor the data set is there.
    """
    try:
        if run.has_weights() and not run.has_checkpoint():
            return str(read_object(run.path(CARD)).get("data", ""))
        data_dir = read_object(run.path(TRAINING))["data_dir"]
        manifest = read_object(os.path.join(data_dir, MANIFEST))
        return _describe(manifest)
    # A data set may be gone, or be of a version that noted less.
    except (KeyError, TypeError, ValueError, OSError, tf.errors.OpError):
        return ""


def _describe(manifest: dict) -> str:
    options, train = manifest["options"], manifest["splits"]["train"]
    name = os.path.basename(os.path.normpath(options["input"]))
    side = manifest["image_size"]
    text = (
        f"{name} (layout {options['layout']}): {train['identities']:,} "
        f"training identities, {train['images']:,} photographs, {side}x{side}"
    )
    terms = TERMS.get(options["layout"], "")
    return f"{text}. {terms}" if terms else text
