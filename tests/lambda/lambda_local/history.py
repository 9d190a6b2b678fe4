"""The one list of everything that happened, in order, and the lock under which it happens."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """One thing that happened. `time` is monotonic, in seconds; order is told by `index`."""

    index: int
    time: float
    kind: str
    facts: dict = field(default_factory=dict)

    def __getitem__(self, name):
        return self.facts[name]

    def get(self, name, default=None):
        return self.facts.get(name, default)

    def matches(self, kind, facts):
        """A fact is compared with `==`, or judged by the function given in its place."""
        if kind is not None and self.kind != kind:
            return False
        for name, wanted in facts.items():
            value = self.facts.get(name)
            if not (wanted(value) if callable(wanted) else value == wanted):
                return False
        return True

    def __str__(self):
        facts = " ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.index:4} {self.time:.6f} {self.kind} {facts}"


class History:
    """Thread-safe. Every part of an environment shares its `changed` condition, so that a change of
    state and its entry here are one step, and any wait is a wait on one condition."""

    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self._events = []

    def record(self, kind, **facts):
        with self.changed:
            event = Event(len(self._events), time.monotonic(), kind, facts)
            self._events.append(event)
            self.changed.notify_all()
            return event

    def all(self, kind=None, after=None, **facts):
        """Events of that kind with those facts; only those after the event `after`, if given."""
        start = 0 if after is None else after.index + 1
        with self.changed:
            return [e for e in self._events[start:] if e.matches(kind, facts)]

    def first(self, kind, after=None, **facts):
        found = self.all(kind, after, **facts)
        if not found:
            raise AssertionError(f"no {kind} {facts} in the history:\n{self.dump()}")
        return found[0]

    def last(self, kind, after=None, **facts):
        self.first(kind, after, **facts)
        return self.all(kind, after, **facts)[-1]

    def wait(self, kind, after=None, timeout=30.0, count=1, **facts):
        """Waits until there are `count` such events and returns the last of these."""
        with self.changed:
            if not self.changed.wait_for(
                lambda: len(self.all(kind, after, **facts)) >= count, timeout
            ):
                raise AssertionError(
                    f"no {kind} {facts} (x{count}) within {timeout} s:\n{self.dump()}"
                )
            return self.all(kind, after, **facts)[count - 1]

    def dump(self):
        with self.changed:
            return "\n".join(str(event) for event in self._events)
