"""The tables of a report: the numbers of its line as HTML."""

import html

from sdgan_tf.evaluation.consistency import READABLE
from sdgan_tf.evaluation.data_sufficiency import OF_VERIFICATION

# What the table says of each number of the JSON line, in this order.
MEASURES = {
    "auc": "Area under the ROC curve: matched pairs lie nearer. 0.5 is chance.",
    "best_accuracy": "Accuracy at the best threshold for these pairs.",
    "eer": "Error rate at which false accepts and false rejects are equal.",
    "tar_at_1e-2": "True accept rate at a false accept rate of 1 %.",
    "tar_at_1e-3": "True accept rate at a false accept rate of 0.1 %.",
    "fisher_ratio": "Squared difference of the mean scores of matched and "
    "unmatched pairs, divided by the sum of their variances.",
    "accuracy": "Accuracy at tau, which validation photographs determine.",
    "far": "Fraction of unmatched pairs that are accepted at tau.",
    "id_div": "1 - MS-SSIM within matched pairs: variety within an identity.",
    "all_div": "1 - MS-SSIM within unmatched pairs: variety overall.",
    "uniqueness": "Fraction of 100 identities that are distinct at tau.",
    "novelty": "Fraction whose nearest training identity is beyond tau.",
    "novelty_fpir5": "The same at a threshold that 5 % of the test identities "
    "do not pass: 0.95 is as new as test identities.",
    "frechet": "Fréchet distance to test photographs, in the embedding.",
    "kernel": "Kernel distance to test photographs; 0 is equal.",
    "precision": "Fraction of generated pictures among the photographs "
    "(k = 3).",
    "recall": "Fraction of photographs among the generated pictures (k = 3).",
    "pair_kernel": "Kernel distance of matched pairs, both pictures at once.",
    "leakage": "Fraction nearer to training than to test photographs; "
    "0.5: none.",
    "observation_auc": "How well one z_o is recognised across identities, in "
    "the embedding. 0.5 is chance.",
    "observation_pixels_auc": "The same in coarse pixels.",
    "observation_consistency": "z_o's fraction of the known factors of an "
    "observation.",
    "identity_consistency": "z_i's fraction of the known factors of an "
    "identity.",
    "disentanglement": "How much more of each known factor the right code "
    "explains than the other code, on average.",
}

# Names of the figures of verifiers, by what these were trained on.
TRAINED_ON = {
    "Generated pictures": "downstream",
    "Photographs": "downstream_real",
    "Both": "downstream_both",
}


def number(result: dict, name: str) -> str:
    """A figure with its interval, or why it says nothing."""
    if name not in result:
        return ""
    if name in OF_VERIFICATION and not result["photographs_told_apart"]:
        return '<span class="soft">not meaningful</span>'
    shown = f"{result[name]:.4f}"
    if interval := result.get(f"{name}_interval"):
        shown += f"<br><small>{interval[0]:.4f} to {interval[1]:.4f}</small>"
    return shown


def measures_rows(line: dict, real: dict) -> str:
    """The measures of a generator beside those of photographs."""
    return "".join(
        f'<tr><td>{name}<td class="number">{number(line, name)}'
        f'<td class="number">{number(real, name)}<td class="soft">{meaning}'
        for name, meaning in MEASURES.items()
        if name in line
    )


def factors_table(line: dict) -> str:
    """The fractions of known factors that each code decides."""
    if "factors" not in line:
        return (
            "<p>The records have no known factors: only the two "
            "observation metrics above describe z_o.</p>"
        )
    rows = []
    for name, found in line["factors"].items():
        head = (
            f"<tr><td>{html.escape(name)}<td>{found['of']}"
            f'<td class="number">{found["read_from_photographs"]:.2f}'
        )
        if found["read_from_photographs"] < READABLE:
            rows.append(
                f'{head}<td class="soft" colspan="3">not predicted well enough'
            )
            continue
        bar = (
            f'<i class="made" style="width:{found["z_i"]:.2%}"></i>'
            f'<i class="real" style="width:{found["z_o"]:.2%}"></i>'
        )
        rows.append(
            f'{head}<td><div class="bar">{bar}</div>'
            f'<td class="number">{found["z_i"]:.2f}'
            f'<td class="number">{found["z_o"]:.2f}'
        )
    return (
        '<p>Fractions of each factor\'s variance that <span class="key made">'
        'z_i</span> and <span class="key real">z_o</span> explain alone. "Read"'
        " is how well the factor model predicts it for new subjects (1: "
        f"always right, 0: a constant guess); below {READABLE} nothing is "
        'shown.</p><div class="scroll"><table><thead><tr><th>Factor'
        "<th>Belongs to<th>Read<th>Fractions<th>z_i<th>z_o</thead><tbody>"
        + "".join(rows)
        + "</tbody></table></div>"
    )


def downstream_table(line: dict) -> str:
    """The test of verifiers by what they were trained on."""
    if "downstream" not in line:
        return "<p>Not measured: `downstream` was off.</p>"
    of = line["downstream"]
    rows = "".join(
        f"<tr><td>{trained_on}"
        f'<td class="number">{number(line, f"{name}_auc")}'
        f'<td class="number">{number(line, f"{name}_accuracy")}'
        for trained_on, name in TRAINED_ON.items()
    )
    return (
        f"<p>Verifiers of one kind (width {of['width']}, {of['steps']:,} "
        f"steps), each trained on {of['identities']:,} identities with "
        f"{of['pictures']:,} pictures, on both twice as many, and tested on "
        "real pairs.</p>"
        '<div class="scroll"><table><thead><tr><th>Trained on<th>AUC'
        f"<th>Accuracy</thead><tbody>{rows}"
        "<tr><td>Gap: photographs minus generated pictures"
        f'<td class="number">{number(line, "downstream_gap")}'
        f'<td class="number">{number(line, "downstream_accuracy_gap")}'
        "</tbody></table></div>"
    )
