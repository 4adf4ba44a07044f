"""Answers to the events of the page.

A session's state is in `gr.State`, and each of the three states has one event
that writes it, so that a click during an estimation is not lost.
"""

import dataclasses
import html

import gradio as gr
import numpy as np

from sdgan_tf.codes import encode_arrays
from sdgan_tf.explorer import uploads
from sdgan_tf.explorer.drawing import WAYS, Artist, Subject, to_png
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.explorer.state import GridState
from sdgan_tf.generators import Generator
from sdgan_tf.images import contact_sheet, data_url
from sdgan_tf.projector import Projector, check_prior


@dataclasses.dataclass(frozen=True)
class Session:
    """One user's grid.

    Attributes:
        grid: What is shown.
        known: The PNG files of the grid's and the chosen cells.
    """

    grid: GridState
    known: dict


class PageProgress:
    """`sdgan_tf.progress.Progress` for the page.

    Args:
        show: Gradio's progress.
        what: Stands beside the numbers.
        total: How many there are.
    """

    def __init__(self, show: gr.Progress, what: str, total: int):
        self.show, self.what, self.total = show, what, total

    def logged(self, done: int, values: dict) -> None:
        """Shows how many are done and, of the values, the distance."""
        text = f"{values['distance']:.1f} grey levels apart"
        self.show((done, self.total), desc=text, unit=f"{self.what}s")


class Explorer:
    """Answers the page's events; holds nothing of any user.

    Args:
        generator: What is explored.
        settings: Settings of the page.
    """

    def __init__(self, generator: Generator, settings: Settings):
        self.settings = settings
        self.image_size = generator.image_size
        self.default = GridState.fresh(
            settings.seed, settings.rows, settings.columns
        )
        self.artist = Artist(generator)
        self.projector = Projector(
            generator,
            settings.restarts,
            settings.projection_steps,
            settings.seed,
        )

    def open(self, request: gr.Request) -> tuple:
        """The page of a link."""
        query = request.query_params
        try:
            state = GridState.from_link(str(query), self.default)
        except ValueError as error:
            _warn(f"The link cannot be followed. {error}")
            state = self.default
        return self._answer(state, {})

    def act(self, session: Session | None, event: gr.EventData) -> tuple:
        """Answers a button of the grid or of the slots."""
        asked = _asked(event)
        action = asked.pop("action", None)
        actions = {
            "resample": GridState.resample,
            "toggle": GridState.toggle,
            "choose": GridState.choose,
            "turn": GridState.turn,
        }
        try:
            state = actions[action](self._grid(session), **asked)
        # What no button of the page asks for.
        except (KeyError, TypeError, ValueError) as error:
            raise gr.Error(
                f"The page asked for nothing known: {html.escape(str(error))}",
                print_exception=False,
            ) from error
        return self._answer(state, session.known if session else {})

    def resample_unlocked(self, session: Session | None) -> tuple:
        """Draws all rows and columns anew but those that are locked."""
        return self._answer(self._grid(session).resample_unlocked(), {})

    def reseed(self, session: Session | None, seed: float | None) -> tuple:
        """Shows the grid of another seed."""
        grid = self._grid(session)
        try:
            grid = grid.reseed(int(seed or 0))
        except ValueError as error:
            _warn(str(error))
        return self._answer(grid, session.known if session else {})

    def follow(
        self,
        session: Session | None,
        subject: Subject | None,
        followed: dict,
    ) -> tuple:
        """Draws below the grid what the last event made old.

        Args:
            session: The grid.
            subject: What the last estimation found.
            followed: What is drawn there by now.

        Returns:
            The journey, the subject's row, and what is drawn by now.
        """
        state = self._grid(session)
        journey = row = gr.skip()
        now = {
            "chosen": state.chosen,
            "subject": subject,
            "columns": state.columns.draws,
        }
        old = {name for name in now if followed.get(name) != now[name]}
        if "chosen" in old:
            journey = self.journey(state)
        if subject and old & {"subject", "columns"}:
            images = self.artist.under_observations(
                subject, state.columns.draws
            )
            row = [data_url(to_png(image)) for image in images]
        return journey, row, now

    def journey(self, state: GridState) -> dict:
        """The matrix and the walks between the chosen cells, if there are."""
        if None in state.chosen:
            return {}
        rows, columns = len(state.rows.draws), len(state.columns.draws)
        matrix = self.artist.matrix(*state.chosen, rows, columns)
        walks = {
            way: self.artist.walk(*state.chosen, way, self.settings.frames)
            for way in WAYS
        }
        return {
            "link": state.link(),
            "matrix": data_url(to_png(contact_sheet(matrix, columns))),
            "walks": {
                way: [data_url(to_png(frame)) for frame in frames]
                for way, frames in walks.items()
            },
            "milliseconds": self.settings.frame_milliseconds,
        }

    def estimate(
        self,
        subject: Subject | None,
        event: gr.EventData,
        progress=gr.Progress(),  # noqa: B008 - how Gradio is asked for it.
    ) -> tuple:
        """Finds the codes of uploaded photographs.

        Returns:
            The subject, what is shown of it, and the upload's own value.
        """
        settings = self.settings
        try:
            check_prior(self.artist.latents)
            photographs = uploads.read_uploads(
                _asked(event).get("files"),
                settings.upload_count,
                image_size=self.image_size,
                crop=settings.crop,
                megabytes=settings.upload_megabytes,
                megapixels=settings.upload_megapixels,
            )
        except ValueError as error:
            _warn(str(error))
            return subject, gr.skip(), self.upload_value(str(error))
        progress(0.0, desc="Looking at the generator")
        z, images, distance = self.projector.project(
            photographs[None],
            lambda *steps: PageProgress(progress, *steps),
        )
        z_i, z_o = self.artist.latents.split(z[0])
        found = Subject(z_i[0], z_o, images[0], distance[0])
        return found, self.found_value(found, photographs), self.upload_value()

    def upload_value(self, refused: str = "") -> dict:
        """Tells the page the limits of uploads, and why one was refused."""
        return {
            "count": self.settings.upload_count,
            "megabytes": self.settings.upload_megabytes,
            "refused": refused,
        }

    def found_value(self, subject: Subject, photographs: np.ndarray) -> dict:
        """Makes the pictures and texts that the page shows of a subject."""
        k = len(subject.z_o)
        codes = encode_arrays(
            z_i=np.repeat(subject.z_i[None], k, axis=0), z_o=subject.z_o
        )
        return {
            "photographs": [data_url(to_png(image)) for image in photographs],
            "reconstructions": [data_url(to_png(i)) for i in subject.images],
            "distances": [f"{value:.1f}" for value in subject.distance],
            "codes": data_url(codes, "application/octet-stream"),
        }

    def _grid(self, session: Session | None) -> GridState:
        return session.grid if session else self.default

    def _answer(self, state: GridState, known: dict) -> tuple:
        """The session, the grid, the slots and the seed of a new state."""
        chosen = [cell for cell in state.chosen if cell]
        known = self.artist.cells(state.cells() + chosen, known)
        urls = {cell: data_url(png) for cell, png in known.items()}
        cells = state.cells()
        places = {cell: n for n, cell in enumerate(cells)}
        grid = {
            "link": state.link(),
            "rows": len(state.rows.draws),
            "columns": len(state.columns.draws),
            "locked": {
                "rows": sorted(state.rows.locked),
                "columns": sorted(state.columns.locked),
            },
            "cells": [urls[cell] for cell in cells],
            "chosen": [places.get(cell) for cell in state.chosen],
        }
        slots = {
            "slot": state.slot,
            "pictures": [urls.get(cell) for cell in state.chosen],
        }
        return Session(state, known), grid, slots, state.seed


def _asked(event: gr.EventData) -> dict:
    """Reads an event: the page sends an object, others anything."""
    return dict(event._data) if isinstance(event._data, dict) else {}


def _warn(text: str) -> None:
    """Shows a message. Gradio would take it for HTML, and it holds input."""
    gr.Warning(html.escape(text))
