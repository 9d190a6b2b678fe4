"""The memory of a function: a control group of its own, in which the kernel kills what takes
more."""

import itertools
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count()


class MemoryGroup:
    """For Settings.memory_group. Takes root and the kernel's memory controller, of either version:
    OSError where they are not to be had."""

    def __init__(self, megabytes):
        self._second = not (ROOT / "memory").is_dir()
        parent = ROOT if self._second else ROOT / "memory"
        if self._second:
            (ROOT / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
        self.path = parent / f"lull-tests-{os.getpid()}-{next(_numbers)}"
        self.path.mkdir()
        try:
            self._limit(megabytes << 20)
        except OSError:
            self.path.rmdir()
            raise

    def _limit(self, size):
        names = (("memory.max", "memory.swap.max") if self._second else
                 ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"))
        for name, value in zip(names, (size, 0 if self._second else size), strict=True):
            file = self.path / name
            if file.exists() or name == names[0]:
                file.write_text(str(value), encoding="ascii")

    def command(self, command):
        """The same command within the group."""
        return ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self.path / "cgroup.procs"),
                *command]

    def peak_mb(self):
        name = "memory.peak" if self._second else "memory.max_usage_in_bytes"
        return int((self.path / name).read_text(encoding="ascii")) >> 20

    def close(self, timeout=20.0):
        """All in it have ended, and the kernel has noticed."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.path.rmdir()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
