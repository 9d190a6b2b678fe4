"""Fixtures: the lull binary, environments with it, backends of the tests' own and a real one."""

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from backend import Sink
from collector import Collector
from lambda_local import History, LambdaEnvironment
from ledger import close_books, ledger

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = ROOT / "tests" / "functions" / "python"

# Below the range of ephemeral ports, a range for each worker: no two tests meet on one.
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
_ports = itertools.cycle(range(20000 + 1000 * _worker, 21000 + 1000 * _worker))


def free_port():
    """A port that nobody listens on, on 127.0.0.1 or ::1, for a process that the test starts."""
    for port in itertools.islice(_ports, 1000):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            socket.create_server(("::1", port), family=socket.AF_INET6).close()
        except OSError as error:
            if error.errno == 98:  # EADDRINUSE; anything else means there is no ::1 here
                continue
        return port
    raise AssertionError("no free port")


class LullEnvironment(LambdaEnvironment):
    """An environment with lull, on a port of its own for OTLP."""

    port = None

    def finish(self, **expected):
        """SHUTDOWN: lull must exit 0 by itself, and its books must close. Returns the books."""
        self.wait_idle()
        ended = self.shutdown()
        assert ended.killed == [], self.history.dump()
        assert set(ended.codes.values()) == {0}, (ended, self.output("lull"))
        return close_books(ledger(self.output("lull")), **expected)


@pytest.fixture(scope="session")
def lull():
    binary = Path(os.environ.get("LULL_BINARY", ROOT / "build" / "x86_64" / "lull")).resolve()
    assert binary.is_file(), f"{binary} is not there: run make first"
    return binary


@pytest.fixture
def history():
    return History()


@pytest.fixture
def lambda_env(lull, history, tmp_path):
    """Makes environments with lull in them: lambda_env(runtime, endpoint=…, environ={…}, …)."""
    made = []

    def make(runtime=None, *, endpoint=None, environ=None, name="lull", **options):
        path = lull
        if name != lull.name or options.pop("copy", False):
            path = tmp_path / "extensions" / name
            path.parent.mkdir(exist_ok=True)
            shutil.copy(lull, path)
        port = free_port()
        variables = {"LULL_HTTP_PORT": str(port)}
        if endpoint:
            variables["LULL_ENDPOINT"] = endpoint
        variables.update(environ or {})
        options.setdefault("history", history)
        env = LullEnvironment([path], runtime, variables, **options)
        env.port = int(variables["LULL_HTTP_PORT"] or 0)
        made.append(env)
        return env

    yield make
    for env in made:
        env.close()


@pytest.fixture
def sink(history):
    backend = Sink(history)
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def collector_binary():
    built = subprocess.run([ROOT / "scripts" / "collector" / "build"], stdout=subprocess.PIPE,
                           text=True, check=True)
    return built.stdout.strip()


@pytest.fixture
def collector(collector_binary, tmp_path):
    backend = Collector(collector_binary, tmp_path, free_port())
    yield backend
    backend.stop()


@pytest.fixture
def python_function():
    """Options for lambda_env: the Python function under AWS's runtime client."""
    return {
        "runtime": [sys.executable, "-m", "awslambdaric", "function.handler"],
        "task_root": FUNCTION,
        "handler": "function.handler",
    }
