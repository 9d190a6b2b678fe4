"""Fixtures: those of the end-to-end tests, and three backends that people have."""

import importlib.util
from pathlib import Path

import pytest

import servers

# By its place: every folder of tests has a module of this name.
_spec = importlib.util.spec_from_file_location(
    "e2e_fixtures", Path(__file__).resolve().parents[1] / "e2e" / "conftest.py")
_e2e = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_e2e)
lull, history, lambda_env = _e2e.lull, _e2e.history, _e2e.lambda_env


@pytest.fixture
def backend(tmp_path):
    """Starts them: backend(servers.Jaeger)."""
    started = []

    def start(kind):
        folder = tmp_path / kind.name
        folder.mkdir()
        started.append(kind(folder))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def jaeger(backend):
    return backend(servers.Jaeger)


@pytest.fixture
def prometheus(backend):
    return backend(servers.Prometheus)


@pytest.fixture
def loki(backend):
    return backend(servers.Loki)
