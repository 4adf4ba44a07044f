"""The server of the page: on this machine only, and without the network."""

import contextlib
import importlib.util
import os
import signal
import socket
import tempfile
from collections.abc import Callable

from sdgan_tf.explorer import uploads
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.generators import Generator

# Seconds that open pages may hold up the end.
PATIENCE = 2
# The page needs nothing from elsewhere; this makes the browser refuse it.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'self'"
)


class Guard:
    """Refuses requests that are too large, and Gradio's files of uploads.

    The page's own uploads are part of an event and stay in memory.

    Args:
        app: Answers the others; ASGI.
        most_bytes: Of a request's body.
    """

    def __init__(self, app, most_bytes: int):
        self.app, self.most_bytes = app, most_bytes

    async def __call__(self, scope, receive, send):
        """Answers one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if refusal := self.refusal(scope):
            status, text = refusal
            headers = [(b"content-type", b"text/plain")]
            await send(
                {
                    "type": "http.response.start",
                    "status": status,
                    "headers": headers,
                }
            )
            return await send(
                {"type": "http.response.body", "body": text.encode()}
            )

        async def guarded(message):
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", POLICY.encode())
                message["headers"] = [*message["headers"], policy]
            await send(message)

        return await self.app(scope, receive, guarded)

    def refusal(self, scope) -> tuple[int, str] | None:
        """Says why a request is refused: its status and text."""
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return None
        if scope["path"].rstrip("/").endswith("/upload"):
            return 403, "Files are not taken here."
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        if not length.isdigit():
            return 411, "The request must say its length."
        if int(length) > self.most_bytes:
            return 413, f"The request is larger than {self.most_bytes} bytes."
        return None


def check_installed() -> None:
    """Raises ValueError if Gradio is missing; imports nothing."""
    if importlib.util.find_spec("gradio") is None:
        raise ValueError(
            "The explorer needs Gradio: pip install -r "
            "requirements-explorer.txt"
        )


def build_app(generator: Generator, name: str, settings: Settings):
    """Builds the page, its downloads and its guard, an ASGI application.

    Args:
        generator: What is explored.
        name: Its name on the page.
        settings: Settings of the page.
    """
    # Read when Gradio is imported: it would report to its makers.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import fastapi
    import gradio as gr

    from sdgan_tf.explorer import answers, page
    from sdgan_tf.explorer.downloads import Downloads

    explorer = answers.Explorer(generator, settings)
    downloads = Downloads(
        explorer.artist,
        explorer.default,
        settings.frames,
        settings.frame_milliseconds,
    )
    # Its pages of documentation come from elsewhere.
    app = fastapi.FastAPI(openapi_url=None)

    @app.get("/download/{name}")
    def download(name: str, request: fastapi.Request):
        try:
            media_type, data = downloads.file(name, request.url.query)
        except FileNotFoundError as error:
            return fastapi.Response(str(error), 404, media_type="text/plain")
        except ValueError as error:
            return fastapi.Response(str(error), 400, media_type="text/plain")
        header = {"content-disposition": f'attachment; filename="{name}"'}
        return fastapi.Response(data, headers=header, media_type=media_type)

    app = gr.mount_gradio_app(
        app,
        page.build(explorer, f"{name}, step {generator.step:,}"),
        path="/",
        css_paths=page.ASSETS / "page.css",
        theme=gr.themes.Default(
            font=["system-ui", "sans-serif"], font_mono=["monospace"]
        ),
        footer_links=[],
        # Gradio's would keep uploads in the browser.
        run_history=False,
        ssr_mode=False,
        pwa=False,
    )
    return Guard(
        app,
        uploads.most_bytes(settings.upload_count, settings.upload_megabytes),
    )


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ValueError: If there is no such address or the port is taken.
    """
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, port), family=family)
    except (OSError, OverflowError) as error:
        raise ValueError(
            "`explore_address` and `explore_port` must be free on this "
            f"machine ({error}). Received: explore_address={address!r}, "
            f"explore_port={port}"
        ) from error


def serve(
    generator: Generator,
    name: str,
    settings: Settings,
    explore_address: str,
    explore_port: int,
    started: Callable[[str], None],
) -> None:
    """Serves the page until it is interrupted.

    Args:
        generator: What is explored.
        name: Its name on the page.
        settings: Settings of the page.
        explore_address: Address to answer at.
        explore_port: Port; 0 is any that is free.
        started: Called with the page's URL when it can be opened.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Read when Gradio is imported: where it would keep files.
        os.environ["GRADIO_TEMP_DIR"] = folder
        app = build_app(generator, name, settings)
        with listen(explore_address, explore_port) as opened:
            host, port = opened.getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            started(f"http://{host}:{port}")
            _serve(app, opened)


def _serve(app, opened: socket.socket) -> None:
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=PATIENCE
        )
    )
    # uvicorn raises the signal that ended it once more. A shell may have
    # started this with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[opened])
