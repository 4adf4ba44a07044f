"""One page of HTML with what an evaluation found, all inside it."""

import html
import json
import pathlib
import string

import numpy as np
import tensorflow as tf

from sdgan_tf.evaluation import charts, report_tables
from sdgan_tf.evaluation.comparing import Neighbours, find_neighbours
from sdgan_tf.evaluation.measured_pairs import Measured, chosen_pairs, generate
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.summary import GeneratedPairs, RealPairs
from sdgan_tf.evaluation.verification import Verification
from sdgan_tf.evaluation.verifiers import Embed
from sdgan_tf.images import contact_sheet, data_url, encode_png

TEMPLATE = pathlib.Path(__file__).parent / "report.html"
GRID_SIDE = 8
SHOWN = 6  # Pairs of a kind.
SHOWN_NEIGHBOURS = 12
SHOWN_OF_IDENTITY = 3  # Photographs of a nearest training identity.


def _url(image: np.ndarray) -> str:
    return data_url(encode_png(image))


def _strip(images: np.ndarray) -> str:
    """The address of a row of pictures `[n, h, w, 3]`."""
    return _url(contact_sheet(images, len(images)))


def _figure(images: np.ndarray, alt: str, caption: str) -> str:
    return (
        f'<figure><img alt="{alt}" src="{_strip(images)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def extremes(measured: Measured) -> dict[str, np.ndarray]:
    """Numbers of the best and the worst pairs, up to 6 of each kind.

    Of pairs with the same distance only one: a small split's pairs repeat.
    """

    def ordered(chosen):
        numbers = np.flatnonzero(chosen)
        _, order = np.unique(measured.distances[numbers], return_index=True)
        return numbers[order]

    matched, unmatched = ordered(measured.matched), ordered(~measured.matched)
    return {
        "matched, nearest (best)": matched[:SHOWN],
        "matched, farthest (worst)": matched[::-1][:SHOWN],
        "unmatched, nearest (worst)": unmatched[:SHOWN],
        "unmatched, farthest (best)": unmatched[::-1][:SHOWN],
    }


def _pairs(what: str, measured: Measured, pictures) -> str:
    """Best and worst pairs; `pictures` finds those `[n, 2, h, w, 3]` of n."""
    distances = measured.distances
    parts = []
    for kind, numbers in extremes(measured).items():
        figures = "".join(
            _figure(images, f"{what}, {kind}", f"{distances[number]:.3f}")
            for number, images in zip(numbers, pictures(numbers), strict=True)
        )
        parts.append(
            f'<h3>{what}, {kind}</h3><div class="pairs">{figures}</div>'
        )
    return "".join(parts)


def _real_pictures(real: RealPairs):
    def pictures(numbers):
        wanted = real.pairs.positions[numbers]
        positions, places = np.unique(wanted, return_inverse=True)
        return real.photographs.read(positions)[places.reshape(wanted.shape)]

    return pictures


def _curve(name: str, measured: Measured):
    curve = Verification(measured.distances, measured.matched).curve()
    return name, curve.false_accepts[0], curve.true_accepts[0]


def _histogram(measured: Measured, limits, tau: float, title: str) -> str:
    distances, matched = measured.distances, measured.matched
    return charts.histograms(
        [("other", distances[~matched]), ("same", distances[matched])],
        limits,
        tau,
        title,
    )


def _verification(generated: GeneratedPairs, real: RealPairs) -> str:
    """Curves and histograms, or why there are none."""
    if not real.result["photographs_told_apart"]:
        return f"<p>None: {html.escape(generated.result['warning'])}.</p>"
    measured, tau = generated.measured, generated.result["tau"]
    curves = [_curve("real", real.measured), _curve("made", measured)]
    both = np.concatenate([measured.distances, real.measured.distances])
    limits = 0.0, float(both.max())
    sources = (
        '<span class="key made">generated</span> '
        '<span class="key real">photographs</span>'
    )
    kinds = (
        '<span class="key same">matched</span> '
        '<span class="key other">unmatched</span>'
    )
    charts_shown = [
        (charts.roc(curves), sources),
        (
            charts.det(curves),
            "Error rates, logarithmic; on the dashed line both are equal. "
            + sources,
        ),
    ]
    for name, of in (("generated", measured), ("real", real.measured)):
        title = f"Distances of {name} pairs"
        caption = "Generated: " if of is measured else "Photographs: "
        charts_shown.append(
            (_histogram(of, limits, tau, title), caption + kinds)
        )
    figures = "".join(
        f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"
        for chart, caption in charts_shown
    )
    return f'<div class="row">{figures}</div>'


def _gallery(generated: GeneratedPairs, real: RealPairs, pictures) -> str:
    """The generated identities that are nearest to training identities.

    Each is shown beside some photographs of that identity; `pictures` finds
    those `[n, 2, h, w, 3]` of numbers of pairs.
    """
    nearest = generated.nearest
    if nearest is None:
        return "<p>They were not looked for.</p>"
    training = Photographs.open(real.photographs.data, "train")
    starts = np.cumsum(training.counts) - training.counts
    pairs, which = generated.measured.one_of_each()
    order = np.argsort(nearest.distances, kind="stable")[:SHOWN_NEIGHBOURS]
    made = pictures(pairs[order])[np.arange(len(order)), which[order]]
    figures = []
    for image, place in zip(made, order, strict=True):
        row = nearest.rows[place]
        count = min(SHOWN_OF_IDENTITY, int(training.counts[row]))
        photographs = training.read(starts[row] + np.arange(count))
        figures.append(
            _figure(
                np.concatenate([image[None], photographs]),
                "generated, and photographs of the nearest training identity",
                f"{nearest.distances[place]:.3f}",
            )
        )
    return f'<div class="pairs">{"".join(figures)}</div>'


def _gallery_histogram(
    generated: GeneratedPairs, real: RealPairs, tau: float
) -> str:
    """Distances to the nearest training identity, of both sources."""
    if generated.nearest is None or real.nearest is None:
        return ""
    both = real.nearest.distances, generated.nearest.distances
    chart = charts.histograms(
        [("real", both[0]), ("made", both[1])],
        (0.0, 1.05 * max(tau, float(np.concatenate(both).max()))),
        tau,
        "Distances to the nearest training identity",
        "fraction of the identities",
    )
    return (
        f'<div class="row"><figure>{chart}<figcaption>'
        '<span class="key made">generated</span> '
        '<span class="key real">test identities</span></figcaption></figure>'
        "</div>"
    )


def _neighbours(images: np.ndarray, found: Neighbours, shown) -> str:
    """Triples of the generated `images`, whose numbers are `shown`."""
    return "".join(
        _figure(
            np.stack([image, *(found.images[s][n] for s in found.images)]),
            "generated, nearest training, nearest test",
            " / ".join(f"{found.distances[s][n]:.3f}" for s in found.images),
        )
        for image, n in zip(images, shown, strict=True)
    )


def write_report(
    path: str,
    real: RealPairs,
    generated: GeneratedPairs,
    verifier: Embed,
    seed: int,
) -> None:
    """Writes the page; it needs no other file and no network.

    It searches all training photographs for the nearest ones.

    Args:
        path: Of the HTML file.
        real: Real pairs.
        generated: Generated pairs; their result is the whole line.
        verifier: The one that measured them.
        seed: Of the evaluation.
    """
    generator, measured = generated.generator, generated.measured
    line = generated.result
    num_pairs = len(measured.matched)

    def made_pictures(numbers):
        return chosen_pairs(generator, seed, num_pairs, numbers)

    # One picture an unmatched pair, as their identities are all different.
    people = np.flatnonzero(~measured.matched)
    found = find_neighbours(
        measured.embeddings[people, 0], real.photographs.data, verifier, seed
    )
    shown = np.argsort(found.distances["train"], kind="stable")
    shown = shown[:SHOWN_NEIGHBOURS]
    latents = generator.latents
    sides = latents.grid_sides(GRID_SIDE)
    codes = latents.grid(*latents.codes(seed, *sides))
    grid = generate(generator, codes[None])[0]
    searched = ", ".join(
        f"{count} photographs of {split}"
        for split, count in found.searched.items()
    )
    name = html.escape(str(line["run_dir"]))
    page = string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"{name}, step {line['step']}",
        subtitle=html.escape(
            f"{line['num_pairs']} pairs, verifier {line['verifier']}, tau "
            f"{line['tau']:.4f} from {line['tau_from']}, seed {line['seed']}"
        ),
        notice="This page contains photographs of the data set, whose terms of "
        "use say who may see it. "
        + html.escape(real.result.get("warning", "")),
        measures=report_tables.measures_rows(line, real.result),
        verification=_verification(generated, real),
        grid=_url(contact_sheet(grid, GRID_SIDE)),
        factors=report_tables.factors_table(line),
        downstream=report_tables.downstream_table(line),
        tau=f"{line['tau']:.3f}",
        pairs=_pairs("Generated", measured, made_pictures)
        + _pairs("Photographs", real.measured, _real_pictures(real)),
        gallery=_gallery(generated, real, made_pictures),
        gallery_histogram=_gallery_histogram(generated, real, line["tau"]),
        set_metric=html.escape(line["set_metric"]),
        searched=f"Searched: {searched}.",
        neighbours=_neighbours(
            made_pictures(people[shown])[:, 0], found, shown
        ),
        json=html.escape(json.dumps(line, indent=1)),
    )
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(page)
