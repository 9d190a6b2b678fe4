"""A process of the sandbox: its own process group, its output line by line, its end noticed."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import threading
import time


class Process:
    """`on_line(stream, line)` gets each line of stdout and stderr as bytes without the newline;
    `on_exit()` is called once, after the end was recorded in the history."""

    def __init__(self, name, command, environ, history, *, cwd="/", on_line=None, on_exit=None):
        self.name = name
        self.history = history
        self.output = {"stdout": b"", "stderr": b""}
        self.exit_code = None
        self._on_line = on_line
        self._on_exit = on_exit
        self._reading = {"stdout": threading.Lock(), "stderr": threading.Lock()}
        self._child = subprocess.Popen(
            command,
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
        self.pid = self._child.pid
        history.record("process.started", name=name, pid=self.pid)
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in ("stdout", "stderr")
        ]
        for reader in self._readers:
            reader.start()
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()

    @property
    def stdout(self):
        return self.output["stdout"].decode(errors="replace")

    @property
    def stderr(self):
        return self.output["stderr"].decode(errors="replace")

    @property
    def alive(self):
        return self.exit_code is None

    def signal(self, number):
        """To the whole process group, as the platform does; nothing once the process has ended."""
        with self.history.changed:
            if not self.alive:
                return
            name = signal.Signals(number).name
            self.history.record("process.signal", name=self.name, signal=name)
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                pass  # it has ended, and that is about to be noticed

    def terminate(self):
        self.signal(signal.SIGTERM)

    def kill(self):
        self.signal(signal.SIGKILL)

    def freeze(self):
        """Returns when the kernel says that the process has stopped (or it has ended)."""
        self.signal(signal.SIGSTOP)
        give_up = time.monotonic() + 5
        while self.alive and self._kernel_state() not in "TtZX" and time.monotonic() < give_up:
            time.sleep(0.0005)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def stat(self):
        """The fields of /proc/PID/stat from the state on (proc(5)); none when it is gone."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
                return stat.read().rpartition(")")[2].split()
        except OSError:
            return []

    def wait_exit(self, timeout):
        """True once the process has ended and all its output is here."""
        with self.history.changed:
            if not self.history.changed.wait_for(lambda: not self.alive, timeout):
                return False
        for reader in self._readers:
            reader.join(timeout)
        return True

    def drain(self, timeout=1.0):
        """Waits until what the process has written so far has gone through `on_line`."""
        give_up = time.monotonic() + timeout
        for stream, lock in self._reading.items():
            pipe = getattr(self._child, stream)
            while time.monotonic() < give_up:
                # The lock is held from a read to its last on_line: an empty pipe means all done.
                with lock:
                    if pipe.closed or _bytes_waiting(pipe.fileno()) == 0:
                        break
                time.sleep(0.0005)

    def _read(self, stream):
        pipe = getattr(self._child, stream)
        rest = b""
        while True:
            select.select([pipe], [], [])
            with self._reading[stream]:
                data = os.read(pipe.fileno(), 1 << 16)
                self.output[stream] += data
                *lines, rest = (rest + data).split(b"\n")
                if not data and rest:
                    lines = [rest]
                for line in lines:
                    if self._on_line:
                        self._on_line(stream, line)
                if not data:
                    pipe.close()
                    return

    def _wait(self):
        self._child.wait()
        with self.history.changed:
            self.exit_code = self._child.returncode
            self.history.record("process.exited", name=self.name, code=self.exit_code)
        if self._on_exit:
            self._on_exit()

    def _kernel_state(self):
        return (self.stat() or ["X"])[0]


def _bytes_waiting(descriptor):
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0"))[0]
