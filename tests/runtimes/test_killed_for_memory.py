"""Functions that the kernel kills because they take more memory than they have, under AWS's
runtime clients. They have no last words of their own: Lambda's report of all memory used tells it.
(What the runtimes say themselves of memory that ran out is in test_bad_ends.py.)"""

import sys

import pytest

import functions
from backend import Sink
from lambda_local import MemoryGroup
from spools import close_lives

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)

MEMORY_MB = 128
ENVIRON = {"LULL_FLUSH": "end", "LULL_INVOCATION_SPANS": "auto", "LULL_PLATFORM_METRICS": "true"}

# Beside the heap of V8, which has a limit of its own.
NODE = """
export async function handler(event) {
  for (const eaten = []; event.eat; ) {
    eaten.push(Buffer.alloc(1 << 20, 1));
  }
}
"""
PYTHON = """
def handler(event, context):
    eaten = []
    while event.get("eat"):
        eaten.append(b"x" * (1 << 20))
"""


@pytest.fixture
def memory():
    try:
        group = MemoryGroup(MEMORY_MB)
    except OSError as error:
        pytest.skip(f"no control group for memory: {error}")
    yield group
    group.close()


def node(folder):
    (folder / "hungry.mjs").write_text(NODE)
    return [*functions.make("node").command[:-1], "hungry.handler"]


def python(folder):
    (folder / "hungry.py").write_text(PYTHON)
    return [sys.executable, "-m", "awslambdaric", "hungry.handler"]


def java(folder):
    """The function of the other tests, with a heap that is larger than what there is."""
    return ["-Xmx1g" if argument.startswith("-Xmx") else argument
            for argument in functions.make("java").command]


@pytest.mark.parametrize("language", [node, python, java])
def test_it_is_told_once(language, lambda_env, history, memory, tmp_path):
    sink = Sink(history)
    command = language(tmp_path)
    env = lambda_env(command, endpoint=sink.url, environ=ENVIRON, task_root=tmp_path,
                     handler=command[-1], memory_size=MEMORY_MB, init_timeout=60, timeout=60,
                     patient=True)
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    env.settings.memory_group = memory
    with env:
        assert env.invoke({}).status == "success"
        env.wait_idle()
        call = env.invoke({"eat": "all"})
        env.wait_idle()
    assert (call.status, call.error_type) == ("failure", "Runtime.ExitError")
    assert "signal: killed" in call.json()["errorMessage"]
    books = close_lives(env, 1)
    assert books["traces"]["dropped"] == books["metrics"]["dropped"] == {}
    report = history.last("platform.report")["record"]["metrics"]
    assert report["maxMemoryUsedMB"] == report["memorySizeMB"] == MEMORY_MB
    span, = [span for span in sink.items("traces")
             if span["attributes"].get("faas.invocation_id") == call.request_id]
    assert span["attributes"]["lull.out_of_memory"] is True
    assert span["attributes"]["error.type"] == "Runtime.ExitError"
    counted = [p["value"] for p in sink.items("metrics") if p["name"] == "lull.faas.out_of_memory"]
    assert counted[-1] == 1
    sink.close()
