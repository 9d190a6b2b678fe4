"""A backend that a test scripts: it records every request, and answers as it is told."""

import gzip
import http.client
import ssl
import threading
from dataclasses import dataclass, field

from lambda_local import CLOSE, HANG, RESET, Answer, Server
from otlp import ITEMS, REQUESTS

__all__ = ["CLOSE", "HANG", "RESET", "Answer", "Held", "Sink", "raw"]


@dataclass
class Held(Answer):
    """An answer that is given once `until` is set."""

    until: threading.Event = field(default_factory=threading.Event)


def raw(*pieces, then="close"):
    """Bytes in place of an answer; then the connection is closed or reset, or hangs."""
    return Answer(instead=then, raw=lambda: pieces)


@dataclass
class Received:
    """One request. `raw` is as it came over the wire, `body` after gunzipping."""

    path: str
    headers: object
    raw: bytes
    body: bytes
    signal: str | None
    accepted: bool = False

    def message(self):
        return REQUESTS[self.signal].FromString(self.body)

    def items(self):
        return ITEMS[self.signal](self.message())


class Sink:
    """`script(*answers)` are given in turn, then `answer` for ever. A test may change `answer`.
    `forward` is the port of a real backend behind this one, whose answers are passed on.
    `judge(received)` may give an answer of its own, or None.
    `paths` says which signal comes at a path that does not end in /v1/SIGNAL.
    `network`: a Network, outside of which this backend is. `ipv6`: on ::1.
    What is no POST is answered 405 and is none of the `requests`."""

    def __init__(self, history, *, certificate=None, forward=None, port=0, network=None,
                 ipv6=False):
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.history = history
        self.paths = {}
        self.judge = lambda received: None
        self.requests = []
        self.answer = Answer(200, b"", {"Content-Type": "application/x-protobuf"})
        self.forward = forward
        self._script = []
        self._lock = threading.Lock()
        if network:
            self.host = network.outside_address
            with network.outside():
                self.server = Server(self._handle, self.tls, port, self.host)
        else:
            self.host = "[::1]" if ipv6 else "localhost"
            self.server = Server(self._handle, self.tls, port, **({"host": "::1"} if ipv6 else {}))
        self.server.on_answered = self._answered
        self.port = self.server.port
        self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    def script(self, *answers):
        with self._lock:
            self._script += answers

    def close(self):
        self.server.close()

    def drop_connections(self):
        """As backends do with idle ones, and as a freeze does with all."""
        self.server.drop_connections()

    def of(self, signal):
        """The requests of that signal, accepted or not, in order of arrival."""
        with self._lock:
            return [request for request in self.requests if request.signal == signal]

    def items(self, signal):
        """Every item in a request that was accepted, in order of arrival."""
        with self._lock:
            taken = [r for r in self.requests if r.accepted and r.signal == signal]
        return [item for request in taken for item in request.items()]

    def names(self, signal="traces"):
        """The names of spans and metrics, the bodies of log records."""
        key = "body" if signal == "logs" else "name"
        return [item[key] for item in self.items(signal)]

    def _answered(self, request):
        """The answer is on its way, for good."""
        if request.method == "POST":
            self.history.record("backend.answered", path=request.path)

    def _handle(self, request):
        if request.method != "POST":
            self.history.record("backend.probe", method=request.method, path=request.path)
            return Answer(405, b"", {"Allow": "POST"})
        body = request.body
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        signal = self.paths.get(request.path) or request.path.rpartition("/v1/")[2]
        received = Received(request.path, request.headers, request.body, body,
                            signal if signal in REQUESTS else None)
        with self._lock:
            self.requests.append(received)
            answer = self.judge(received)
            if answer is None:
                answer = self._script.pop(0) if self._script else self.answer
        self.history.record("backend.request", path=request.path, signal=received.signal)
        if isinstance(answer, Held):
            answer.until.wait(60)
        if self.forward and answer is self.answer:
            answer = self._pass_on(request)
        received.accepted = answer.instead is None and 200 <= answer.status < 300
        self.history.record("backend.answer", path=request.path, signal=received.signal,
                            status=answer.instead or answer.status)
        return answer

    def _pass_on(self, request):
        client = http.client.HTTPConnection("127.0.0.1", self.forward, timeout=20)
        names = ("Content-Type", "Content-Encoding")
        client.request("POST", request.path, request.body,
                       {n: request.headers[n] for n in names if n in request.headers})
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return Answer(answer.status, body, {"Content-Type": answer.headers["Content-Type"]})
