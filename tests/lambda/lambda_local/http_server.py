"""The HTTP server under the Lambda APIs, and the answers it can be told to give instead."""

import http.server
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: object  # email.message.Message: names are found in any case
    body: bytes


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    # Instead of an answer: "close" or "reset" the connection, or "hang" until released.
    instead: str | None = None
    # Gives bytes to write just as they are, in place of head and body, before `instead` ("close"
    # where there is none). It may go on for ever: it ends with the connection.
    raw: Callable | None = None


def json_answer(status, value, **headers):
    """The JSON answers of Lambda's APIs end with a newline."""
    body = json.dumps(value).encode() + b"\n"
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, body, {"Content-Type": "application/json", **names})


def error_answer(status, error_type, message):
    return json_answer(status, {"errorMessage": message, "errorType": error_type})


def plain_answer(status, text):
    return Answer(status, text.encode() + b"\n", {"Content-Type": "text/plain; charset=utf-8"})


CLOSE = Answer(instead="close")
RESET = Answer(instead="reset")
HANG = Answer(instead="hang")


class Server:
    """Calls `handle(Request) -> Answer` in a thread for each connection.
    `tls` is an ssl.SSLContext. Setting `released` lets those go that hang; closing does, too.
    A test may replace `on_connection(socket)`, called before anything is read and may raise OSError
    to end it, `on_head()`, called when a request's head is here and before its body is read,
    `on_piece(path, headers, piece)`, called for each piece of a chunked body as it comes, and
    `on_answered(Request)`, called when the answer has been written."""

    def __init__(self, handle, tls=None, port=0, host="127.0.0.1"):
        self.handle = handle
        self.tls = tls
        self.released = threading.Event()
        self.on_connection = lambda connection: None
        self.on_head = lambda: None
        self.on_piece = lambda path, headers, piece: None
        self.on_answered = lambda request: None
        self._connections = set()
        self._closed = False
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.released.set()
        if self._closed:
            return
        self._closed = True
        # shutdown() wakes the thread in accept(); close() alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()

    def drop_connections(self):
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def converse(self, connection, address):
        """HTTP/1.1 until the connection ends; in its thread. For subclasses that speak another."""
        _Handler(connection, address, self)

    def _accept(self):
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection, address):
        try:
            self.on_connection(connection)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._connections.add(connection)
            self.converse(connection, address)
        except (OSError, ValueError):
            pass  # the client went away, or did not speak HTTP
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def _read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
            self.server.on_piece(self.path, self.headers, pieces[-1])
        while line := self.rfile.readline().strip():  # trailers: headers that come late
            name, _, value = line.decode().partition(":")
            self.headers[name] = value.strip()
        return b"".join(pieces)

    def _serve(self):
        self.server.on_head()
        request = Request(self.command, self.path, self.headers, self._read_body())
        answer = self.server.handle(request)
        for piece in answer.raw() if answer.raw else ():
            self.wfile.write(piece)
        if answer.instead == "hang":
            self.server.released.wait()
        if answer.instead or answer.raw:
            if answer.instead == "reset":
                linger = struct.pack("ii", 1, 0)  # on, for no time: close sends a reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        headers = dict(answer.headers)
        if headers.get("Connection") == "close":
            self.close_connection = True
        if answer.status != 204:
            headers.setdefault("Content-Length", str(len(answer.body)))
        head = f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        # One write: a body after its head would wait for a delayed acknowledgement.
        self.wfile.write(head.encode() + b"\r\n" + answer.body)
        self.server.on_answered(request)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve
