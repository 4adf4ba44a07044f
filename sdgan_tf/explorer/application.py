"""The local back end: the page's files and pictures, by WSGI.

GET  /NAME                              the page
GET  /explorer.json                     what it reads first
GET  /generators/N/card.json            a generator's card
GET  /generators/N/identities.f32       codes of the identities it knows
POST /generators/N/draw                 codes to pixels
POST /generators/N/estimate             photographs to codes
"""

import functools
import json
import mimetypes
import re
import threading
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

import numpy as np
from werkzeug import Request, Response

from sdgan_tf.explorer import site_files, uploads
from sdgan_tf.explorer.catalogue import Exhibit
from sdgan_tf.explorer.drawing import Artist
from sdgan_tf.explorer.estimations import Estimations
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.projector import Projector, check_prior

# The most pictures of one request: the page asks for fewer.
MOST_PICTURES = 64
# The page needs nothing from elsewhere; this makes the browser refuse it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
        "img-src 'self' data: blob:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
GENERATOR = re.compile(r"/generators/(\d{1,4})/([a-z0-9.]+)")


class Refusal(Exception):
    """An answer other than what was asked for.

    Args:
        status: Of HTTP.
        text: Says why.
    """

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status, self.text = status, text


class Studio:
    """A generator that draws and estimates.

    Args:
        exhibit: The generator.
        settings: Those of estimations count.
    """

    def __init__(self, exhibit: Exhibit, settings: Settings):
        self.exhibit = exhibit
        self.artist = Artist(exhibit.generator)
        self.projector = Projector(
            exhibit.generator,
            settings.restarts,
            settings.projection_steps,
            settings.seed,
        )
        card = exhibit.card | {"batch": self.artist.batch}
        self.card = json.dumps(card, allow_nan=False).encode()


class Application:
    """Answers the page; holds nothing of any user.

    Args:
        exhibits: The generators; the first one is loaded now.
        settings: Settings of the page.
        hosts: The names by which the page is called, with ports; none: any. A
            page of elsewhere could else be given this machine's address.
    """

    def __init__(
        self,
        exhibits: Sequence[Exhibit],
        settings: Settings,
        hosts: Collection[str] = (),
    ):
        self.settings = settings
        self.hosts = frozenset(hosts)
        self._exhibits = tuple(exhibits)
        self._studios: dict[int, Studio] = {}
        self._loading, self._drawing = threading.Lock(), threading.Lock()
        self._estimations = Estimations()
        page = settings.of_page() | {"uploads": settings.of_uploads()}
        names = [exhibit.name for exhibit in exhibits]
        files = site_files.site_files()
        files[site_files.START] = site_files.start_file("server", names, page)
        # By name, and from memory: no path leads anywhere else.
        self._files = {f"/{name}": data for name, data in files.items()}
        self._files["/"] = files["index.html"]
        self._studios[0] = Studio(self._exhibits[0], settings)

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        """Answers one request."""
        request = Request(environ)
        try:
            self._check(request)
            response = self._respond(request)
        except Refusal as refusal:
            response = Response(refusal.text, refusal.status)
        response.headers.update(HEADERS)
        return response(environ, start_response)

    def _check(self, request: Request) -> None:
        """Refuses what no page of this server asks for."""
        if self.hosts and request.environ.get("HTTP_HOST") not in self.hosts:
            raise Refusal(403, "The request names another host.")
        if request.method == "GET":
            return
        if request.method != "POST":
            raise Refusal(405, "Only GET and POST are allowed.")
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.environ.get(
            "HTTP_HOST"
        ):
            raise Refusal(403, "The request comes from another page.")

    def _respond(self, request: Request) -> Response:
        match = GENERATOR.fullmatch(request.path)
        if match is None:
            return self._file(request)
        number = int(match.group(1))
        handlers = {
            ("GET", site_files.CARD): self._card,
            ("GET", site_files.TABLE): self._table,
            ("POST", "draw"): self._draw,
            ("POST", "estimate"): self._estimate,
        }
        handler = handlers.get((request.method, match.group(2)))
        if handler is None or number >= len(self._exhibits):
            raise Refusal(404, "There is no such file.")
        return handler(request, self._studio(number))

    def _studio(self, number: int) -> Studio:
        with self._loading:
            if number not in self._studios:
                self._studios[number] = self._load(self._exhibits[number])
            return self._studios[number]

    def _load(self, exhibit: Exhibit) -> Studio:
        try:
            return Studio(exhibit, self.settings)
        # One of several folders may be damaged: the others can be seen.
        except (ValueError, OSError) as error:
            raise Refusal(500, str(error)) from error

    def _file(self, request: Request) -> Response:
        if request.method != "GET" or request.path not in self._files:
            raise Refusal(404, "There is no such file.")
        name = request.path if request.path != "/" else "index.html"
        return Response(self._files[request.path], mimetype=_media_type(name))

    def _card(self, _: Request, studio: Studio) -> Response:
        return Response(studio.card, mimetype="application/json")

    def _table(self, _: Request, studio: Studio) -> Response:
        if studio.exhibit.table is None:
            raise Refusal(404, "There is no such file.")
        return _bytes(studio.exhibit.table)

    def _draw(self, request: Request, studio: Studio) -> Response:
        """RGB bytes of pictures, of codes in float32, one after the other."""
        d_z = studio.artist.latents.d_z
        data = _body(request, 4 * d_z * MOST_PICTURES)
        if not data or len(data) % (4 * d_z):
            raise Refusal(400, f"Codes are {d_z} float32 numbers each.")
        z = np.frombuffer(data, "<f4").reshape(-1, d_z)
        if not np.isfinite(z).all():
            raise Refusal(400, "Codes must be finite numbers.")
        # Two at a time would both be slow.
        with self._drawing:
            return _bytes(studio.artist.pictures(z).tobytes())

    def _estimate(self, request: Request, studio: Studio) -> Response:
        """Lines of JSON, as they come; see `Estimations.estimate`."""
        settings = self.settings
        most = uploads.most_bytes(
            settings.upload_count, settings.upload_megabytes
        )
        data = _body(request, most)
        try:
            check_prior(studio.artist.latents)
            photographs = uploads.read_uploads(
                _json(data),
                settings.upload_count,
                image_size=studio.exhibit.generator.image_size,
                crop=settings.crop,
                megabytes=settings.upload_megabytes,
                megapixels=settings.upload_megapixels,
            )
        except ValueError as error:
            raise Refusal(400, str(error)) from error
        lines = self._estimations.estimate(studio.projector, photographs)
        return Response(lines, mimetype="application/x-ndjson")


@functools.cache
def _media_type(name: str) -> str:
    return {"js": "text/javascript"}.get(name.rpartition(".")[2]) or (
        mimetypes.guess_type(name)[0] or "application/octet-stream"
    )


def _bytes(data: bytes) -> Response:
    return Response(data, mimetype="application/octet-stream")


def _body(request: Request, most: int) -> bytes:
    """The body of a request, in memory; refuses one that is too large."""
    length = request.content_length
    if length is None:
        raise Refusal(411, "The request must state its length.")
    if length > most:
        raise Refusal(413, f"The request is larger than {most} bytes.")
    return request.get_data(cache=False)


def _json(data: bytes):
    """Reads a body of JSON; None if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
