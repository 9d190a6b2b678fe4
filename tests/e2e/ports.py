"""Ports for processes that a test starts."""

import errno
import functools
import itertools
import socket

# Below the range of ephemeral ports, a range for each process that runs tests: no two tests meet on
# one, whoever else runs some.
FIRST, RANGES, SIZE = 20000, 24, 500


@functools.cache
def _ports():
    """For ever around the first range that no other process has. It is ours as long as the name is,
    which ends with this process."""
    for number in range(RANGES):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0lull-tests-ports-{number}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return itertools.cycle(range(FIRST + SIZE * number, FIRST + SIZE * (number + 1)))
    raise AssertionError(f"{RANGES} others run these tests")


_claims = []


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
    for port in itertools.islice(_ports(), SIZE):
        if is_free(port):
            return port
    raise AssertionError("no free port")
