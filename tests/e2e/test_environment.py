"""lull in every kind of environment, and whatever happens to it: what was received is delivered,
and the books close."""

import json
import sys
import threading

import pytest

import otlp
from lambda_local import schema
from ledger import close_books, ledgers
from runs import invoke_with_span

TIME = "2026-01-02T03:04:05.678Z"


@pytest.fixture
def telling_env(lambda_env, sink):
    """Makes an environment with a handler that sends a span and writes a line for each event;
    `then(event)` is called after that."""

    def make(then=None, **options):
        def handler(event, context):
            context.print(f"line {event}")
            otlp.send(env.port, otlp.traces(f"span {event}"))
            if then:
                then(event)
            return event

        env = lambda_env(handler, endpoint=sink.url, **options)
        return env

    return make


def delivered(sink, *events):
    assert sorted(sink.names()) == sorted(f"span {event}" for event in events)
    assert sorted(sink.names("logs")) == sorted(f"line {event}" for event in events)


def books_of(env, lives):
    """Every life of lull ended by itself, with a ledger that closes. Their sum."""
    found = ledgers(env.output("lull"))
    assert len(found) == lives, env.output("lull")
    for books in found:
        close_books(books)
    assert {e["code"] for e in env.history.all("process.exited", name="lull")} == {0}
    assert env.history.all("process.killed", name="lull") == []
    return {signal: {name: sum(books[signal][name] for books in found)
                     for name in ("received", "exported", "held")} for signal in otlp.SIGNALS}


# initialization types


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start"])
def test_shutdown_without_an_invocation(lambda_env, sink, history, kind):
    with lambda_env(endpoint=sink.url, initialization_type=kind, freeze=True) as env:
        env.finish(traces={"received": 0}, logs={"received": 0}, metrics={"received": 0})
    assert history.all("platform.start") == []
    assert sink.requests == []


def test_snap_start(telling_env, sink, history):
    with telling_env(initialization_type="snap-start", freeze=True) as env:
        for event in range(3):
            assert env.invoke(event).json() == event
        env.finish(traces={"received": 3, "exported": 3}, logs={"received": 3, "exported": 3})
    delivered(sink, 0, 1, 2)
    assert history.first("platform.restoreReport")["record"]["status"] == "success"


def test_snap_start_with_a_real_runtime(lambda_env, python_function, sink, history):
    env = lambda_env(endpoint=sink.url, initialization_type="snap-start", **python_function)
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    with env:
        calls = [env.invoke({"order": order}) for order in "ab"]
        books = env.finish()
    assert [call.status for call in calls] == ["success"] * 2
    restored = history.first("runtime.restore_next").index
    assert restored < history.first("platform.restoreStart").index
    roots = {span["attributes"].get("faas.invocation_id") for span in sink.items("traces")}
    assert roots - {None} == {call.request_id for call in calls}
    assert books["traces"]["exported"] == len(sink.items("traces"))


def test_what_waited_in_a_snapshot_is_delivered_after_it(lambda_env, sink):
    """What the function sent while it was initialised."""
    env = lambda_env(endpoint=sink.url, initialization_type="snap-start")
    with env:
        env.thaw()
        otlp.send(env.port, otlp.traces("from init"))
        env.freeze()
        assert env.invoke().status == "success"
        env.finish(traces={"received": 1, "exported": 1})
    assert sink.names() == ["from init"]


# Managed Instances


def test_managed_instances_all_at_once(telling_env, sink, history):
    """All are in their handlers before the first may go on, three times over."""
    together = threading.Barrier(8)
    env = telling_env(lambda event: together.wait(30), managed_instances=True, concurrency=8,
                      log_format="JSON", freeze=True)
    with env:
        for turn in range(3):
            events = range(turn * 8, turn * 8 + 8)
            calls = [env.begin(event) for event in events]
            assert [env.wait(call).json() for call in calls] == list(events)
        env.finish(traces={"received": 24, "exported": 24}, logs={"received": 24, "exported": 24})
    delivered(sink, *range(24))
    # Nothing tells whose line it is, and none is told to be another's.
    assert all("faas.invocation_id" not in log["attributes"] for log in sink.items("logs"))
    assert history.all("platform.runtimeDone") == history.all("environment.frozen") == []


def test_managed_instances_go_on_after_a_time_out(telling_env, sink, history):
    go = threading.Event()
    env = telling_env(lambda event: event == "hang" and go.wait(30), managed_instances=True,
                      concurrency=2, timeout=1)
    with env:
        assert env.invoke("hang").status == "timeout"
        env.settings.timeout = 30
        assert env.invoke("next").status == "success"
        go.set()
        env.finish(traces={"received": 2, "exported": 2}, logs={"received": 2, "exported": 2})
    delivered(sink, "hang", "next")


def test_managed_instances_end_with_a_crash(telling_env, sink):
    env = telling_env(lambda event: event == "crash" and sys.exit(1), managed_instances=True,
                      concurrency=2)
    with env:
        assert env.invoke("fine").status == "success"
        assert env.invoke("crash").error_type == "Runtime.ExitError"
        env.wait_idle()
    assert books_of(env, 1)["traces"] == {"received": 2, "exported": 2, "held": 0}
    delivered(sink, "fine", "crash")


# time-out and crash


@pytest.mark.parametrize("reported", [True, False], ids=["reported", "not reported"])
@pytest.mark.parametrize("event, error", [("hang", "Sandbox.Timedout"),
                                          ("crash", "Runtime.ExitError")])
def test_a_bad_end_is_delivered_and_the_next_life_goes_on(
    telling_env, sink, history, event, error, reported
):
    go = threading.Event()

    def then(event):
        if event == "hang":
            go.wait(30)
        if event == "crash":
            sys.exit(1)

    env = telling_env(then, freeze=True, report_after_failure=reported)
    with env:
        assert env.invoke("first").status == "success"
        env.settings.timeout = 1 if event == "hang" else 30
        assert env.invoke(event).error_type == error
        go.set()
        env.settings.timeout = 30
        env.wait_idle()
        delivered(sink, "first", event)  # by the life that ended
        assert env.invoke("last").status == "success"
        env.wait_idle()
        env.shutdown()
    books = books_of(env, 2)
    assert books["traces"] == books["logs"] == {"received": 3, "exported": 3, "held": 0}
    delivered(sink, "first", event, "last")
    reports = [e["record"]["status"] for e in history.all("platform.report")]
    assert len(reports) == 2 + reported


def test_another_extension_that_crashes_takes_lull_along(telling_env, sink, tmp_path, history):
    crasher = tmp_path / "crasher"
    crasher.write_text(f"""#!{sys.executable}
import http.client, os
client = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
client.request("POST", "/2020-01-01/extension/register", '{{"events": ["INVOKE"]}}',
               {{"Lambda-Extension-Name": "crasher"}})
answer = client.getresponse()
answer.read()
identifier = answer.headers["Lambda-Extension-Identifier"]
client.request("GET", "/2020-01-01/extension/event/next",
               headers={{"Lambda-Extension-Identifier": identifier}})
client.getresponse()
""")
    crasher.chmod(0o755)
    env = telling_env()
    env.settings.extensions.append(str(crasher))
    with env:
        env.invoke("one")
        env.wait_idle()
        assert history.first("invoke.end")["error"] == "Extension.Crash"
        assert history.first("shutdown.begin")["reason"] == "failure"
        books = books_of(env, 1)
    for signal in ("traces", "logs"):
        assert books[signal]["received"] == books[signal]["exported"] == len(sink.items(signal))


def test_an_init_that_fails_beside_lull(lambda_env, sink, history):
    """lull is told to go before anything was invoked."""
    runtime = [sys.executable, "-c", "raise SystemExit(1)"]
    env = lambda_env(runtime, endpoint=sink.url)
    for _ in range(2):
        assert env.invoke().error_type == "Runtime.ExitError"
        env.wait_idle()
    books_of(env, 2)


# lines that are late


@pytest.mark.parametrize("log_format", ["JSON", "Text"])
def test_a_late_line_belongs_to_the_request_it_names(lambda_env, sink, log_format):
    def handler(event, context):
        request = context.aws_request_id
        if log_format == "JSON":
            context.print(json.dumps({"message": f"late {event}", "requestId": request}))
        else:
            context.print(f"[INFO]\t{TIME}\t{request}\tlate {event}")
        return request

    env = lambda_env(handler, endpoint=sink.url, log_format=log_format, freeze=True,
                     telemetry_options={"late": lambda line: "late" in line})
    with env:
        ids = [env.invoke(event).json() for event in range(4)]
        env.wait_idle()
        env.shutdown()
    books_of(env, 1)
    have = [(log["body"], log["attributes"]["faas.invocation_id"]) for log in sink.items("logs")]
    # The last comes with SHUTDOWN, where it may come too late.
    assert have[:3] == [(f"late {event}", ids[event]) for event in range(3)]
    assert len(have) <= 4


# what the platform leaves out


def test_platform_events_with_required_fields_only(telling_env, sink):
    """Also what lull's life hangs on: platform.start and platform.runtimeDone."""
    with telling_env(freeze=True, telemetry_options={"bare": True}) as env:
        calls = []
        for event in range(3):
            calls.append(env.invoke(event))
            env.wait_idle()
            delivered(sink, *range(event + 1))  # each in its own invocation
        env.finish(traces={"received": 3, "exported": 3}, logs={"received": 3, "exported": 3})
    lines = [log["attributes"]["faas.invocation_id"] for log in sink.items("logs")]
    assert lines == [call.request_id for call in calls]


@pytest.mark.parametrize("kind", schema.EVENTS)
def test_every_event_with_and_without_each_field(lambda_env, sink, kind):
    """They harm no line beside them, and do not end the invocation that is running."""
    records = [{"time": TIME, "type": kind, "record": record} for record in schema.examples(kind)]
    lines = [{"time": TIME, "type": "function", "record": f"line {n}\n"}
             for n in range(len(records))]
    with lambda_env(endpoint=sink.url) as env:
        env.push_telemetry(*(event for pair in zip(lines, records, strict=True)
                             for event in pair))
        env.life.telemetry.flushed(20)
        invoke_with_span(env, "span")
        env.finish(traces={"received": 1, "exported": 1},
                   logs={"received": len(lines), "exported": len(lines)})
    assert sink.names("logs") == [f"line {n}" for n in range(len(lines))]
