"""Fixtures: the lull binary, environments with it, backends of the tests' own and a real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend import Sink
from collector import Collector
from lambda_local import History, LambdaEnvironment
from ledger import close_books, ledger
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = ROOT / "tests" / "functions" / "python"

# What lull makes by itself is left out where a test is not about it: the counts are the test's own.
QUIET = {"LULL_PLATFORM_METRICS": "false", "LULL_INVOCATION_SPANS": "never",
         "LULL_PLATFORM_LOGS": "none", "LULL_SELF_LOGS": "false"}


class LullEnvironment(LambdaEnvironment):
    """An environment with lull, on ports of its own for OTLP."""

    port = None  # OTLP/HTTP
    grpc_port = None

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
        # Its own /tmp, which all lives of the environment share.
        variables = {**QUIET, "LULL_HTTP_PORT": str(port), "LULL_GRPC_PORT": str(free_port()),
                     "LULL_SPOOL_FOLDER": str(tmp_path / "spool")}
        if endpoint:
            variables["LULL_ENDPOINT"] = endpoint
        variables.update(environ or {})
        options.setdefault("history", history)
        options.setdefault("patient", True)
        env = LullEnvironment([path], runtime, variables, **options)
        env.port = int(variables["LULL_HTTP_PORT"] or 0)
        env.grpc_port = int(variables["LULL_GRPC_PORT"] or 0)
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
    built = subprocess.run([ROOT / "scripts" / "collector" / "build"], capture_output=True,
                           text=True)
    assert built.returncode == 0, built.stderr
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
