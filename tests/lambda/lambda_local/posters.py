"""The two ways to a subscriber: a small HTTP client, and TCP with a line of JSON for each event.
Their time-outs stand still during a freeze, as everything does there."""

import select
import socket

POST_TIMEOUT = 10.0


class Refused(Exception):
    """The listener did not take a batch; the text says how."""


class Poster:
    """What both have: a connection that is kept. The name in the subscription is resolved as in the
    sandbox: to this machine."""

    def __init__(self, port, clock, network):
        self.port = port
        self.clock = clock
        self.network = network
        self.closed = False
        self._socket = None

    def close(self):
        self.closed = True

    def connect(self):
        if self._socket is None:
            with self.network.inside():
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            self._socket.setblocking(False)

    def disconnect(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, data, deadline):
        sent = 0
        while sent < len(data):
            self._wait(deadline, writing=True)
            sent += self._socket.send(data[sent : sent + (1 << 16)])

    def _wait(self, deadline, writing):
        descriptors = [self._socket]
        while not self.closed:
            self.clock.await_thaw(lambda: self.closed)
            ready = select.select([] if writing else descriptors, descriptors if writing else [],
                                  [], 0.05)
            if ready[0] or ready[1]:
                return
            if self.clock.now() > deadline:
                raise Refused("no answer")
        raise Refused("closed")


class HttpPoster(Poster):
    def __init__(self, port, path, clock, network):
        super().__init__(port, clock, network)
        self.path = path

    def deliver(self, events):
        """Events, each encoded; the listener's status."""
        return self.post(b"[" + b",".join(events) + b"]")

    def post(self, body):
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: sandbox.localdomain:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        deadline = self.clock.now() + POST_TIMEOUT
        reused = self._socket is not None
        try:
            return self._exchange(head + body, deadline)
        except ConnectionError:
            if not reused:
                raise
        # A kept connection may have died during a freeze: that is no failure of the listener.
        return self._exchange(head + body, deadline)

    def _exchange(self, data, deadline):
        self.connect()
        try:
            self._send(data, deadline)
            status, keep = self._answer(deadline)
        except (OSError, Refused):
            self.disconnect()
            raise
        if not keep:
            self.disconnect()
        return status

    def _answer(self, deadline):
        """Status, and whether the connection may be used again."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive(deadline)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(lines[0].split()[1])
        length = headers.get("content-length")
        if length is None and status not in (204, 304):
            return status, False
        while len(body) < int(length or 0):
            body += self._receive(deadline)
        return status, headers.get("connection", "").lower() != "close"

    def _receive(self, deadline):
        self._wait(deadline, writing=False)
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionResetError("connection closed before the answer")
        return data


class TcpPoster(Poster):
    """NDJSON without any answer: what was sent counts as taken, and may be lost. It is dialled when
    the subscription is made."""

    def deliver(self, events):
        self.connect()
        try:
            self._send(b"".join(event + b"\n" for event in events),
                       self.clock.now() + POST_TIMEOUT)
        except (OSError, Refused):
            self.disconnect()
            raise
        return 200
