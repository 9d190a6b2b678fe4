"""HTTP byte by byte, for what http.client would not send."""

import socket

from google.rpc.status_pb2 import Status

import otlp

MEBI = 1 << 20
LIMIT = 20 * MEBI
PROTOBUF = "Content-Type: application/x-protobuf\r\n"
MESSAGES = {
    "traces": otlp.traces("one", "two", kind="test"),
    "logs": otlp.logs("one", "two", kind="test"),
    "metrics": otlp.metrics("one", 1.0, 2.0, kind="test"),
}
TRACES = MESSAGES["traces"].SerializeToString()


class Wire:
    """A connection of bytes."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()
        self.socket.close()

    def send(self, *parts):
        for part in parts:
            self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def answer(self):
        """The next answer on the connection."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        if status == 100:
            return otlp.Reply(status, headers, b"")
        return otlp.Reply(status, headers, self.file.read(int(headers["content-length"])))

    def closed(self):
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True


def head(length=None, path="/v1/traces", extra="", method="POST"):
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{PROTOBUF}{size}{extra}\r\n"


def chunks(body, size=7):
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"


def assert_refused(reply, status):
    """Error bodies are protobuf google.rpc.Status with a message for people."""
    headers = {name.lower(): text for name, text in dict(reply.headers).items()}
    assert reply.status == status, (reply.status, reply.body)
    assert headers["content-type"] == "application/x-protobuf"
    assert Status.FromString(reply.body).message
    return headers
