"""The page: Gradio's blocks, and which answer each event gets.

What the user sees is HTML of `assets/`, whose buttons trigger the events.
"""

import html
import pathlib

import gradio as gr

from sdgan_tf.explorer.answers import Explorer

ASSETS = pathlib.Path(__file__).parent / "assets"
MOUNT = '<div class="sd-mount"></div>'
UPLOAD = """\
<div class="sd-mount"><label class="sd-drop">
Choose or drop photographs of one subject, one or several.
They are not kept.
<input type="file" accept="image/*" multiple
 aria-label="Photographs of one subject"></label>
<p class="sd-refused" role="alert"></p></div>
"""
# Clicks are answered one at a time, for all users. Beside them, one at a time
# too: what a click makes old below the grid, and estimations.
QUICK = {
    "concurrency_id": "drawing",
    "concurrency_limit": 1,
    "trigger_mode": "multiple",
    "show_progress": "hidden",
    "api_visibility": "private",
}
LATER = QUICK | {"concurrency_id": "following"}
SLOW = {
    "concurrency_id": "estimation",
    "concurrency_limit": 1,
    "trigger_mode": "multiple",
    "show_progress": "full",
    "api_visibility": "private",
}
WAITING_USERS = 32


def build(explorer: Explorer, title: str) -> gr.Blocks:
    """The page.

    Args:
        explorer: Answers the events.
        title: Says which generator it is.
    """
    with gr.Blocks(title="SD-GAN explorer", analytics_enabled=False) as blocks:
        session, subject, followed = gr.State(), gr.State(), gr.State({})
        gr.HTML(
            f"<h1>SD-GAN explorer</h1><p>{html.escape(title)}</p>",
            elem_classes="sd-title",
        )
        grid = _html("grid")
        with gr.Row(equal_height=False, elem_classes="sd-seed"):
            seed = gr.Number(
                explorer.default.seed,
                label="Seed",
                precision=0,
                minimum=0,
                min_width=100,
            )
            reseed = gr.Button("New grid of this seed", min_width=140)
            every = gr.Button(
                "Resample all unlocked", variant="primary", min_width=140
            )
        gr.Markdown("## Workbench")
        slots = _html("slots")
        journey = _html("journey", value={})
        gr.Markdown("## Your photographs")
        upload = _html("upload", UPLOAD, value=explorer.upload_value())
        found = _html("subject", min_height=96)
        under = _html("under")

        answer = [session, grid, slots, seed]
        below = (
            explorer.follow,
            [session, subject, followed],
            [journey, under, followed],
        )
        opened = blocks.load(explorer.open, None, answer, **QUICK)
        events = [
            opened,
            grid.select(explorer.act, session, answer, **QUICK),
            slots.select(explorer.act, session, answer, **QUICK),
            every.click(explorer.resample_unlocked, session, answer, **QUICK),
            reseed.click(explorer.reseed, [session, seed], answer, **QUICK),
            seed.submit(explorer.reseed, [session, seed], answer, **QUICK),
            upload.upload(
                explorer.estimate,
                subject,
                [subject, found, upload],
                show_progress_on=found,
                **SLOW,
            ),
        ]
        for event in events:
            event.then(*below, **LATER)
    return blocks.queue(max_size=WAITING_USERS)


def _html(name: str, template: str = MOUNT, **options) -> gr.HTML:
    """A part of the page that `assets/NAME.js` fills."""
    script = "\n".join(
        (ASSETS / file).read_text() for file in ("common.js", f"{name}.js")
    )
    return gr.HTML(
        html_template=template,
        js_on_load=script,
        apply_default_css=False,
        elem_id=f"sd-{name}",
        **options,
    )
