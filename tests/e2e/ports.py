"""Ports for processes that a test starts."""

import errno
import itertools
import os
import re
import socket

# Below the range of ephemeral ports, a range for each worker: no two tests meet on one.
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
_ports = itertools.cycle(range(20000 + 1000 * _worker, 21000 + 1000 * _worker))


def is_free(port):
    """Whether nobody listens on it, on 127.0.0.1 or ::1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
        socket.create_server(("::1", port), family=socket.AF_INET6).close()
    except OSError as error:
        return error.errno != errno.EADDRINUSE  # anything else: there is no ::1 here
    return True


def free_port():
    """A port that nobody listens on, for a process that the test starts."""
    for port in itertools.islice(_ports, 1000):
        if is_free(port):
            return port
    raise AssertionError("no free port")
