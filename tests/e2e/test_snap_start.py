"""A restored snapshot is an environment of its own, of which there may be many: what it is called,
what it counts, what it is connected to and what it tells."""

import threading
import time
import uuid

import pytest

import otlp
from spools import invoke
from waits import came

TOLD = {"LULL_PLATFORM_METRICS": "true", "LULL_INVOCATION_SPANS": "auto",
        "LULL_PLATFORM_LOGS": "init"}


def named(items, name):
    found, = [item for item in items if item["name"] == name]
    return found


@pytest.mark.parametrize("flush", ["end", "10ms"])
def test_nothing_of_the_snapshot_but_its_data_is_used(lambda_env, sink, history, flush):
    """Data of the init waits, and leaves as the restored environment's, which has its name only
    then; by a connection of its own, although the one from before is alive: nothing has cut it."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces("after"))
        history.wait("backend.request", signal="traces", timeout=30)

    # Each connection has a thread of the backend's.
    connected, used = [], []
    sink.server.on_connection = lambda connection: connected.append(threading.current_thread())
    sink.judge = lambda received: used.append(threading.current_thread())
    env = lambda_env(handler, endpoint=sink.url, initialization_type="snap-start",
                     environ={"LULL_FLUSH": flush})
    with env:
        env.thaw()
        otlp.send(env.port, otlp.traces("before"))
        history.wait("backend.probe", timeout=30)
        assert not came(history, "backend.request", 0.5)
        env.freeze()
        of_the_snapshot = list(connected)
        assert all(thread.is_alive() for thread in of_the_snapshot)
        invoke(env)
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    assert sink.names() == ["before", "after"]
    assert used and not set(used) & set(of_the_snapshot)
    instance, = {span["resource"]["service.instance.id"] for span in sink.items("traces")}
    assert uuid.UUID(instance).version == 4


def test_what_is_told_of_it(lambda_env, sink, history):
    """Spans of init and restore beside that of the first request, a metric, log records."""
    def handler(event, context):
        request = otlp.traces("handler", **{"faas.invocation_id": context.aws_request_id})
        span = request.resource_spans[0].scope_spans[0].spans[0]
        span.parent_span_id = b"\x77" * 8
        otlp.send(env.port, request)

    env = lambda_env(handler, endpoint=sink.url, initialization_type="snap-start", environ=TOLD)
    with env:
        snapshot = time.time_ns()
        invoke(env)
        invoke(env)
        assert env.life.telemetry.flushed(30)
        env.finish(traces={"received": 4, "exported": 4}, logs={"received": 3, "exported": 3})
    init, restore = (named(sink.items("traces"), f"{phase} orders")
                     for phase in ("init", "restore"))
    for span in (init, restore):
        assert (span["trace_id"], span["parent_id"]) == ("11" * 16, "77" * 8)
    assert init["start"] <= init["end"] <= snapshot <= restore["start"] + 1_000_000
    report = history.first("platform.restoreReport")["record"]
    took = report["metrics"]["durationMs"]
    assert abs(restore["end"] - restore["start"] - took * 1e6) < 1000
    bodies = [log["body"].partition(":")[0] for log in sink.items("logs")]
    assert bodies == ["INIT_REPORT Init Duration", "RESTORE_START Runtime Version",
                      "RESTORE_REPORT Restore Duration"]
    last = sink.of("metrics")[-1]
    durations = named(last.items(), "lull.faas.restore_duration")
    assert (durations["count"], round(durations["sum"], 6)) == (1, round(took / 1000, 6))
    assert durations["attributes"] == {"lull.faas.initialization_type": "snap-start"}
    assert durations["resource"]["service.instance.id"] == init["resource"]["service.instance.id"]
    # It counts since it was restored, whenever the snapshot was made.
    starts = {point.start_time_unix_nano for group in last.message().resource_metrics
              for scope in group.scope_metrics for metric in scope.metrics
              for point in getattr(metric, metric.WhichOneof("data")).data_points}
    assert len(starts) == 1 and starts.pop() >= snapshot
