"""The server of the page: on this machine only, and without the network.

It is Werkzeug's, which comes with TensorBoard and serves that. A few users on
one machine are what it is made for.
"""

import http.server
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from werkzeug.serving import WSGIRequestHandler, make_server

from sdgan_tf.explorer.application import Application
from sdgan_tf.explorer.catalogue import Exhibit
from sdgan_tf.explorer.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing of requests, and sends at once."""

    # A header and a body are two packets: the second would wait for an answer
    # to the first.
    disable_nagle_algorithm = True

    def log_request(self, *_args) -> None:
        pass


def listen(address: str, port: int) -> socket.socket:
    """Opens a socket that listens.

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


def allowed_hosts(address: str, port: int) -> list[str]:
    """Lists what a browser may call the page; none: anything."""
    if address not in LOOPBACK:
        return []
    names = ("127.0.0.1", "localhost", "[::1]")
    return [f"{name}:{port}" for name in names]


def serve(
    exhibits: Sequence[Exhibit],
    settings: Settings,
    explore_address: str,
    explore_port: int,
    started: Callable[[str], None],
) -> None:
    """Serves the page until it is interrupted.

    Args:
        exhibits: The generators to explore.
        settings: Settings of the page.
        explore_address: Address to answer at.
        explore_port: Port; 0 is any that is free.
        started: Called with the page's URL when it can be opened.
    """
    with listen(explore_address, explore_port) as opened:
        host, port = opened.getsockname()[:2]
        application = Application(
            exhibits, settings, allowed_hosts(explore_address, port)
        )
        server = make_server(
            host,
            port,
            application,
            threaded=True,
            request_handler=Quiet,
            fd=opened.fileno(),
        )
        # A shell may have started this with SIGINT ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        host = f"[{host}]" if ":" in host else host
        started(f"http://{host}:{port}")
        try:
            # Werkzeug's own method keeps an interruption to itself.
            http.server.HTTPServer.serve_forever(server)
        finally:
            server.server_close()
