"""A backend of HTTP/2 frames as a test wants them: what no library would write. It reads as much as
it takes to know an Export by its message, which must not be compressed (LULL_COMPRESSION=none)."""

from lambda_local import Server
from otlp import ITEMS, REQUESTS

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
            + payload)


def fields(**values):
    """A block of fields, none of them in a table; _status is :status."""
    block = b""
    for name, value in values.items():
        name = (":status" if name == "_status" else name.replace("_", "-")).encode()
        value = str(value).encode()
        block += b"\x10" + _length(len(name)) + name + _length(len(value)) + value
    return block


def _length(n):
    """RFC 7541, "Integer Representation", of seven bits."""
    if n < 127:
        return bytes([n])
    n, out = n - 127, b"\x7f"
    while n >= 128:
        out += bytes([n % 128 | 128])
        n //= 128
    return out + bytes([n])


def head(stream, end=False, **values):
    """The head of an answer, 200 and gRPC unless `values` say otherwise."""
    values = {"_status": 200, "content_type": "application/grpc", **values}
    return frame(HEADERS, END_HEADERS | end, stream, fields(**values))


def trailers(stream, **values):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, fields(**values))


def message(stream, payload=b"", end=False):
    return frame(DATA, int(end), stream, b"\0" + len(payload).to_bytes(4, "big") + payload)


def taken(stream):
    return [head(stream), message(stream), trailers(stream, grpc_status=0)]


class H2Backend(Server):
    """Exports are answered by what `answers` give in turn, later by `taken`: each is called with
    the number of the stream, and gives bytes to write, perhaps without end: until the client goes
    away. `tls` is an ssl.SSLContext."""

    def __init__(self, *answers, tls=None):
        self.names = []  # of every span that came
        self.written = 0
        self._answers = list(answers)
        super().__init__(None, tls=tls)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"

    def converse(self, connection, address):
        with connection.makefile("rb") as frames:
            if frames.read(len(PREFACE)) == PREFACE:
                self._read(connection, frames)

    def _read(self, connection, frames):
        connection.sendall(frame(SETTINGS, 0, 0))
        bodies = {}
        while len(begin := frames.read(9)) == 9:
            length, kind, flags = int.from_bytes(begin[:3], "big"), begin[3], begin[4]
            stream, payload = int.from_bytes(begin[5:], "big"), frames.read(length)
            if kind in (SETTINGS, PING) and not flags & ACK:
                connection.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == GOAWAY:
                return
            if kind == DATA:
                bodies[stream] = bodies.get(stream, b"") + payload
                if flags & END_STREAM:
                    self._answer(connection, stream, bodies.pop(stream)[5:])

    def _answer(self, connection, stream, body):
        # What connects ahead asks for the backend's health, with an empty message.
        answer = taken
        if body:
            request = REQUESTS["traces"].FromString(body)
            self.names += [item["name"] for item in ITEMS["traces"](request)]
            answer = self._answers.pop(0) if self._answers else taken
        for piece in answer(stream):
            connection.sendall(piece)
            self.written += len(piece)
