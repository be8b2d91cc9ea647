"""The recogniser's process: loads a model once, then answers on every connection it was given.

Its arguments are a JSON object with ``engine``, ``model`` and ``niceness``, and the file
descriptors of the connections. The first answer on the first one says whether the model could be
loaded. It ends when the service closes a connection, however the service ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from asr.apart.wire import Answer, Operation, answer, heard_as_json, parsed_request
from asr.recogniser.engines import load_engine
from asr.recogniser.interface import Recogniser, RecogniserError, RecogniserStream


def main() -> None:
    """See the module."""
    # a Ctrl-C in the terminal is for the service, which ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    what: dict[str, Any] = json.loads(sys.argv[1])
    os.nice(int(what["niceness"]))
    connections = [Connection(int(handle)) for handle in sys.argv[2:]]
    try:
        engine = load_engine(what["engine"], Path(what["model"]), threads=len(connections))
    except RecogniserError as error:
        connections[0].send_bytes(answer(Answer.FAILED, str(error)))
        return
    except Exception as error:  # noqa: BLE001 - whatever the library raises is told
        connections[0].send_bytes(answer(Answer.FAILED, f"the engine's library failed: {error!r}"))
        return
    connections[0].send_bytes(answer(Answer.HEARD, engine.name))
    streams: dict[int, RecogniserStream] = {}
    for connection in connections:
        threading.Thread(target=_serve, args=(connection, engine, streams)).start()


def _serve(
    connection: Connection, engine: Recogniser, streams: dict[int, RecogniserStream]
) -> None:
    try:
        while True:
            operation, number, payload = parsed_request(connection.recv_bytes())
            try:
                reply = _done(engine, streams, operation, number, payload)
            except Exception as error:  # noqa: BLE001 - the service decides what to do about it
                streams.pop(number, None)
                reply = answer(Answer.FAILED, repr(error))
            connection.send_bytes(reply)
    except (EOFError, OSError):
        # the service is gone or wants no more; other threads may be deep in native code
        os._exit(0)


def _done(
    engine: Recogniser,
    streams: dict[int, RecogniserStream],
    operation: Operation,
    number: int,
    payload: bytes,
) -> bytes:
    if operation is Operation.OPEN:
        wanted = json.loads(payload)
        streams[number] = engine.open_stream(wanted["rate"], wanted["hot_words"])
        return answer(Answer.HEARD, [])
    stream = streams.get(number)
    if stream is None:
        return answer(Answer.UNKNOWN)
    if operation is Operation.FINISH:
        del streams[number]
        return answer(Answer.HEARD, heard_as_json(stream.finish()))
    stream.want_partials = operation is Operation.FEED
    return answer(Answer.HEARD, heard_as_json(stream.feed(payload)))


if __name__ == "__main__":
    main()
