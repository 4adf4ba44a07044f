"""The generators of a page: a run folder's, or those of a folder of them."""

import dataclasses
import functools
import json
import math
import os

import numpy as np
import tensorflow as tf

from sdgan_tf.cards import describe_data
from sdgan_tf.evaluation.metrics_file import METRICS
from sdgan_tf.explorer.direction_names import label_reader
from sdgan_tf.explorer.directions import principal_directions
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.runs import CARD, Run, read_object

# What a card says that the page shows as it is.
TEXTS = ("weak_at", "flags")


def find_runs(folder: str) -> dict[str, Run]:
    """Finds the generators of a folder, by the names of theirs.

    Args:
        folder: A run folder, or a folder of run folders, such as `pretrained`.

    Returns:
        One or several; the folder itself where it holds none, so that opening
        it says what is missing.
    """
    run = Run(folder)
    name = os.path.basename(os.path.abspath(folder))
    if _is_trained(run) or not tf.io.gfile.isdir(folder):
        return {name: run}
    runs = {
        entry.rstrip("/"): Run(os.path.join(folder, entry.rstrip("/")))
        for entry in sorted(tf.io.gfile.listdir(folder))
    }
    found = {entry: run for entry, run in runs.items() if _is_trained(run)}
    return found or {name: run}


def _is_trained(run: Run) -> bool:
    return run.has_weights() or run.has_checkpoint()


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A generator with what the page is told of it.

    Attributes:
        name: Its name on the page.
        run: Its folder.
        precision: What it computes in; None is what it was trained in.
    """

    name: str
    run: Run
    precision: str | None = None

    @functools.cached_property
    def generator(self) -> Generator:
        """Loads the generator."""
        return self.run.generator(self.precision)

    @functools.cached_property
    def card(self) -> dict:
        """Makes the card of the generator."""
        generator, latents = self.generator, self.generator.latents
        directions = principal_directions(generator, label_reader(self.run))
        return {
            "name": self.name,
            "model": self.run.experiment().model,
            "step": generator.step,
            "image_size": generator.image_size,
            "d_i": latents.d_i,
            "d_o": latents.d_o,
            "identities": _identities(generator),
            "pixels": dataclasses.asdict(generator.pixels),
            "directions": {
                side: [direction.to_json() for direction in largest]
                for side, largest in directions.items()
            },
            "data": describe_data(self.run),
            **_known(self.run),
        }

    @functools.cached_property
    def table(self) -> bytes | None:
        """Encodes the codes of the identities in its table, if it has one.

        Returns:
            Float32 numbers, little-endian, one code after the other.
        """
        latents = self.generator.latents
        if not isinstance(latents, IdentityEmbedding):
            return None
        codes = np.asarray(latents.look_up(tf.range(latents.num_identities)))
        return codes.astype("<f4").tobytes()


def _identities(generator: Generator) -> dict | None:
    """Describes the table of identities; None where z_i is sampled."""
    latents = generator.latents
    if not isinstance(latents, IdentityEmbedding):
        return None
    return {"count": latents.num_identities, "closed": latents.closed}


def _known(run: Run) -> dict:
    """Figures and texts of a folder with weights, or a run's last figures."""
    if run.has_weights() and not run.has_checkpoint():
        card = read_object(run.path(CARD))
        texts = {name: str(card.get(name, "")) for name in TEXTS}
        figures = card.get("figures")
        figures = figures if isinstance(figures, dict) else {}
    else:
        texts, figures = dict.fromkeys(TEXTS, ""), _last_figures(run)
    return {"figures": {k: v for k, v in figures.items() if _is_sound(v)}} | (
        texts
    )


def _last_figures(run: Run) -> dict:
    """The last evaluation of the generator that a run keeps."""
    path = run.path(METRICS)
    if not tf.io.gfile.exists(path):
        return {}
    with tf.io.gfile.GFile(path) as file:
        lines = [line for line in file if line.strip()]
    for line in reversed(lines):
        try:
            found = json.loads(line)
        # Its end may be missing after a full disk.
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("source") == "generated":
            return found
    return {}


def _is_sound(value) -> bool:
    """Whether JavaScript can read it and the page can show it."""
    if isinstance(value, list):
        return all(map(_is_sound, value))
    return isinstance(value, str) or (
        isinstance(value, int | float) and math.isfinite(value)
    )
