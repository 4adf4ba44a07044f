"""How far each code keeps to its own half: observations, known factors."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import grids
from sdgan_tf.evaluation.factor_model import (
    OBSERVATION,
    Factor,
    FactorModel,
    find_factors,
)
from sdgan_tf.evaluation.measured_pairs import embed, generate
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verifiers import Embed
from sdgan_tf.generators import Generator

GRID_SIDE = 32  # Identities, and observations, of the grid.
MAX_PHOTOGRAPHS = 10_000  # That the factor model is trained on, or tested.
# A factor that is read worse from photographs says nothing of a generator.
READABLE = 0.3


@dataclasses.dataclass(frozen=True)
class Reader:
    """A factor model, and how well it reads photographs of new subjects.

    Attributes:
        model: Trained on the split train.
        readings: Of each factor on the test split; see `Factor.reading`.
    """

    model: FactorModel
    readings: Sequence[float]

    @classmethod
    def train(cls, data: DataSet, steps: int, seed: int) -> "Reader | None":
        """Trains one on the data set's factors.

        None without factors, and for 0 steps, which read no photographs.
        """
        if not steps:
            return None
        photographs = Photographs.open(data, "train")
        chosen = photographs.sample(MAX_PHOTOGRAPHS, seed)
        images, labels = photographs.read_labelled(chosen)
        factors = find_factors(labels, photographs.identities[chosen])
        if not factors:
            return None
        model = FactorModel(factors, data.image_size, seed)
        model.fit(images, labels, steps)
        test = Photographs.open(data, "test")
        images, labels = test.read_labelled(test.sample(MAX_PHOTOGRAPHS, seed))
        return cls(model, model.readings(images, labels))


def measure_grid(
    grid: np.ndarray, verifier: Embed, reader: Reader | None
) -> dict:
    """Measures what rows and columns of a grid of pictures decide.

    Args:
        grid: uint8 `[a, b, h, w, 3]`, rows of one subject, columns of one
            observation.
        verifier: Whose embeddings are compared.
        reader: Of the known factors, if there are any.

    Returns:
        `observation_auc` in the verifier's embedding and
        `observation_pixels_auc` in coarse pixels: see `grids.observation_auc`.
        With a reader the fractions of the `factors`, and over those that it
        reads well `observation_consistency` (z_o's mean fraction of what
        belongs to the observation), `identity_consistency` (z_i's of what
        belongs to the identity) and `disentanglement`, the mean by which the
        right code's fraction is larger than the other's, in [-1, 1].
    """
    a, b = grid.shape[:2]
    flat = grid.reshape(-1, *grid.shape[2:])
    embeddings = embed(flat, verifier, "pictures of the grid")
    result = {
        "observation_auc": grids.observation_auc(embeddings.reshape(a, b, -1)),
        "observation_pixels_auc": grids.observation_auc(
            grids.coarse_pixels(grid)
        ),
    }
    if reader is None:
        return result
    factors = {}
    fractions = _fractions(grid, reader)
    for factor, reading in zip(
        reader.model.factors, reader.readings, strict=True
    ):
        factors[factor.name] = {
            "of": "identity" if factor.of_identity else "observation",
            "read_from_photographs": reading,
            **dataclasses.asdict(fractions[factor.name]),
        }
    return result | _means(factors) | {"factors": factors}


def _means(factors: dict[str, dict]) -> dict[str, float]:
    readable = [
        f for f in factors.values() if f["read_from_photographs"] >= READABLE
    ]
    own = {
        "observation": [f for f in readable if f["of"] == "observation"],
        "identity": [f for f in readable if f["of"] == "identity"],
    }
    result = {}
    for of, right in (("observation", "z_o"), ("identity", "z_i")):
        if own[of]:
            result[f"{of}_consistency"] = float(
                np.mean([f[right] for f in own[of]])
            )
    gaps = [f["z_i"] - f["z_o"] for f in own["identity"]]
    gaps += [f["z_o"] - f["z_i"] for f in own["observation"]]
    if gaps:
        result["disentanglement"] = float(np.mean(gaps))
    return result


def generated_grid(
    generator: Generator, seed: int, part: str = ""
) -> np.ndarray:
    """Pictures of all combinations of codes, uint8 `[32, 32, h, w, 3]`.

    Args:
        generator: It generates them.
        seed: Of the codes.
        part: What of z_i is the same along a row; all of it by default. The
            rest is the same along a column.
    """
    latents = generator.latents
    a, b = latents.grid_sides(GRID_SIDE)
    codes = (
        latents.grid_of(part, seed, a, b)
        if part
        else latents.grid(*latents.codes(seed, a, b))
    )
    rows = [
        generate(generator, codes[start : start + b][None])[0]
        for start in range(0, len(codes), b)
    ]
    return np.stack(rows)


def measure_parts(
    generator: Generator, reader: Reader | None, seed: int
) -> dict:
    """Measures each part of z_i by factor; empty for a single part.

    Returns:
        `parts`: by part and factor the fraction of the factor's variance that
        this part alone decides, between 0 and 1.
    """
    names = generator.latents.parts
    if len(names) < 2 or reader is None:
        return {}
    parts = {}
    for part in names:
        grid = generated_grid(generator, seed, part)
        fractions = _fractions(grid, reader)
        parts[part] = {
            name: fraction.z_i for name, fraction in fractions.items()
        }
    return {"parts": parts}


def _fractions(
    grid: np.ndarray, reader: Reader
) -> dict[str, grids.VarianceFractions]:
    """Of each factor what rows and columns decide."""
    a, b = grid.shape[:2]
    read = reader.model(grid.reshape(-1, *grid.shape[2:]))
    return {
        factor.name: grids.variance_fractions(outputs.reshape(a, b, -1))
        for factor, outputs in zip(reader.model.factors, read, strict=True)
    }


def photograph_grid(
    data: DataSet, factors: Sequence[Factor]
) -> np.ndarray | None:
    """Real test subjects under the same observations, as a generated grid.

    None where the observations of different subjects are not the same ones,
    or fewer than two are common to all subjects.
    """
    if OBSERVATION not in [factor.name for factor in factors]:
        return None
    test = Photographs.open(data, "test")
    chosen = np.arange(int(test.counts.sum()))[:MAX_PHOTOGRAPHS]
    images, labels = test.read_labelled(chosen)
    subjects: dict[int, dict[str, np.ndarray]] = {}
    for identity, label, image in zip(
        test.identities[chosen], labels, images, strict=True
    ):
        subjects.setdefault(identity, {})[label[OBSERVATION]] = image
    common = sorted(set.intersection(*map(set, subjects.values())))
    if len(subjects) < 2 or len(common) < 2:
        return None
    return np.stack(
        [
            np.stack([pictures[name] for name in common])
            for pictures in list(subjects.values())[:GRID_SIDE]
        ]
    )
