"""LULL_SELF_METRICS: lull's books as metrics, at the backend that everything goes to."""

import pytest

import otlp
from backend import Answer
from spools import DOWN, SMALL, batches, invoke, numbers, send_spans

ON = {"LULL_SELF_METRICS": "true"}


def numbers_of(points):
    """(name, signal, reason) -> value, of lull's own data points."""
    found = {}
    for point in points:
        if point["name"].startswith("lull."):
            attributes = point["attributes"]
            assert set(attributes) <= {"signal", "reason"}
            key = (point["name"].removeprefix("lull.items."), attributes["signal"],
                   attributes.get("reason"))
            assert key not in found
            found[key] = point["value"]
    return found


def test_they_arrive_at_the_collector(lambda_env, collector):
    """With the numbers of the ledger as they were before these metrics themselves."""
    with lambda_env(endpoint=f"http://127.0.0.1:{collector.port}",
                    environ={**ON, "LULL_FLUSH_BUDGET": "20s"}) as env:
        otlp.send(env.port, otlp.traces("a", "b"), otlp.logs("c", "d", "e"),
                  otlp.metrics("m", 1.0))
        invoke(env)
        otlp.send(env.port, otlp.traces("left for the end"))
        books = env.finish(traces={"received": 3, "exported": 3},
                           logs={"received": 3, "exported": 3})
    points = collector.items("metrics")
    found = numbers_of(points)
    expected = {
        ("received", "traces", None): 3, ("exported", "traces", None): 2,
        ("held", "traces", None): 1,
        ("received", "logs", None): 3, ("exported", "logs", None): 3, ("held", "logs", None): 0,
        ("received", "metrics", None): 1, ("exported", "metrics", None): 1,
        ("held", "metrics", None): 0,
        **{(name, signal, None): 0 for name in ("inherited", "spooled", "possible_duplicates")
           for signal in otlp.SIGNALS}}
    assert found == expected
    # They are items like any other.
    assert books["metrics"]["received"] == books["metrics"]["exported"] == 1 + len(found)
    own = [point for point in points if point["name"].startswith("lull.")]
    assert {point["kind"] for point in own} == {"sum"}
    assert {point["unit"] for point in own} == {"{item}"}
    assert {point["scope"] for point in own} == {"lull"}
    assert {point["resource"]["faas.name"] for point in own} == {"orders"}
    assert {point["resource"]["service.name"] for point in own} == {"orders"}


def test_sums_say_what_they_are(lambda_env, sink):
    """Counts since lull's start only rise; what waits now is a sum that may fall. All are sums
    since the start, which lies before the time of the points."""
    with lambda_env(endpoint=sink.url, environ=ON) as env:
        otlp.send(env.port, otlp.traces("a"))
        env.finish()
    rising = {}
    for request in sink.of("metrics"):
        for group in request.message().resource_metrics:
            for metric in group.scope_metrics[0].metrics:
                assert metric.sum.aggregation_temporality == 2  # cumulative
                rising[metric.name.removeprefix("lull.items.")] = metric.sum.is_monotonic
                for point in metric.sum.data_points:
                    assert 0 < point.start_time_unix_nano < point.time_unix_nano
    assert rising == {"received": True, "exported": True, "inherited": True,
                      "possible_duplicates": True, "held": False, "spooled": False}


def test_drops_are_told_by_reason(lambda_env, sink):
    sink.judge = lambda received: (Answer(400, b"bad") if received.signal == "traces" else
                                   Answer(404) if received.signal == "logs" else None)
    with lambda_env(endpoint=sink.url, environ={**ON, "LULL_FLUSH": "end"}) as env:
        otlp.send(env.port, otlp.traces("a", "b"), otlp.logs("c"))
        invoke(env)
        env.finish(traces={"received": 2, "dropped": {"refused": 2}},
                   logs={"received": 1, "dropped": {"turned_off": 1}})
    found = numbers_of(sink.items("metrics"))
    dropped = {key[1:]: value for key, value in found.items() if key[0] == "dropped"}
    assert dropped == {("traces", "refused"): 2, ("logs", "turned_off"): 1}


def test_what_a_life_inherits_and_has_lost_is_told(lambda_env, sink, tmp_path):
    """One life fails with data on disk and in memory; the next one tells."""
    def handler(event, context):
        send_spans(env, numbers(0, 30))
        raise SystemExit(1)

    sink.answer, good = DOWN, sink.answer
    env = lambda_env(handler, endpoint=sink.url, environ={**ON, **SMALL})
    with env:
        env.invoke()
        env.wait_idle()
        batches(tmp_path / "spool")[0].unlink()
        env.settings.runtime = lambda event, context: None
        sink.answer = good
        invoke(env)
        env.shutdown()
    found = {}
    for request in sink.of("metrics"):
        if request.accepted:
            found = numbers_of(request.items()) or found
    inherited, lost = found["inherited", "traces", None], found["dropped", "traces", "spool"]
    assert (inherited, found["exported", "traces", None]) == (30, 30 - lost)
    assert 0 < lost < 30
    assert len(sink.items("traces")) == 30 - lost


@pytest.mark.parametrize("environ", [{}, {"LULL_SELF_METRICS": "false"}], ids=["unset", "false"])
def test_off_there_are_none(lambda_env, sink, environ):
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        otlp.send(env.port, otlp.traces("a"))
        invoke(env)
        env.finish(traces={"exported": 1}, metrics={"received": 0})
    assert sink.of("metrics") == []


@pytest.mark.parametrize("mode", ["end", "lazy"])
def test_a_backend_that_takes_no_metrics(lambda_env, sink, mode):
    """They are dropped and counted; nothing else is."""
    sink.judge = lambda received: Answer(404) if received.signal == "metrics" else None
    with lambda_env(endpoint=sink.url, environ={**ON, "LULL_FLUSH": mode}) as env:
        otlp.send(env.port, otlp.traces("a"))
        invoke(env)
        books = env.finish(traces={"received": 1, "exported": 1})
    assert books["metrics"]["dropped"] == {"own": books["metrics"]["received"]}
    assert books["metrics"]["received"] == 18
