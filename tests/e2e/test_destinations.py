"""LULL_CONFIG: several backends, each with its own signals, queue, tries and books. A dead one
holds up no other; data is kept once for all, and goes to no backend that it is not for."""

import json
import sys

import pytest

import otlp
from backend import HANG, Sink
from ledger import close_books, ledgers
from ports import free_port
from runs import invoke_with_span, said
from spools import DOWN, SMALL, batches, invoke, names_in, numbers, send_spans

END = {"LULL_FLUSH": "end"}


@pytest.fixture
def other(history):
    backend = Sink(history)
    yield backend
    backend.close()


@pytest.fixture
def third(history):
    backend = Sink(history)
    yield backend
    backend.close()


def config(**destinations):
    """The JSON: the endpoint of each by its name, or all that is said of it."""
    return json.dumps({"destinations": [
        {"name": name, **({"endpoint": of} if isinstance(of, str) else of)}
        for name, of in destinations.items()]})


# one dead, one live


@pytest.mark.parametrize("dead", ["refuses", "hangs", "503"])
@pytest.mark.parametrize("first", ["dead", "live"])
def test_a_dead_backend_holds_up_no_live_one(lambda_env, sink, other, dead, first):
    """Each span is with the live one when its invocation is over. The dead one is given up by its
    own time-out: a budget might be over before a busy machine has exported to the live one."""
    other.answer = HANG if dead == "hangs" else DOWN
    url = f"http://localhost:{free_port()}" if dead == "refuses" else other.url
    both = {"dead": {"endpoint": url, "timeout": "300ms"}, "live": sink.url}
    order = {first: both[first], **both}
    names = numbers(0, 15)
    environ = {**END, "LULL_FLUSH_BUDGET": "20s", "LULL_CONFIG": config(**order)}
    with lambda_env(environ=environ) as env:
        for number, name in enumerate(names):
            invoke_with_span(env, name)
            assert sink.names() == names[: number + 1]
        otlp.send(env.port, otlp.logs("line"))
        env.finish(live={"traces": {"received": 15, "exported": 15},
                         "logs": {"received": 1, "exported": 1}},
                   dead={"traces": {"received": 15, "exported": 0, "dropped": {"shutdown": 15}},
                         "logs": {"received": 1, "dropped": {"shutdown": 1}}})
    assert sink.names("logs") == ["line"]
    assert said(env).count("items of traces for dead could not be exported") == 1


def test_no_second_connection_to_the_live_one(lambda_env, sink, other):
    """What one backend has not answered when the budget is over is no reason to distrust the
    connection to another, which has it all by then: the budget is ten times the usual one."""
    other.answer = HANG
    connections = []
    sink.server.on_connection = connections.append
    environ = {**END, "LULL_FLUSH_BUDGET": "3s",
               "LULL_CONFIG": config(dead=other.url, live=sink.url)}
    with lambda_env(environ=environ) as env:
        for name in numbers(0, 3):
            invoke_with_span(env, name)
        assert len(sink.of("traces")) == 3
        assert len(connections) == 1
        env.finish(live={"traces": {"exported": 3}}, dead={"traces": {"received": 3}})


# who gets what


def test_three_destinations_with_their_signals(lambda_env, sink, other, third):
    environ = {**END, "LULL_CONFIG": config(
        all={"endpoint": sink.url, "headers": {"x-key": "${KEY} of mine"}},
        traces={"endpoint": other.url, "signals": ["traces"], "compression": "none"},
        logs={"logs": {"endpoint": f"{third.url}/l"}}), "KEY": "s3cret"}
    third.paths["/l"] = "logs"
    with lambda_env(environ=environ) as env:
        otlp.send(env.port, otlp.traces("a", "b"), otlp.logs("c"), otlp.metrics("m", 1.0))
        invoke(env)
        env.finish(all={"traces": {"exported": 2}, "logs": {"exported": 1},
                        "metrics": {"exported": 1}},
                   traces={"traces": {"exported": 2}, "logs": {"received": 0},
                           "metrics": {"received": 0}},
                   logs={"traces": {"received": 0}, "logs": {"exported": 1}})
    assert sink.names() == other.names() == ["a", "b"]
    assert sink.names("logs") == third.names("logs") == ["c"]
    assert {request.signal for request in sink.requests} == set(otlp.SIGNALS)
    assert {request.signal for request in other.requests} == {"traces"}
    assert [request.path for request in third.requests] == ["/l"]
    assert {request.headers["x-key"] for request in sink.requests} == {"s3cret of mine"}
    assert all("x-key" not in request.headers for request in [*other.requests, *third.requests])
    assert other.requests[0].raw == other.requests[0].body
    assert "s3cret" not in said(env)
    assert f"traces: traces to {other.url}/v1/traces; logs: logs to {third.url}/l" in said(env)


def test_what_goes_nowhere_is_accepted_and_booked_once(lambda_env, sink, other):
    only = {"signals": ["traces"]}
    environ = {"LULL_SIGNALS": "traces,logs", "LULL_CONFIG": config(
        a={"endpoint": sink.url, **only}, b={"endpoint": other.url, **only})}
    with lambda_env(environ=environ) as env:
        otlp.send(env.port, otlp.traces("a"), otlp.logs("b", "c"), otlp.metrics("m", 1.0))
        invoke(env)
        env.finish(a={"traces": {"exported": 1}}, b={"traces": {"exported": 1}},
                   nowhere={"logs": {"received": 2, "dropped": {"no_destination": 2}},
                            "metrics": {"received": 1, "dropped": {"disabled": 1}}})
    assert "logs to nowhere, metrics off" in said(env)


@pytest.mark.parametrize("environ, exported", [
    ({"OTEL_SDK_DISABLED": "true"}, []),
    ({"OTEL_METRICS_EXPORTER": "none"}, ["logs", "traces"]),
    ({"LULL_SIGNALS": "logs"}, ["logs"]),
    ({"LULL_SIGNALS": "logs", "OTEL_SDK_DISABLED": "true"}, ["logs"]),
], ids=lambda value: "-".join(value))
def test_what_is_not_to_be_exported_is_accepted_and_counted(lambda_env, sink, environ, exported):
    with lambda_env(environ={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, **environ}) as env:
        otlp.send(env.port, otlp.traces("a"), otlp.logs("b"), otlp.metrics("m", 1.0))
        invoke(env)
        env.finish(**{signal: {"received": 1, **(
            {"exported": 1} if signal in exported else {"dropped": {"disabled": 1}})}
            for signal in otlp.SIGNALS})
    assert sorted({request.signal for request in sink.requests}) == exported
    assert "no backend is set" not in said(env)


# memory, disk, and other lives


def crash(env):
    call = env.invoke({"then": "crash"})
    env.wait_idle()
    assert call.error_type == "Runtime.ExitError"


def handler(event, context):
    if event:
        sys.exit(1)


def close_lives(env, lives):
    """The ledgers of so many lives: each closes, and what one leaves in files the next inherits."""
    found = ledgers(env.output("lull"))
    assert len(found) == lives, env.output("lull")
    left = 0
    for books in found:
        accounts = [of_one[signal] for of_one in close_books(books)["destinations"].values()
                    for signal in otlp.SIGNALS]
        assert sum(account.get("inherited", 0) for account in accounts) == left
        left = sum(account.get("spooled", 0) for account in accounts)
    assert left == 0
    return [books["destinations"] for books in found]


def test_the_dead_ones_data_goes_to_disk_and_over_a_reset(lambda_env, sink, other, tmp_path):
    """With little memory, and one backend down: the live one has all at once and once, the other
    all when it is up again."""
    folder, names = tmp_path / "spool", numbers(0, 60)
    good, other.answer = other.answer, DOWN
    environ = {**SMALL, **END, "LULL_CONFIG": config(dead=other.url, live=sink.url)}
    with lambda_env(handler, environ=environ) as env:
        for at in range(0, 60, 6):
            send_spans(env, names[at : at + 6])
            invoke(env)
            assert sorted(sink.names()) == names[: at + 6]
        waiting = [name for file in batches(folder) for name in names_in(file)]
        assert waiting == names[: len(waiting)] and len(waiting) > 30
        crash(env)
        assert [name for file in batches(folder) for name in names_in(file)] == names
        other.answer = good
        for _ in range(10):
            if len(other.names()) < len(names):
                invoke(env)
        env.shutdown()
    first, second = close_lives(env, 2)
    assert first["live"]["traces"]["exported"] == 60
    assert first["dead"]["traces"]["spooled"] == second["dead"]["traces"]["inherited"] == 60
    assert second["dead"]["traces"]["exported"] == 60
    assert sorted(other.names()) == sorted(sink.names()) == names
    assert batches(folder) == []


def test_without_a_spool_the_dead_ones_data_gives_way(lambda_env, sink, other):
    other.answer = DOWN
    environ = {**SMALL, **END, "LULL_SPOOL": "off",
               "LULL_CONFIG": config(live=sink.url, dead=other.url)}
    names = numbers(0, 60)
    with lambda_env(environ=environ) as env:
        for at in range(0, 60, 3):
            send_spans(env, names[at : at + 3])
            invoke(env)
        books = env.finish(live={"traces": {"received": 60, "exported": 60, "dropped": {}}},
                           dead={"traces": {"received": 60, "exported": 0}})
    dropped = books["destinations"]["dead"]["traces"]["dropped"]
    assert dropped["buffer_full"] > 30 and set(dropped) == {"buffer_full", "shutdown"}
    assert sorted(sink.names()) == names


@pytest.mark.parametrize("after", ["other places", "one is gone"])
def test_other_settings_in_the_next_life(lambda_env, sink, other, third, tmp_path, after):
    """What waits for one backend goes to that one, whatever its place in the file, or to none."""
    file = tmp_path / "lull.json"
    file.write_text(config(a=sink.url, b=other.url))
    good, sink.answer, other.answer = sink.answer, DOWN, DOWN
    with lambda_env(handler, environ={"LULL_CONFIG": str(file), **END}) as env:
        send_spans(env, ["000", "001"])
        otlp.send(env.port, otlp.logs("line"))
        crash(env)
        sink.requests.clear()
        sink.answer = other.answer = good
        if after == "other places":
            file.write_text(config(c=third.url, b=other.url, a=sink.url))
        else:
            file.write_text(config(c=third.url, b=other.url))
        invoke(env)
        env.shutdown()
    first, second = close_lives(env, 2)
    assert first["a"]["traces"]["spooled"] == first["b"]["traces"]["spooled"] == 2
    assert second["b"]["traces"]["exported"] == 2
    assert sorted(other.names()) == ["000", "001"]
    assert third.requests == []
    if after == "other places":
        assert sorted(sink.names()) == ["000", "001"]
        assert second["a"]["logs"]["exported"] == 1
    else:
        assert sink.requests == []
        assert second["nowhere"]["traces"]["dropped"] == {"no_destination": 2}
        assert second["nowhere"]["logs"]["dropped"] == {"no_destination": 1}
    assert batches(tmp_path / "spool") == []


def test_a_broken_file_is_named_and_the_other_settings_hold(lambda_env, sink, tmp_path):
    file = tmp_path / "lull.json"
    file.write_text('{"destinations": [\n{"name": "a" "endpoint": "http://s3cret"}]}')
    with lambda_env(endpoint=sink.url, environ={"LULL_CONFIG": str(file)}) as env:
        invoke_with_span(env, "a")
        env.finish(traces={"received": 1, "exported": 1})
    assert "LULL_CONFIG cannot be read: line 2, column 2" in said(env)
    assert "s3cret" not in said(env)


def test_the_books_of_each_as_metrics(lambda_env, sink, other):
    other.answer = DOWN
    environ = {**END, "LULL_SELF_METRICS": "true",
               "LULL_CONFIG": config(live=sink.url, dead={
                   "endpoint": other.url, "signals": ["traces"]})}
    with lambda_env(environ=environ) as env:
        invoke_with_span(env, "a")
        env.finish()
    found = {(point["attributes"]["destination"], point["name"]): point["value"]
             for point in sink.items("metrics") if point["name"].startswith("lull.items.")
             and point["attributes"]["signal"] == "traces"}
    assert found["live", "lull.items.exported"] == found["dead", "lull.items.held"] == 1
    assert found["dead", "lull.items.exported"] == found["live", "lull.items.held"] == 0
