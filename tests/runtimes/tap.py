"""What is spoken on a connection, overheard between a client and a server: which dialect of OTLP,
and whether it is compressed."""

import contextlib
import re
import socket
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME = 9  # bytes of a frame's head: length (3), type, flags, stream (4)
PREFIX = 5  # bytes of a message's: compressed, length (4)
DATA, PADDED = 0, 8


class Tap:
    """Passes connections on to `port`, and keeps what the clients send."""

    def __init__(self, port):
        self._to = port
        self._heard = []  # of each connection
        self._told = {}  # how many requests of it were asked for
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def requests(self):
        """(protocol, compression) of each OTLP request since the last time."""
        found = []
        for number, heard in enumerate(self._heard):
            requests = spoken(bytes(heard))
            found += requests[self._told.get(number, 0):]
            self._told[number] = len(requests)
        return found

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                heard = bytearray()
                self._heard.append(heard)
                for pipe in ((client, server, heard), (server, client, None)):
                    threading.Thread(target=_pass, args=pipe, daemon=True).start()


def _pass(from_, to, heard):
    with contextlib.suppress(OSError):
        while piece := from_.recv(1 << 16):
            if heard is not None:
                heard += piece
            to.sendall(piece)
    for end in (from_, to):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def spoken(heard):
    """(protocol, compression) of each request that carries something, out of a client's bytes."""
    return _by_grpc(heard) if heard.startswith(PREFACE) else _by_http(heard)


def _by_grpc(heard):
    """gRPC says in the first byte of each message whether it is compressed."""
    found, at = {}, len(PREFACE)
    while at + FRAME < len(heard):
        length, kind, flags = int.from_bytes(heard[at:at + 3], "big"), heard[at + 3], heard[at + 4]
        stream = heard[at + 5:at + FRAME]
        start = at + FRAME + (1 if flags & PADDED else 0)
        at += FRAME + length
        # Where nothing follows it is a call for the sake of the connection.
        empty = heard[start + 1:start + PREFIX] == bytes(PREFIX - 1)
        if kind == DATA and length and not empty and stream not in found:
            found[stream] = ("grpc", "gzip" if heard[start] else "none")
    return list(found.values())


def _by_http(heard):
    found = []
    for head in re.findall(rb"POST /\S* HTTP/1\.1\r\n(.*?)\r\n\r\n", heard, re.DOTALL):
        fields = {name.lower(): value.strip() for name, _, value in
                  (line.partition(":") for line in head.decode("latin-1").split("\r\n"))}
        protocol = {"application/x-protobuf": "http/protobuf", "application/json": "http/json"}
        found.append((protocol[fields["content-type"]], fields.get("content-encoding", "none")))
    return found
