"""The server of the page: on this machine only, and without the network."""

import os
import signal
import socket
import sys
import tempfile

from sdgan_tf.config import Config
from sdgan_tf.explorer import uploads
from sdgan_tf.sampling import trained_generator

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
        app: What answers the others, ASGI.
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
        """Why a request is refused: its status and text."""
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


def build_app(config: Config):
    """The page, its downloads and its guard, as an ASGI application.

    Raises:
        ValueError: If Gradio is not installed or `run_dir` is missing.
        FileNotFoundError: If the run folder has no generator.
    """
    # Read when Gradio is imported: it would report to its makers.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import fastapi
        import gradio as gr

        from sdgan_tf.explorer import answers, page
    except ImportError as error:
        raise ValueError(
            "--mode=explore needs Gradio: pip install -r "
            f"requirements-explorer.txt ({error})"
        ) from error
    from sdgan_tf.explorer.downloads import Downloads

    generator = trained_generator(config)
    explorer = answers.Explorer(config, generator)
    downloads = Downloads(
        explorer.artist,
        explorer.default,
        config.interpolation.frames,
        config.interpolation.frame_milliseconds,
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

    name = os.path.basename(os.path.abspath(config.run_dir))
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
    options = config.exploring
    return Guard(
        app,
        uploads.most_bytes(options.upload_count, options.upload_megabytes),
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


def explore(config: Config) -> None:
    """Serves the page until it is interrupted."""
    with tempfile.TemporaryDirectory() as folder:
        # Read when Gradio is imported: where it would keep files.
        os.environ["GRADIO_TEMP_DIR"] = folder
        app = build_app(config)
        options = config.exploring
        with listen(options.explore_address, options.explore_port) as opened:
            host, port = opened.getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            print(
                f"Explorer: http://{host}:{port} (Ctrl-C ends it)", flush=True
            )
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
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server.run(sockets=[opened])
