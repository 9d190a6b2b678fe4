"""Telemetry on its way to one subscriber: batches, retries, drops, all on the sandbox's clock."""

import json
import select
import socket
import threading
from urllib.parse import urlsplit

POST_TIMEOUT = 10.0
BACKOFF_FIRST, BACKOFF_MOST = 0.05, 1.0


class Refused(Exception):
    """The listener did not take a batch; the text says how."""


class Subscription:
    """A thread takes batches from the queue and posts them one at a time."""

    def __init__(self, telemetry, name, body, buffering):
        self.telemetry = telemetry
        self.history = telemetry.history
        self.clock = telemetry.clock
        self.name = name
        self.types = set(body["types"])
        self.text_only = body["schemaVersion"] < "2022-12-13"
        parts = urlsplit(body["destination"]["URI"])
        self.port, self.path = parts.port, parts.path or "/"
        self.max_items = buffering["maxItems"]
        self.max_bytes = buffering["maxBytes"]
        self.timeout = buffering["timeoutMs"] / 1000
        self.closed = False
        self._queue = []  # (encoded event, its type, when it came)
        self._queued_bytes = 0
        self._dropped = [0, 0]  # records, bytes, not yet told
        self._busy = False
        self._poster = Poster(self.port, self.clock)
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def idle(self):
        return self.closed or not (self._queue or self._busy)

    def add(self, event):
        """Under the lock. Beyond the queue's bound the new event is dropped, and counted."""
        if self.closed or event["type"].split(".")[0] not in self.types:
            return
        if self.text_only and event["type"] == "function" and not isinstance(event["record"], str):
            event = {**event, "record": json.dumps(event["record"])}
        data = json.dumps(event).encode()
        if self._queued_bytes + len(data) > self.telemetry.queue_bytes:
            self._dropped[0] += 1
            self._dropped[1] += len(data)
            return
        self._queue.append((data, event["type"], self.clock.now()))
        self._queued_bytes += len(data)

    def close(self):
        self.closed = True
        self._poster.close()
        self.history.changed.notify_all()

    def post(self, body):
        """A body of the test's own, at once, beside the queue. Returns the listener's status."""
        return Poster(self.port, self.clock).post(self.path, body)

    def _run(self):
        while (batch := self._next_batch()) is not None:
            self._deliver(batch)
            with self.history.changed:
                self._busy = False
                self.history.changed.notify_all()

    def _next_batch(self):
        """Blocks until a batch is full or old enough, and the environment is not frozen."""
        with self.history.changed:
            while not self.closed:
                wait = None
                if self._queue and not self.clock.frozen:
                    wait = self._queue[0][2] + self.timeout - self.clock.now()
                    if wait <= 0 or self._full():
                        self._busy = True
                        return self._cut()
                self.history.changed.wait(wait)
            return None

    def _full(self):
        return len(self._queue) >= self.max_items or self._queued_bytes >= self.max_bytes

    def _cut(self):
        size, count = 0, 0
        while count < min(len(self._queue), self.max_items) and size < self.max_bytes:
            size += len(self._queue[count][0])
            count += 1
        batch, self._queue = self._queue[:count], self._queue[count:]
        self._queued_bytes -= size
        if self._dropped[0]:
            records, dropped_bytes = self._dropped
            self._dropped = [0, 0]
            self.telemetry.emit("platform.logsDropped", {
                "droppedRecords": records, "droppedBytes": dropped_bytes,
                "reason": "Consumer seems to have fallen behind as it has not acknowledged "
                          "receipt of logs.",
            })
        return batch

    def _deliver(self, batch):
        body = b"[" + b",".join(data for data, _, _ in batch) + b"]"
        types = [kind for _, kind, _ in batch]
        backoff = BACKOFF_FIRST
        while not self.closed:
            try:
                status = self._poster.post(self.path, body)
                if status < 400:
                    self.history.record("telemetry.delivered", name=self.name, types=types)
                    return
                reason = f"status {status}"
            except (OSError, Refused) as error:
                reason = str(error) or type(error).__name__
            if self.closed:
                return
            self.history.record("telemetry.refused", name=self.name, types=types, reason=reason)
            if self.telemetry.refused == "drop":
                self.telemetry.emit("platform.logsDropped", {
                    "droppedRecords": len(batch), "droppedBytes": len(body),
                    "reason": f"could not send events: {reason}",
                })
                return
            self._sleep(backoff)
            backoff = min(2 * backoff, BACKOFF_MOST)

    def _sleep(self, seconds):
        """On the sandbox's clock."""
        with self.history.changed:
            until = self.clock.now() + seconds
            while not self.closed and (left := until - self.clock.now()) > 0:
                self.history.changed.wait(None if self.clock.frozen else left)


class Poster:
    """A small HTTP client whose time-outs stand still during a freeze, as everything does there.
    The name in the subscription is resolved as in the sandbox: to this machine."""

    def __init__(self, port, clock):
        self.port = port
        self.clock = clock
        self.closed = False
        self._socket = None

    def close(self):
        self.closed = True

    def post(self, path, body):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: sandbox.localdomain:{self.port}\r\n"
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
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            self._socket.setblocking(False)
        try:
            sent = 0
            while sent < len(data):
                self._wait(deadline, writing=True)
                sent += self._socket.send(data[sent : sent + (1 << 16)])
            status, keep = self._answer(deadline)
        except (OSError, Refused):
            self._disconnect()
            raise
        if not keep:
            self._disconnect()
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

    def _wait(self, deadline, writing):
        descriptors = [self._socket]
        while not self.closed:
            ready = select.select([] if writing else descriptors, descriptors if writing else [],
                                  [], 0.05)
            if ready[0] or ready[1]:
                return
            if self.clock.now() > deadline:
                raise Refused("no answer")
        raise Refused("closed")

    def _disconnect(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
