"""Delivery of telemetry: batches, retries, drops, and standing still in a freeze."""

import json

import pytest

from lambda_local import Answer
from subscriber import SUBSCRIBER, life


def test_events_of_a_life(environment, extension, listener):
    heard = listener()
    env = life(environment, extension, heard, runtime=lambda event, c: c.print(f"line {event}"))
    kinds = [event["type"] for batch in heard.batches for event in batch]
    # What happened during init before the subscription is replayed.
    assert kinds[0] == "platform.initStart"
    invocation = ["platform.start", "function", "platform.runtimeDone", "platform.report"]
    assert [k for k in kinds if k in invocation] == invocation * 2
    assert heard.events("function") == ["line 0\n", "line 1\n"]
    done = heard.events("platform.runtimeDone")
    assert [record["status"] for record in done] == ["success"] * 2
    asked = env.history.all("extension.next")
    report = env.history.first("platform.report")
    assert asked[1].index < report.index


@pytest.mark.parametrize("schema, kind", [("2022-07-01", str), ("2022-12-13", dict)])
def test_json_log_lines_by_schema(environment, extension, listener, schema, kind):
    heard = listener()
    life(environment, extension, heard, f'schema="{schema}"', log_format="JSON",
         runtime=lambda event, c: c.print('{"message": "m"}'))
    records = heard.events("function")
    assert [type(record) for record in records] == [kind] * 2
    assert [json.loads(r) if kind is str else r for r in records] == [{"message": "m"}] * 2


def test_a_refused_batch_comes_again(environment, extension, listener):
    heard = listener(Answer(500), Answer(503), Answer(instead="reset"))
    env = life(environment, extension, heard, runtime=lambda event, c: c.print(f"{event}"))
    assert heard.events("function") == ["0\n", "1\n"]
    assert heard.answers == []
    # A kept connection that turns out to be dead is no refusal.
    assert [e["reason"] for e in env.history.all("telemetry.refused")] == [
        "status 500", "status 503"]


def test_or_is_dropped_and_told_as_the_emulator_does(environment, extension, listener):
    heard = listener(Answer(500))
    life(environment, extension, heard, telemetry_options={"refused": "drop"})
    dropped, = heard.events("platform.logsDropped")
    assert dropped["droppedRecords"] >= 1
    assert "platform.initStart" not in [e["type"] for batch in heard.batches for e in batch]


@pytest.mark.parametrize("lines", [["x"] * 1000, ["x" * 100_000] * 3], ids=["items", "bytes"])
def test_a_full_batch_does_not_wait_for_its_time(environment, extension, listener, lines):
    def runtime(event, context):
        for line in lines:
            context.print(line)

    heard = listener()
    subscription = SUBSCRIBER.format("timeoutMs=30000, maxItems=1000, maxBytes=262144")
    env = environment([extension(subscription)], runtime, {"LISTENER": str(heard.server.port)})
    with env:
        env.invoke()
        env.history.wait("telemetry.delivered", timeout=20)
        # And what is not full does.
        assert not env.life.telemetry.flushed(0.2)
    assert len(heard.batches) == 1


def test_batches_are_bounded_by_items(environment, extension, listener):
    heard = listener()

    def runtime(event, context):
        for number in range(2500):
            context.print(str(number))

    life(environment, extension, heard, "timeoutMs=1000, maxItems=1000", runtime)
    lines = [f"{number}\n" for number in range(2500)] * 2
    assert heard.events("function") == lines
    assert max(len(batch) for batch in heard.batches) <= 1000


def test_batches_are_bounded_by_bytes(environment, extension, listener):
    heard = listener()

    def runtime(event, context):
        for _ in range(20):
            context.print("x" * 100_000)

    life(environment, extension, heard, "timeoutMs=1000, maxBytes=262144", runtime)
    assert len(heard.events("function")) == 40
    assert max(len(json.dumps(batch)) for batch in heard.batches) < 2 * 262144


def test_who_is_too_slow_loses_and_is_told(environment, extension, listener):
    heard = listener(Answer(instead="hang"))

    def runtime(event, context):
        for _ in range(20):
            context.print("x" * 100_000)
        heard.server.released.set()

    life(environment, extension, heard, "timeoutMs=25", runtime,
         telemetry_options={"queue_bytes": 500_000})
    lost = sum(record["droppedRecords"] for record in heard.events("platform.logsDropped"))
    assert lost > 0
    assert len(heard.events("function")) + lost >= 40


def test_nothing_is_delivered_while_frozen(environment, extension, listener):
    heard = listener()
    env = environment([extension(SUBSCRIBER.format(""))], environ={
        "LISTENER": str(heard.server.port)}, freeze=True)
    with env:
        env.invoke()
        env.wait_idle()
        env.push_telemetry({"time": "t", "type": "function", "record": "while frozen"})
        frozen = env.history.last("environment.frozen")
        assert not env.life.telemetry.flushed(0.2)
        assert env.history.all("telemetry.delivered", after=frozen) == []
        assert heard.events("function") == []
        env.thaw()
        assert env.life.telemetry.flushed(20)
        assert heard.events("function") == ["while frozen"]
