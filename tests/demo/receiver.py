"""The backend of the demo: takes OTLP over HTTP, remembers it, and answers after a while."""

import gzip
import threading
import time
import zlib

from google.protobuf.message import DecodeError

from lambda_local import Answer, Server
from otlp import ITEMS, REQUESTS, RESPONSES, SIGNALS

PROTOBUF = "application/x-protobuf"


class Receiver:
    """`delay` seconds pass before each answer, as if the backend were far away."""

    def __init__(self, delay=0.0):
        self.delay = delay
        self._items = {signal: [] for signal in SIGNALS}
        self._lock = threading.Lock()
        self._server = Server(self._handle)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def close(self):
        self._server.close()

    def items(self, signal):
        """Spans, log records or data points as otlp.ITEMS gives them, in order of arrival."""
        with self._lock:
            return list(self._items[signal])

    def _handle(self, request):
        signal = request.path.removeprefix("/v1/")
        if signal not in REQUESTS:
            return Answer(404)
        if request.headers.get("Content-Type") != PROTOBUF:
            return Answer(415)
        body = request.body
        try:
            if request.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = ITEMS[signal](REQUESTS[signal].FromString(body))
        except (OSError, EOFError, zlib.error, DecodeError):
            return Answer(400)
        with self._lock:
            self._items[signal] += items
        time.sleep(self.delay)  # the far-away backend: not a wait for anything
        return Answer(200, RESPONSES[signal]().SerializeToString(), {"Content-Type": PROTOBUF})
