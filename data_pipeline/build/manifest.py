"""The manifest of a finished build: what is in it, what was left out, why."""

import dataclasses
import hashlib
import json

import tensorflow as tf

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.options import BuildOptions
from data_pipeline.records.data_set import FORMAT_VERSION, shard_path
from data_pipeline.records.splits import SPLITS

SHOWN_NEAR = 5  # Near duplicates in a summary; the manifest has them all.
LISTED = 20  # Bad files named in an error; the manifest has them all.


def from_report(report: dict, options: BuildOptions) -> dict:
    """The manifest of a finished build.

    Args:
        report: What `pipeline.WriteReport` wrote.
        options: Of the build.

    Raises:
        BadCollection: If the collection contradicts itself, holds too many
            bad files or no identity with enough images.
    """
    bad = sorted(report["bad"])
    listed = report["good"][0] + len(bad)
    if report["errors"]:
        errors = sorted(report["errors"])
        help_ = ""
        if "in more than one split" in errors[0]:
            help_ = (
                ". With --nofolder_splits neither folders nor names of shards "
                "decide the split, and all pictures of an identity share one"
            )
        raise BadCollection(
            "The collection contradicts itself: "
            + "; ".join(errors[:LISTED])
            + help_
        )
    if len(bad) > options.max_bad_fraction * listed:
        lines = "".join(f"\n  {path}: {why}" for path, why in bad[:LISTED])
        raise BadCollection(
            f"{len(bad)} of {listed} files are bad, more than "
            f"`max_bad_fraction` {options.max_bad_fraction} allows:{lines}"
        )
    changed = sorted(
        c["changed"] for _, c in report["counts"] if "changed" in c
    )
    if changed:
        raise BadCollection(changed[0])
    splits = {
        split: {"identities": 0, "images": 0, "bytes": 0} for split in SPLITS
    }
    contents = []
    shards = {}
    for split, counts in report["counts"]:
        content = counts.pop("content")
        contents.append(f"{split}:{content}")
        number, _, digest = content.partition(":")
        path = shard_path("", split, int(number), options.num_shards)
        shards[path] = digest
        for name, value in counts.items():
            splits[split][name] += value
    # The same records get the same id, so a data set that was built again
    # goes on serving the runs that were trained on it.
    build_id = hashlib.sha256("\n".join(sorted(contents)).encode()).hexdigest()
    if not sum(counts["identities"] for counts in splits.values()):
        raise BadCollection(
            "No identity has enough images: `min_images` is "
            f"{options.min_images}, and {report['too_few'][0]} identities "
            f"have fewer. Received: input={options.input!r}"
        )
    return {
        "format_version": FORMAT_VERSION,
        "build_id": build_id[:32],
        "image_size": options.image_size,
        "num_shards": options.num_shards,
        "label_names": list(options.label_names),
        "contents": dict(sorted(shards.items())),
        "options": dataclasses.asdict(options)
        | {"crop": options.resolved_crop},
        "splits": splits,
        "files_listed": listed,
        "identities_with_too_few_images": report["too_few"][0],
        "identities_beyond_max": report["beyond_max"][0],
        "repeated_pictures": sorted(report["repeated"]),
        "pictures_of_two_identities": sorted(report["ambiguous"]),
        "near_duplicates": _near_duplicates(report),
        "near_duplicates_of_one_identity": sorted(report["alike"]),
        "bad_files": [{"path": p, "reason": why} for p, why in bad],
    }


def _near_duplicates(report: dict) -> list[dict]:
    """Each photograph that is near to one of another identity, and that."""
    named = {
        number: {"path": path, "identity": identity}
        for number, path, identity in report["near"]
    }
    found = [
        named[number] | {"like": named[other]}
        for number, other in report["partners"]
    ]
    return sorted(found, key=lambda f: f["path"])


def _near_lines(manifest: dict) -> list[str]:
    near = manifest["near_duplicates"]
    if not near:
        return []
    text = f"{len(near):,} near duplicates under two identities"
    lines = (
        [f"left out: {text}"]
        if manifest["options"]["drop_near_duplicates"]
        else [f"{text} (--drop_near_duplicates leaves them out)"]
    )
    shown = [f for f in near if f["path"] < f["like"]["path"]][:SHOWN_NEAR]
    return lines + [
        f"  {f['identity']}, {f['path']}: like {f['like']['identity']}, "
        f"{f['like']['path']}"
        for f in shown
    ]


def write(manifest: dict, path: str) -> None:
    """Writes the manifest, whole or not at all."""
    part = path + ".part"
    with tf.io.gfile.GFile(part, "w") as file:
        file.write(json.dumps(manifest, indent=2) + "\n")
    tf.io.gfile.rename(part, path)


def summary(manifest: dict) -> str:
    """Summarises for a person what was built and what was left out."""
    lines = [
        f"{split:6}{counts['identities']:9,} identities"
        f"{counts['images']:10,} images"
        for split, counts in manifest["splits"].items()
    ]
    left_out = {
        "identities with too few images": manifest[
            "identities_with_too_few_images"
        ],
        "identities beyond --max_identities": manifest["identities_beyond_max"],
        "repeated pictures": len(manifest["repeated_pictures"]),
        "pictures under two identities": len(
            manifest["pictures_of_two_identities"]
        ),
        "near duplicates within an identity": len(
            manifest["near_duplicates_of_one_identity"]
        ),
        "bad files": len(manifest["bad_files"]),
    }
    lines += manifest["listing"]
    lines += _near_lines(manifest)
    lines += [f"left out: {n:,} {what}" for what, n in left_out.items() if n]
    for bad in manifest["bad_files"][:LISTED]:
        lines.append(f"  {bad['path']}: {bad['reason']}")
    shown = ", ".join(f"{n}: {c:,}" for n, c in manifest["examples"].items())
    total = sum(c["identities"] for c in manifest["splits"].values())
    more = ", ..." if total > len(manifest["examples"]) else ""
    lines.append(
        f"images of an identity: {manifest['smallest']:,} to "
        f"{manifest['largest']:,} ({shown}{more})"
    )
    for split, counts in manifest["splits"].items():
        if not counts["identities"]:
            lines.append(f"WARNING: the split `{split}` is empty.")
    pairs = manifest["identities_with_two_images"]["train"]
    if pairs < 2:
        lines.append(
            f"WARNING: {pairs or 'no'} identit{'y' if pairs else 'ies'} of "
            "`train` with two images, and training needs two. "
            "Is the identity of each picture its folder, or the column "
            "that you named?"
        )
    if manifest["advice"]:
        lines.append(f"WARNING: {manifest['advice']}")
    return "\n".join(lines)
