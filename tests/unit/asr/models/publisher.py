"""A model's publisher on this machine, who can be made to misbehave."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "vosk-model-small-cn-0.22"
FILES = {
    "am/final.mdl": b"acoustic model " * 40_000,
    "conf/mfcc.conf": b"--num-mel-bins=40\n",
    "conf/model.conf": b"--beam=10.0\n",
    "graph/HCLr.fst": bytes(range(256)) * 400,
    "graph/Gr.fst": b"grammar",
    "ivector/final.ie": b"extractor",
}


def archive(files: dict[str, bytes], *, folder: str = NAME) -> bytes:
    """A zip of a model, uncompressed so that its size is worth resuming."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in files.items():
            target.writestr(f"{folder}/{name}" if folder else name, content)
    return out.getvalue()


class Publisher:
    """What is served, how, and what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.break_off_after: list[int] = []
        """Bytes after which the next answers stop, one entry an answer."""
        self.ranges = True
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    def offer(self, name: str, content: bytes) -> None:
        self.files[f"/{name}.zip"] = content

    def list_models(self, **fields: Any) -> None:
        entries = [{"name": "vosk-model-en", "md5": "0" * 32}, fields]
        self.files["/model-list.json"] = json.dumps(entries).encode()


@contextmanager
def publishing() -> Iterator[Publisher]:
    """Serve on a free loopback port until the block ends."""
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            publisher.asked.append((self.path, wanted))
            content = publisher.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = 0
            if wanted and publisher.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206)
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
            else:
                self.send_response(200)
            body = content[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            limit = publisher.break_off_after.pop(0) if publisher.break_off_after else len(body)
            self.wfile.write(body[:limit])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that leaves in the middle is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
