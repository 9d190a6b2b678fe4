"""The Extensions and Telemetry APIs: gates, states, error answers, and delivery of batches."""

import json
import threading

import pytest

from lambda_local import Answer, History, Server
from lambda_local.telemetry import SCHEMAS, validate

LOOP = '\nregister("INVOKE", "SHUTDOWN")\nloop()\n'
SUBSCRIBER = '\nregister("INVOKE", "SHUTDOWN")\nsubscribe({})\nloop()\n'


def said(environment, extension, body, **options):
    """What an extension says in a whole life with one invocation."""
    with environment([extension(body)], **options) as env:
        env.invoke()
        env.wait_idle()
        env.shutdown()
    return env.output("ext").splitlines()


@pytest.mark.parametrize("body, answer", [
    ('register("INVOKE", name="")' + LOOP, "register 403 Extension.InvalidExtensionName"),
    ('register("SOMETHING")' + LOOP, "register 403 Extension.InvalidEventType"),
    ('call("POST", EXTENSION + "register", {"configurationKeys": ["x"]}, '
     'Lambda_Extension_Name="ext")' + LOOP, "register 403 InvalidRequestFormat"),
    ('register("SHUTDOWN", name="internal")' + LOOP, "register 403 Extension.InvalidEventType"),
    ('next()' + LOOP, "next 403 Extension.MissingExtensionIdentifier"),
    ('identifier = "x"\nnext()\nidentifier = None' + LOOP,
     "next 403 Extension.InvalidExtensionIdentifier"),
    ('identifier = "11111111-2222-3333-4444-555555555555"\nnext()\nidentifier = None' + LOOP,
     "next 403 Extension.UnknownExtensionIdentifier"),
    ('register("INVOKE", "SHUTDOWN")\nregister("INVOKE", "SHUTDOWN")\nloop()',
     "register 403 Extension.InvalidExtensionState"),
    ('register("INVOKE", "SHUTDOWN")\ncall("POST", EXTENSION + "init/error")\nloop()',
     "error 403 Extension.MissingHeader"),
    ('register("INVOKE", "SHUTDOWN")\nnext()\ncall("POST", EXTENSION + "init/error", '
     'Lambda_Extension_Function_Error_Type="Extension.X")\nloop()',
     "error 403 Extension.InvalidExtensionState"),
    ('register("INVOKE", "SHUTDOWN")\nnext()\nregister("INVOKE", name="late")\nloop()',
     "register 403 Extension.RegistrationClosed"),
    ('register("INVOKE", "SHUTDOWN")\nnext()\nsubscribe()\nloop()',
     "telemetry 403 Telemetry.SubscriptionClosed"),
    ('subscribe()' + LOOP, "telemetry 403 Extension.MissingExtensionIdentifier"),
    ('register("INVOKE", "SHUTDOWN")\nsubscribe(schema="2019-01-01")\nloop()',
     "telemetry 400 ValidationError"),
])
def test_a_gate_bites(environment, extension, body, answer):
    assert said(environment, extension, body) == [answer, "shutdown spindown"]


def test_next_while_next_is_pending(environment, extension):
    body = '''
import threading
register("INVOKE", "SHUTDOWN")
waiting = threading.Thread(target=loop)
waiting.start()
while call("GET", EXTENSION + "event/next")[0] != 403:
    pass
waiting.join()
'''
    lines = said(environment, extension, body)
    assert "next 403 Extension.InvalidExtensionState" in lines


def test_after_an_error_there_is_no_next(environment, extension):
    body = ('register("INVOKE", "SHUTDOWN")\ncall("POST", EXTENSION + "init/error", '
            'Lambda_Extension_Function_Error_Type="Extension.Config")\nnext()\nsys.exit(1)')
    env = environment([extension(body)])
    with pytest.raises(Exception, match="Extension.Config"):
        env.start()
    env.life = None
    assert env.output("ext").splitlines() == ["next 403 Extension.InvalidExtensionState"]


GOOD = {
    "schemaVersion": "2025-01-29", "types": ["platform"],
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:1234/x"},
}


@pytest.mark.parametrize("change", [
    {"schemaVersion": None}, {"types": []}, {"types": ["platform", "x"]}, {"types": "platform"},
    {"destination": None}, {"destination": {"protocol": "TCP", "port": 1}},
    {"destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain/x"}},
    {"destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:9001/x"}},
    {"destination": {"protocol": "HTTP", "URI": "http://127.0.0.1:1234/x"}},
    {"destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:x/"}},
    {"buffering": {"maxItems": 999}}, {"buffering": {"maxBytes": 1}},
    {"buffering": {"timeoutMs": 24}}, {"buffering": {"timeoutMs": True}}, {"buffering": []},
], ids=str)
def test_a_subscription_that_is_not_valid(change):
    assert validate(GOOD) == []
    assert validate({**GOOD, **change})
    assert all(validate({**GOOD, "schemaVersion": schema}) == [] for schema in SCHEMAS)


class Listener:
    """Where telemetry is posted to; `answers` are given in turn, then 200."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.batches = []
        self.taken = threading.Semaphore(0)
        self.server = Server(self.handle)

    def handle(self, request):
        answer = self.answers.pop(0) if self.answers else Answer(200)
        if answer.status < 400 and not answer.instead:
            assert request.path == "/x"
            self.batches.append(json.loads(request.body))
            self.taken.release()
        return answer

    def events(self, kind):
        return [e["record"] for batch in self.batches for e in batch if e["type"] == kind]


@pytest.fixture
def listener():
    made = []

    def make(*answers):
        made.append(Listener(*answers))
        return made[-1]

    yield make
    for one in made:
        one.server.close()


def life(environment, extension, listener, subscription="", runtime=None, **options):
    env = environment([extension(SUBSCRIBER.format(subscription))], runtime,
                      {"LISTENER": str(listener.server.port)}, **options)
    with env:
        for number in range(2):
            env.invoke(number)
            env.wait_idle()
        env.life.telemetry.flushed(20)
        env.shutdown()
    return env


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


def test_the_history_tells_what_it_lacks():
    history = History()
    history.record("a", number=1)
    with pytest.raises(AssertionError, match="a number=1"):
        history.first("b")
    with pytest.raises(AssertionError, match="no a"):
        history.wait("a", timeout=0.01, number=2)
    assert history.wait("a", number=lambda n: n > 0)["number"] == 1
