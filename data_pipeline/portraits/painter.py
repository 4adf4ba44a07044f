"""The painter: an `Identity` under an `Observation` as a picture.

Lengths are in half pictures: x to the right and y downwards run over [-1, 1].
"""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

from data_pipeline.portraits.attributes import (
    Identity,
    Observation,
    check_at_least,
)

_SUPERSAMPLING = 4
_CIRCLE = np.exp(2j * np.pi * np.arange(24)[:, None] / 24).view(np.float64)
_SKIN = np.array(
    [(255, 226, 204), (243, 196, 156), (212, 156, 108), (156, 100, 62),
     (88, 56, 40)],
    np.float64,
)  # fmt: skip
_HAIR = {
    "black": (30, 26, 32),
    "brown": (104, 62, 34),
    "ginger": (204, 88, 28),
    "blond": (236, 204, 108),
    "grey": (172, 174, 182),
    "blue": (46, 90, 196),
    "pink": (230, 88, 152),
}
_EYES = {
    "brown": (98, 58, 28),
    "green": (58, 140, 74),
    "blue": (52, 116, 206),
    "grey": (128, 136, 146),
}


def _hls(hue: float, lightness: float, saturation: float) -> np.ndarray:
    return 255 * np.array(colorsys.hls_to_rgb(hue, lightness, saturation))


def _curve(*knots: tuple[float, float]) -> np.ndarray:
    """Points through `knots` at x steps fine enough to bend with the yaw."""
    x, y = np.array(knots).T
    steps = np.linspace(0, len(x) - 1, 4 * len(x))
    places = np.arange(len(x))
    return np.array([np.interp(steps, places, v) for v in (x, y)]).T


def _oval(x: float, y: float, rx: float, ry: float) -> np.ndarray:
    return _CIRCLE * (rx, ry) + (x, y)


class _Painter:
    """Paints one person on a transparent canvas, from back to front.

    The head is half an ellipsoid: features lie on it and turn with the yaw,
    while silhouettes keep their shape and only move by their depth.
    """

    # The eye line is the same for everyone, as in aligned photographs.
    _eye_y = -0.06
    _head_y = 0.06

    def __init__(self, person: Identity, view: Observation, image_size: int):
        self.person, self.view = person, view
        self.half = image_size * _SUPERSAMPLING / 2
        size = (image_size * _SUPERSAMPLING,) * 2
        self.canvas = Image.new("RGBA", size)
        self.pen = ImageDraw.Draw(self.canvas)
        self.sin, self.cos = np.sin(view.yaw), np.cos(view.yaw)
        # One matrix rolls points (rows) about the middle and scales them.
        roll, zoom = view.roll, 1.1 * self.half
        self.turn = zoom * np.array(
            [[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]]
        )
        self.shift = self.half * np.array([1 + view.shift_x, 1 + view.shift_y])
        self.depth = 0.9 * person.face_width
        tone = person.skin_tone * (len(_SKIN) - 1)
        places = np.arange(len(_SKIN))
        self.skin = np.array([np.interp(tone, places, c) for c in _SKIN.T])
        self.hair = np.array(_HAIR[person.hair_colour], np.float64)

    def place(self, points, depth=None, lift=0.0) -> list:
        """Canvas coordinates of points `[n, 2]`, on the face or at `depth`."""
        p = self.person
        x, y = np.asarray(points, np.float64).T
        if depth is None:
            flat = (x / p.face_width) ** 2
            flat += ((y - self._head_y) / p.face_length) ** 2
            depth = self.depth * np.sqrt(np.maximum(1 - flat, 0)) + lift
            x = x * self.cos
        # Half of the eyes' own shift is taken back: the outline gives way.
        x = x + (depth - 0.5 * self.depth) * self.sin
        at = np.array([x, y]).T @ self.turn + self.shift
        return at.ravel().tolist()

    def fill(self, points, colour, depth=None, lift=0.0) -> None:
        self.fill_placed(self.place(points, depth, lift), colour)

    def fill_placed(self, at: list, colour) -> None:
        self.pen.polygon(at, tuple(int(c) for c in colour))

    def fill_edged(self, at: list, colour) -> None:
        # Dark edges part hair from a skin or background of its colour.
        self.fill_placed(at, colour)
        width = max(1, round(0.035 * self.half))
        edge = tuple(int(0.55 * c) for c in colour)
        self.pen.line(at + at[:4], edge, width, joint="curve")

    def line(self, points, colour, width, depth=None, lift=0.0) -> None:
        colour = tuple(int(c) for c in colour)
        width = max(1, round(width * self.half))
        at = self.place(points, depth, lift)
        self.pen.line(at, colour, width, joint="curve")

    def outline(self, start: float, stop: float, grow=0.0) -> np.ndarray:
        """The head's edge, clockwise from the right, turn 0.5 at the left."""
        p = self.person
        turn = 2 * np.pi * np.linspace(start, stop, 48)
        x, y = np.cos(turn), np.sin(turn)
        power = np.where(y > 0, 2 / (1.6 + 1.6 * p.jaw), 0.9)
        x = np.sign(x) * np.abs(x) ** power * (p.face_width + grow)
        y = np.sign(y) * np.abs(y) ** power * (p.face_length + grow)
        return np.array([x, self._head_y + y]).T

    def paint(self) -> Image.Image:
        self.paint_body()
        self.paint_skin()
        self.paint_mouth()
        self.paint_eyes()
        self.paint_hair()
        self.paint_glasses()
        return self.canvas

    def paint_body(self) -> None:
        p, w, dark = self.person, self.person.face_width, 0.8 * self.hair
        self.fill(_oval(0, 1.3, 0.85, 0.6), _hls(p.clothing_hue, 0.45, 0.6), 0)
        if p.clothing == "striped":
            for y, half in ((0.8, 0.42), (0.94, 0.66)):
                stripe = _hls(p.clothing_hue, 0.8, 0.6)
                self.line([(-half, y), (half, y)], stripe, 0.06, depth=0)
        back = []
        if p.hair_style == "long":
            x = w + np.array([0.1, 0.2, 0.3])
            left = np.array([-x, [-0.1, 0.6, 1.5]]).T
            back = [np.concatenate([left, left[::-1] * (-1, 1)])]
        elif p.hair_style == "bob":
            back = [_oval(0, 0.12, w + 0.22, 0.56)]
        elif p.hair_style == "bun":
            back = [_oval(0, -0.68, 0.2, 0.18)]
        elif p.hair_style == "curly":
            curls = self.outline(0.46, 1.04, 0.08)[::5]
            back = [_oval(x, y, 0.16, 0.16) for x, y in curls]
        for shape in back:
            self.fill_edged(self.place(shape, depth=-0.1), dark)
        neck = [(0.2, 0.4), (0.22, 0.82), (0, 0.92), (-0.22, 0.82)]
        self.fill([*neck, (-0.2, 0.4)], 0.78 * self.skin, depth=0)
        if p.clothing == "collar":
            for side in (-1, 1):
                flap = [(0.24, 0.72), (0.36, 0.9), (0.06, 1.0)]
                self.fill(np.array(flap) * (side, 1), (240, 240, 240), 0)

    def paint_skin(self) -> None:
        p, w = self.person, self.person.face_width
        if p.hair_style not in ("long", "bob"):
            for side in (-1, 1):
                # Set back, so that the far ear hides behind the head.
                size = 0.12 * p.ear_size
                ear = _oval(side * w, 0.06, 0.7 * size, size)
                self.fill(ear, 0.85 * self.skin, depth=-0.15)
        self.fill(self.outline(0, 1), self.skin, depth=0)
        ruddy = 0.6 * self.skin + 0.4 * np.array([220, 50, 60])
        if p.marks == "blush":
            for side in (-1, 1):
                cheek = _oval(side * 0.55 * w, 0.2, 0.1, 0.075)
                self.fill(cheek, ruddy)
        elif p.marks == "mole":
            self.fill(_oval(0.5 * w, 0.27, 0.045, 0.045), (50, 30, 25))
        elif p.marks == "freckles":
            for x in (-0.65, -0.5, -0.35, 0.35, 0.5, 0.65):
                for y in (0.1, 0.18):
                    spot = _oval(x * w + y - 0.14, y, 0.02, 0.02)
                    self.fill(spot, 0.62 * ruddy)
        mouth_y = self.mouth_y
        if p.facial_hair == "beard":
            # Its lower edge is the head's, the upper one lies on the face.
            cheek = _curve(
                (-0.95 * w, 0.02),
                (-0.72 * w, mouth_y - 0.02),
                (-0.45 * w, mouth_y - 0.09),
                (0, mouth_y - 0.09),
            )
            upper = np.concatenate([cheek, cheek[::-1] * (-1, 1)])
            jaw = self.place(self.outline(0, 0.5, 0.03), depth=0)
            self.fill_edged(jaw + self.place(upper), self.hair)
        elif p.facial_hair == "goatee":
            chin = self._head_y + p.face_length
            tuft = self.place(_oval(0, chin - 0.02, 0.14, 0.13), self.depth / 2)
            self.fill_edged(tuft, self.hair)

    @property
    def mouth_y(self) -> float:
        return self._eye_y + self.person.nose_length + 0.22

    def paint_mouth(self) -> None:
        p, view, y = self.person, self.view, self.mouth_y
        x = np.linspace(-1, 1, 13)
        bow = y - 0.1 * view.smile * (x**2 - 0.4)
        x, bulge = x * p.mouth_width, 1 - x**2
        gape = 0.16 * view.mouth_open * bulge
        lips = 0.5 * self.skin + 0.5 * np.array([190, 40, 60])
        for top, bottom, colour in (
            (-p.lip_fullness * bulge, gape + p.lip_fullness * bulge, lips),
            (-0.008, gape + 0.008, (60, 18, 24)),
            (0 * gape, 0.45 * gape, (250, 248, 240)),
        ):
            upper = np.array([x, bow + top]).T
            lower = np.array([x, bow + bottom]).T
            self.fill(np.concatenate([upper, lower[::-1]]), colour)
        tip = self._eye_y + p.nose_length
        bridge = (0.02, self._eye_y)
        sides = [(p.nose_width, tip), (-p.nose_width, tip), (-0.02, bridge[1])]
        self.fill([bridge, *sides], 0.86 * self.skin, lift=0.08)
        nose = _oval(0, tip, p.nose_width, 0.045)
        self.fill(nose, 0.78 * self.skin, lift=0.1)
        if p.facial_hair in ("moustache", "beard"):
            half = _curve((0, tip + 0.06), (0.2, tip + 0.14))
            for side in (-1, 1):
                self.line(half * (side, 1), self.hair, 0.085, lift=0.02)

    def paint_eyes(self) -> None:
        p, size = self.person, self.person.eye_size
        for side in (-1, 1):
            x, y = side * p.eye_spacing, self._eye_y
            rim = _oval(x, y - 0.008, 0.108 * size, 0.072 * size)
            self.fill(rim, 0.45 * self.skin)
            self.fill(_oval(x, y, 0.1 * size, 0.062 * size), (250, 250, 250))
            iris = 0.058 * size
            self.fill(_oval(x, y, iris, iris), _EYES[p.eye_colour])
            self.fill(_oval(x, y, 0.45 * iris, 0.45 * iris), (10, 10, 12))
            rise = 0.09 * p.brow_slant
            middle = y - 0.15 - 0.02 * self.view.mouth_open
            brow = _curve((x - side * 0.1, middle + rise), (x, middle - 0.02),
                          (x + side * 0.1, middle - rise))  # fmt: skip
            self.line(brow, 0.75 * self.hair, p.brow_thickness)

    def paint_hair(self) -> None:
        p, w = self.person, self.person.face_width
        top = self._head_y - p.face_length
        if p.hair_style == "bald":
            return
        if p.hair_style == "mohawk":
            crest = [(-0.12, 0.14), (-0.2, -0.27), (-0.08, -0.22), (0, -0.3),
                     (0.08, -0.22), (0.2, -0.27), (0.12, 0.14)]  # fmt: skip
            crest = np.array(crest) + np.array([0, top])
            self.fill_edged(self.place(crest, depth=0.1), self.hair)
            return
        edge, fringe, grow = {
            "short": (-0.1, [(0.8, -0.38), (0, -0.3), (-0.8, -0.38)], 0.05),
            "parted": (-0.1, [(0.7, -0.28), (-0.5, -0.5)], 0.09),
            "long": (0.25, [(0.75, -0.2), (0, -0.48), (-0.75, -0.2)], 0.1),
            "bob": (0.15, [(0.82, -0.26), (-0.82, -0.26)], 0.11),
            "curly": (-0.05, [(0.7, -0.32), (0, -0.38), (-0.7, -0.32)], 0.1),
            "bun": (-0.12, [(0.7, -0.38), (0, -0.46), (-0.7, -0.38)], 0.03),
        }[p.hair_style]
        line = [(x * w, y) for x, y in [(0.98, edge), *fringe, (-0.98, edge)]]
        outline = self.outline(0.5, 1, grow)
        crown = [(-w - grow, edge), *outline, (w + grow, edge)]
        # The crown is a silhouette, whereas the hairline lies on the face.
        at = self.place(crown, depth=0) + self.place(_curve(*line))
        self.fill_edged(at, self.hair)

    def paint_glasses(self) -> None:
        p, y, black = self.person, self._eye_y, (24, 24, 30)
        if p.glasses == "none":
            return
        for side in (-1, 1):
            x = side * max(p.eye_spacing, 0.19)
            lens = _oval(x, y, 0.165, 0.15)
            if p.glasses == "square":
                lens = np.array([(-1, -0.7), (1, -0.7), (1, 0.8), (-1, 0.8)])
                lens = lens * (0.165, 0.15) + (x, y)
            if p.glasses == "shades":
                self.fill(lens, black, lift=0.04)
            closed = np.concatenate([lens, lens[:2]])
            self.line(closed, black, 0.035, lift=0.04)
            arm = [(x + side * 0.16, y), (side * p.face_width, y)]
            self.line(arm, black, 0.03)
        self.line([(-0.06, y), (0.06, y)], black, 0.035, lift=0.06)


def draw_portrait(
    identity: Identity, observation: Observation, image_size: int = 64
) -> Image.Image:
    """Draws one photograph of one person.

    Args:
        identity: Who is seen.
        observation: Under which conditions.
        image_size: Side of the square picture in pixels, at least 8.

    Returns:
        RGB picture, `image_size` by `image_size`; the same for the same
        arguments.

    Raises:
        ValueError: If `image_size` is too small.
    """
    check_at_least(8, image_size=image_size)
    view = observation
    layer = _Painter(identity, view, image_size).paint()
    pixels = np.asarray(layer.reduce(_SUPERSAMPLING), np.float32)
    person, cover = pixels[..., :3], pixels[..., 3:] / 255

    x = np.linspace(-1, 1, image_size, dtype=np.float32)
    facing = np.clip((x - view.shift_x) / 0.6, -1, 1)
    light = 0.65 * facing * view.light_direction - 0.2 * x[:, None]
    light = view.brightness * (1 + view.light_strength * light)

    lightness = view.background_lightness + view.background_gradient * x / 2
    # A tint whose saturation leaves it room at every lightness.
    tint = _hls(view.background_hue, 0.5, 0.35) - 127.5
    room = 1 - np.abs(2 * lightness - 1)
    background = 255 * lightness[:, None] + room[:, None] * tint

    pixels = cover * person * light[..., None] + (1 - cover) * background
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if view.film == "greyscale":
        picture = picture.convert("L").convert("RGB")
    return picture
