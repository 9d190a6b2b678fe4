"""Fixtures: those of the end-to-end tests, and the functions."""

import importlib.util
from pathlib import Path

import pytest

import functions

# By its place: every folder of tests has a module of this name.
_spec = importlib.util.spec_from_file_location(
    "e2e_fixtures", Path(__file__).resolve().parents[1] / "e2e" / "conftest.py")
_e2e = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_e2e)
lull, history = _e2e.lull, _e2e.history
lambda_env, collector_binary = _e2e.lambda_env, _e2e.collector_binary


@pytest.fixture(scope="session")
def function(request):
    """The function in the language that the test is for."""
    return functions.make(request.param)
