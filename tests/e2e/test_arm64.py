"""The arm64 binary under qemu-user: a short life with an export."""

from pathlib import Path

import pytest

import otlp

ARM64 = Path(__file__).resolve().parents[2] / "build" / "arm64" / "lull"


@pytest.fixture
def lull(tmp_path):
    """Instead of the host's own: a file of that name, since Lambda goes by it."""
    path = tmp_path / "arm64" / "lull"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec qemu-aarch64-static -0 "$0" {ARM64}\n')
    path.chmod(0o755)
    return path


def test_registers_takes_exports_and_ends(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("a", "b"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2})
    assert [span["name"] for span in sink.items("traces")] == ["a", "b"]
