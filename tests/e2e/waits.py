"""Time in tests: what may not come within some of it, and what takes some."""

import time


def came(history, kind, seconds, **facts):
    """Whether that happens within so many seconds."""
    try:
        history.wait(kind, timeout=seconds, **facts)
    except AssertionError:
        return False
    return True


class Latency:
    """For an answer (Held): what it takes the backend."""

    def __init__(self, seconds):
        self.seconds = seconds

    def wait(self, timeout):
        time.sleep(self.seconds)
