"""Telemetry on its way to one subscriber: batches, retries, drops, all on the sandbox's clock."""

import json
import threading
from urllib.parse import urlsplit

from .posters import HttpPoster, Refused, TcpPoster

BACKOFF_FIRST, BACKOFF_MOST = 0.05, 1.0


def poster_for(destination, clock, network):
    """Raises OSError where a listener by TCP is not there."""
    if destination["protocol"] == "TCP":
        poster = TcpPoster(destination["port"], clock, network)
        poster.connect()
        return poster
    parts = urlsplit(destination["URI"])
    return HttpPoster(parts.port, parts.path or "/", clock, network)


class Subscription:
    """A thread takes batches from the queue and posts them one at a time."""

    def __init__(self, telemetry, name, body, buffering, poster):
        self.telemetry = telemetry
        self.history = telemetry.history
        self.clock = telemetry.clock
        self.name = name
        self.types = set(body["types"])
        self.text_only = body["schemaVersion"] < "2022-12-13"
        self.max_items = buffering["maxItems"]
        self.max_bytes = buffering["maxBytes"]
        self.timeout = buffering["timeoutMs"] / 1000
        self.hurried = False
        self.closed = False
        self._queue = []  # (encoded event, its type, when it came)
        self._queued_bytes = 0
        self._dropped = [0, 0]  # records, bytes, not yet told
        self._busy = False
        self._refused = False  # at the last try
        self._poster = poster
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def idle(self):
        return self.closed or self._refused and self.hurried or not (self._queue or self._busy)

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
        poster = HttpPoster(self._poster.port, self._poster.path, self.clock, self._poster.network)
        try:
            return poster.post(body)
        finally:
            poster.disconnect()

    def _run(self):
        while (batch := self._next_batch()) is not None:
            self._deliver(batch)
            with self.history.changed:
                self._busy = False
                self.history.changed.notify_all()
        self._poster.disconnect()

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
        events = [data for data, _, _ in batch]
        types = [kind for _, kind, _ in batch]
        backoff = BACKOFF_FIRST
        while not self.closed:
            try:
                status = self._poster.deliver(events)
                reason = f"status {status}" if status >= 400 else None
            except (OSError, Refused) as error:
                reason = str(error) or type(error).__name__
            if self._settled(types, reason):
                return
            if self.telemetry.refused == "drop":
                self.telemetry.emit("platform.logsDropped", {
                    "droppedRecords": len(batch), "droppedBytes": sum(map(len, events)),
                    "reason": f"could not send events: {reason}",
                })
                return
            self._sleep(backoff)
            backoff = min(2 * backoff, BACKOFF_MOST)

    def _settled(self, types, reason):
        """Notes how it went; what a freeze has come in between of is noted after it."""
        with self.history.changed:
            self.clock.await_thaw(lambda: self.closed)
            if reason is None:
                self._refused = False
                self.history.record("telemetry.delivered", name=self.name, types=types)
            elif not self.closed:
                self._refused = True
                self.history.record("telemetry.refused", name=self.name, types=types,
                                    reason=reason)
            return reason is None or self.closed

    def _sleep(self, seconds):
        """On the sandbox's clock."""
        with self.history.changed:
            until = self.clock.now() + seconds
            while not self.closed and (left := until - self.clock.now()) > 0:
                self.history.changed.wait(None if self.clock.frozen else left)
