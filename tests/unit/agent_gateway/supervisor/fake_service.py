"""Stands for the service: answers /healthz on $FAKE_PORT; what $FAKE_MODE says goes wrong."""

import http.server
import os
import signal
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    print("fake service: my last words", flush=True)
    mode = os.environ.get("FAKE_MODE", "")
    if mode == "dies":
        sys.exit(3)
    if mode == "ignores-term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    http.server.ThreadingHTTPServer(
        ("127.0.0.1", int(os.environ["FAKE_PORT"])), Handler
    ).serve_forever()


if __name__ == "__main__":
    main()
