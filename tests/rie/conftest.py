"""Fixtures: those of the end-to-end tests, and the three environments of the scenario."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from backend import Sink
from rie import Rie, forbidden

pytest.register_assert_rewrite("scenario")

TESTS = Path(__file__).resolve().parents[1]
FUNCTIONS = (TESTS / "functions" / "python" / "function.py", Path(__file__).with_name("nested.py"))
HANDLER = "nested.handler"

_spec = importlib.util.spec_from_file_location("e2e_fixtures", TESTS / "e2e" / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
lull, history, lambda_env = _fixtures.lull, _fixtures.history, _fixtures.lambda_env
collector_binary, collector = _fixtures.collector_binary, _fixtures.collector


@pytest.fixture
def backend(history, collector):
    """The Collector, seen through a recorder that tells when it was asked."""
    recorder = Sink(history, forward=collector.port)
    yield recorder
    recorder.close()


@pytest.fixture
def open_folder():
    """A folder that every user can see, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="lull-rie-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def gate(open_folder):
    return open_folder / "gate"


@pytest.fixture
def task_root(open_folder):
    folder = open_folder / "task"
    folder.mkdir()
    for path in FUNCTIONS:
        shutil.copy(path, folder)
    return folder


class Local:
    """tests/lambda as the scenario sees it."""

    def __init__(self, env):
        self._env = env
        self.telemetry = env.settings.telemetry_options["answer"] == "real"
        self.identified = self.telemetry
        self.concurrency = env.settings.concurrency

    def __enter__(self):
        self._env.__enter__()
        return self

    def __exit__(self, *error):
        return self._env.__exit__(*error)

    def invoke(self, *events):
        calls = [self._env.begin(event) for event in events]
        return [self._env.wait(call).json() for call in calls]

    def await_line(self, line):
        self._env.history.wait("function.line", line=line)

    def end(self):
        self._env.finish()
        return self._env.output("lull")


@pytest.fixture
def local(lambda_env, backend, task_root):
    def make(**options):
        env = lambda_env([sys.executable, "-m", "awslambdaric", HANDLER], endpoint=backend.url,
                         task_root=task_root, handler=HANDLER, **options)
        env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
        return Local(env)

    return make


@pytest.fixture(scope="session")
def emulator():
    if why := forbidden():
        if os.environ.get("CI"):
            pytest.fail(f"CI must run this: {why}")
        pytest.skip(why)
    fetched = subprocess.run([TESTS.parent / "scripts" / "rie" / "fetch"], text=True,
                             capture_output=True, env={**os.environ, "PYTHON": sys.executable})
    assert fetched.returncode == 0, fetched.stderr
    return fetched.stdout.strip()


@pytest.fixture
def rie(emulator, lull, backend, task_root, tmp_path):
    def make(environ=None, **options):
        port = _fixtures.free_port()
        variables = {
            "_HANDLER": HANDLER,
            "LULL_ENDPOINT": backend.url,
            **_fixtures.QUIET,
            "LULL_HTTP_PORT": str(port),
            "LULL_GRPC_PORT": str(_fixtures.free_port()),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{port}",
            **(environ or {}),
        }
        return Rie(emulator, lull, tmp_path, task_root, variables, **options)

    return make
