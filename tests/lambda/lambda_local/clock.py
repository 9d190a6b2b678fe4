"""Time as the sandbox lives it: it stands still while the environment is frozen."""

import time


class ActiveClock:
    """All methods are called under the environment's lock, except `now`, which takes it."""

    def __init__(self, changed):
        self.changed = changed
        self.frozen = False
        self._frozen_since = 0.0
        self._frozen_total = 0.0

    def now(self):
        with self.changed:
            wall = self._frozen_since if self.frozen else time.monotonic()
            return wall - self._frozen_total

    def await_thaw(self, given_up=lambda: False):
        """Returns with the lock still held by a caller who holds it, and nothing frozen."""
        with self.changed:
            self.changed.wait_for(lambda: not self.frozen or given_up())

    def freeze(self):
        with self.changed:
            if not self.frozen:
                self._frozen_since = time.monotonic()
                self.frozen = True
                self.changed.notify_all()

    def thaw(self):
        with self.changed:
            if self.frozen:
                self._frozen_total += time.monotonic() - self._frozen_since
                self.frozen = False
                self.changed.notify_all()
