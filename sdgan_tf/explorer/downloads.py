"""Files of a state. A link says all of it, so that none lies on the disk."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from sdgan_tf.codes import encode_arrays
from sdgan_tf.explorer.drawing import IDENTITY, Artist, there_and_back
from sdgan_tf.explorer.state import GridState
from sdgan_tf.images import contact_sheet, encode_animation, encode_png


class Downloads:
    """Makes the files that the page offers, from a link each.

    Args:
        artist: Draws them.
        default: The state where a link says nothing.
        frames: Of a walk in one direction.
        frame_milliseconds: Time of a frame.
    """

    def __init__(
        self,
        artist: Artist,
        default: GridState,
        frames: int,
        frame_milliseconds: int,
    ):
        self.artist = artist
        self.default = default
        self.frames = frames
        self.frame_milliseconds = frame_milliseconds
        self.files: dict[str, tuple[str, Callable]] = {
            "grid.png": ("image/png", self.grid),
            "codes.npz": ("application/octet-stream", self.codes),
            "matrix.png": ("image/png", self.matrix),
            "walk.gif": ("image/gif", self.gif),
            "walk.webp": ("image/webp", self.webp),
        }

    def file(self, name: str, query: str) -> tuple[str, bytes]:
        """The media type and the bytes of a file.

        Args:
            name: One of `files`.
            query: A state's link; for a walk with `&way=identity` or
                `&way=observation`.

        Raises:
            FileNotFoundError: If there is no file of this name.
            ValueError: If the query is no link or says too little.
        """
        if name not in self.files:
            raise FileNotFoundError(
                f"The files are {sorted(self.files)}. Received: {name!r}"
            )
        media_type, make = self.files[name]
        state = GridState.from_link(query, self.default)
        return media_type, make(state, dict(parse_qsl(query)))

    def grid(self, state: GridState, _) -> bytes:
        """The grid, PNG."""
        return encode_png(self.artist.grid(state))

    def codes(self, state: GridState, _) -> bytes:
        """The grid's codes, for `--codes` with `--codes_as=grid`."""
        return encode_arrays(
            z_i=self.artist.z_i(state.rows.draws),
            z_o=self.artist.z_o(state.columns.draws),
        )

    def matrix(self, state: GridState, _) -> bytes:
        """The matrix between the chosen cells, PNG, as large as the grid."""
        rows, columns = len(state.rows.draws), len(state.columns.draws)
        images = self.artist.matrix(*_pair(state), rows, columns)
        return encode_png(contact_sheet(images, columns))

    def gif(self, state: GridState, fields: dict) -> bytes:
        """The walk along `way`, there and back, GIF."""
        return self._walk(state, fields, "GIF")

    def webp(self, state: GridState, fields: dict) -> bytes:
        """The walk along `way`, there and back, WebP."""
        return self._walk(state, fields, "WEBP")

    def _walk(self, state: GridState, fields: dict, form: str) -> bytes:
        way = fields.get("way", IDENTITY)
        frames = self.artist.walk(*_pair(state), way, self.frames)
        return encode_animation(
            there_and_back(frames), self.frame_milliseconds, form
        )


def _pair(state: GridState) -> tuple:
    if None in state.chosen:
        raise ValueError(
            "The link must hold two chosen cells, first and second."
        )
    return state.chosen
