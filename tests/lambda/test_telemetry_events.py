"""What telemetry says of a life: which events, with which fields, and when they come."""

import json
import sys
import threading

import pytest

from lambda_local import Answer, schema
from lambda_local.telemetry import timestamp
from subscriber import SUBSCRIBER, TcpListener, life


def failing(event, context):
    context.print(f"line {event}")
    if event == "crash":
        sys.exit(3)
    if event == "error":
        raise ValueError("no")
    if event == "hang":
        threading.Event().wait(1)
    return event


@pytest.mark.parametrize("options", [
    {}, {"initialization_type": "snap-start"}, {"initialization_type": "provisioned-concurrency"},
    {"managed_instances": True}], ids=["on-demand", "snap-start", "provisioned", "managed"])
def test_what_the_environment_sends_is_as_the_schema_has_it(
    environment, extension, listener, options
):
    heard = listener()
    body = SUBSCRIBER.format("")
    if "managed_instances" in options:
        body = body.replace('"INVOKE", ', "")
    env = environment([extension(body)], failing, {"LISTENER": str(heard.server.port)},
                      **options)
    with env:
        for event in ("fine", "error", "crash"):
            env.invoke(event)
        if not options.get("managed_instances"):
            env.invoke("fine", trace=None)
        env.wait_idle()
    events = [e for e in env.history.all() if e.kind in schema.EVENTS]
    kinds = {e.kind for e in events}
    assert {"platform.initStart", "platform.initReport", "platform.start", "platform.report",
            "platform.extension", "platform.telemetrySubscription"} <= kinds
    assert ("platform.restoreReport" in kinds) == ("snap-start" in options.values())
    assert ("platform.runtimeDone" in kinds) != ("managed_instances" in options)
    for event in events:
        assert schema.problems(event.kind, event["record"]) == [], str(event)


def test_a_life_without_what_the_schema_does_not_promise(environment, extension, listener):
    heard = listener()
    life(environment, extension, heard, runtime=failing, telemetry_options={"bare": True})
    assert [set(record) for record in heard.events("platform.start")] == [{"requestId"}] * 2
    reports = heard.events("platform.report")
    assert [set(record) for record in reports] == [{"requestId", "status", "metrics"}] * 2
    assert [set(record["metrics"]) for record in reports] == [{"durationMs"}] * 2
    for batch in heard.batches:
        for event in batch:
            if event["type"] != "function":
                assert schema.problems(event["type"], event["record"]) == [], event


def test_a_lost_event_reaches_nobody(environment, extension, listener):
    """Neither at once nor in the replay of the init phase; all others do."""
    heard = listener()
    lost = ("platform.initStart", "platform.runtimeDone")
    env = life(environment, extension, heard,
               telemetry_options={"lost": lambda event: event["type"] in lost})
    assert not set(lost) & set(heard.types)
    assert heard.types.count("platform.start") == heard.types.count("platform.report") == 2
    assert len(env.history.all("platform.runtimeDone")) == 2  # it happened
    told = [event["type"] for event in env.history.all("telemetry.lost")]
    assert told == ["platform.initStart", *["platform.runtimeDone"] * 2]


def test_the_schema_finds_what_is_wrong():
    for kind in schema.EVENTS:
        for record in schema.examples(kind):
            assert schema.problems(kind, record) == []
    assert len(list(schema.examples("platform.report"))) == 12
    good = {"requestId": "r", "status": "success"}
    for bad in ({"requestId": "r"}, {**good, "requestID": "r"}, {**good, "status": 1},
                {**good, "metrics": {"duration": 1}}, {**good, "tracing": "x"}):
        assert schema.problems("platform.runtimeDone", bad)


@pytest.mark.parametrize("kind", schema.EVENTS)
def test_every_event_of_the_schema_can_be_sent(environment, extension, listener, kind):
    heard = listener()
    env = environment([extension(SUBSCRIBER.format(""))], None,
                      {"LISTENER": str(heard.server.port)})
    with env:
        env.life.telemetry.flushed(20)
        before = len(heard.events(kind))
        records = list(schema.examples(kind))
        env.push_telemetry(*({"time": timestamp(), "type": kind, "record": r} for r in records))
        assert env.life.telemetry.flushed(20)
    assert heard.events(kind)[before:] == records


@pytest.mark.parametrize("event, status, error", [
    ("hang", "timeout", "Sandbox.Timedout"), ("crash", "failure", "Runtime.ExitError")])
def test_a_bad_end_is_told_with_shutdown(
    environment, extension, listener, tmp_path, event, status, error
):
    heard = listener()
    # It stays to hear what comes after SHUTDOWN.
    stays = SUBSCRIBER.format("") + f"""
while not pathlib.Path("{tmp_path}/heard").exists():
    time.sleep(0.005)
"""
    env = environment([extension(stays)], failing, {"LISTENER": str(heard.server.port)},
                      timeout=0.5 if event == "hang" else 20)
    with env:
        assert env.invoke(event).status == status
        env.history.wait("telemetry.delivered", types=lambda types: "platform.report" in types)
        (tmp_path / "heard").touch()
        env.wait_idle()
        assert env.history.all("process.killed", name="ext") == []
    for kind in ("platform.runtimeDone", "platform.report"):
        record, = heard.events(kind)
        assert (record["status"], record["errorType"]) == (status, error)
    assert heard.events("function") == [f"line {event}\n"]
    told = env.history.first("extension.event", type="SHUTDOWN").index
    done, report = (env.history.first(f"platform.{kind}").index
                    for kind in ("runtimeDone", "report"))
    begun = env.history.first("shutdown.begin").index
    assert done < begun < report
    assert done < told


def test_or_it_is_not_told(environment, extension):
    with environment([extension('register("INVOKE", "SHUTDOWN")\nloop()')], failing,
                     report_after_failure=False) as env:
        env.invoke("crash")
        env.wait_idle()
    assert env.history.all("platform.report") == []


def test_a_line_that_is_late_comes_with_the_next_invocation(environment, extension, listener):
    def handler(event, context):
        context.print(f"soon {event}")
        context.print(f"late {event}")

    heard = listener()
    env = life(environment, extension, heard, runtime=handler,
               telemetry_options={"late": lambda line: line.startswith("late")})
    kinds = ("platform.start", "function", "platform.runtimeDone", "platform.report")
    seen = [event["record"].strip() if event["type"] == "function" else event["type"]
            for batch in heard.batches for event in batch if event["type"] in kinds]
    start, _, done, report = kinds
    assert seen[:9] == [start, "soon 0", done, report, start, "late 0", "soon 1", done, report]
    # And what has no next invocation comes with SHUTDOWN, if anyone still listens.
    line = env.history.first("function.line", line="late 1")
    assert line.index > env.history.first("shutdown.begin").index


@pytest.mark.parametrize("answer", [202, 400, 403, 404, 500])
def test_a_subscription_is_refused_as_told(environment, extension, listener, answer):
    heard = listener()
    body = 'register("INVOKE", "SHUTDOWN")\nsay("status", subscribe()[0])\nloop()'
    with environment([extension(body)], None, {"LISTENER": str(heard.server.port)},
                     telemetry=answer) as env:
        env.invoke()
        env.wait_idle()
        env.shutdown()
    assert f"status {answer}" in env.output("ext").splitlines()
    assert heard.batches == []


def test_by_tcp(environment, extension):
    heard = TcpListener()
    env = environment([extension(SUBSCRIBER.format('protocol="TCP"'))], failing,
                      {"LISTENER": str(heard.port)}, freeze=True)
    with env:
        for number, line in enumerate("ab", 1):
            env.invoke(line)
            env.wait_idle()
            env.thaw()
            heard.wait_for(lambda lines, n=number: str(lines).count("platform.report") == n)
        env.shutdown()
    events = [json.loads(line) for line in heard.lines]
    heard.close()
    assert events[0]["type"] == "platform.initStart"
    assert [e["record"] for e in events if e["type"] == "function"] == ["line a\n", "line b\n"]


def test_tcp_is_dialled_when_it_is_subscribed(environment, extension):
    nobody = TcpListener()
    nobody.close()
    body = 'register("INVOKE", "SHUTDOWN")\nsubscribe(protocol="TCP")\nloop()'
    with environment([extension(body)], None, {"LISTENER": str(nobody.port)}) as env:
        env.shutdown()
    assert env.output("ext").splitlines()[0] == "telemetry 400 ValidationError"


def test_a_retry_under_way_stands_still_in_a_freeze(environment, extension, listener):
    heard = listener(Answer(500))
    env = environment([extension(SUBSCRIBER.format(""))], None,
                      {"LISTENER": str(heard.server.port)})
    with env:
        env.history.wait("telemetry.refused")
        env.freeze()
        frozen = env.history.last("environment.frozen")
        assert not env.life.telemetry.flushed(0.3)  # several backoffs long
        assert env.history.all("telemetry.delivered", after=frozen) == []
        env.thaw()
        assert env.life.telemetry.flushed(20)
    assert heard.types[0] == "platform.initStart"
