"""A response that is streamed by AWS's runtime client for Node, awslambda.streamifyResponse."""

import pytest

from backend import Sink

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)

HANDLER = """
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('head');
  while (!existsSync(event.go)) {
    await sleep(5);
  }
  if (event.fail) {
    throw new RangeError('no more');
  }
  stream.write('tail');
  stream.end();
});
"""


@pytest.fixture
def streaming(function, lambda_env, history, tmp_path):
    """Makes an environment with that handler, and its backend."""
    (tmp_path / "stream.mjs").write_text(HANDLER)
    sink = Sink(history)
    options = {**function.options(), "runtime": [*function.command[:-1], "stream.handler"],
               "task_root": tmp_path, "handler": "stream.handler"}
    environ = {"LULL_FLUSH": "end", "LULL_INVOCATION_SPANS": "always",
               "LULL_PLATFORM_METRICS": "true"}
    yield lambda_env(endpoint=sink.url, environ=environ, **options), sink
    sink.close()


@pytest.mark.parametrize("function", ["node"], indirect=True)
def test_a_stream_is_the_invocation(streaming, history, tmp_path):
    env, sink = streaming
    with env:
        for fail in (False, True):
            go = tmp_path / f"go {fail}"
            call = env.begin({"go": str(go), "fail": fail})
            head = history.wait("runtime.streamed", request_id=call.request_id, bytes=4)
            middle = history.record("middle")
            assert call.status is None
            assert not [span for span in sink.items("traces")
                        if span["attributes"].get("faas.invocation_id") == call.request_id]
            go.touch()
            env.wait(call)
            env.wait_idle()
            done = history.last("platform.runtimeDone")
            assert head.index < middle.index < done.index
            check(call, done["record"], sink, fail)
        assert env.life.telemetry.flushed(30)
        env.finish(traces={"dropped": 0}, metrics={"dropped": 0})
    points = {p["name"]: p for p in sink.items("metrics")}
    assert (points["faas.invocations"]["value"], points["faas.errors"]["value"]) == (1, 1)
    assert points["lull.faas.response.size"]["sum"] == len("headtail") + len("head")


def check(call, done, sink, fail):
    """What the caller got, and what was exported of it when the stream was at its end."""
    assert (call.status, done["status"]) == (("error",) * 2 if fail else ("success",) * 2)
    assert call.response == (b"head" if fail else b"headtail")
    span = next(span for span in sink.items("traces")
                if span["attributes"].get("faas.invocation_id") == call.request_id)
    assert span["attributes"].get("error.type") == ("RangeError" if fail else None)
    spans = {span["name"]: span["durationMs"] for span in done["spans"]}
    assert span["end"] - span["start"] >= spans["responseDuration"] * 1e6 > 0
