"""The Extensions and Telemetry APIs: gates, states and error answers."""

import json

import pytest

from lambda_local import History
from lambda_local.telemetry import SCHEMAS, validate

LOOP = '\nregister("INVOKE", "SHUTDOWN")\nloop()\n'


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


@pytest.mark.parametrize("method, path, status", [
    ("GET", "register", 405), ("POST", "event/next", 405), ("GET", "init/error", 405),
    ("GET", "exit/error", 405), ("GET", "event", 404), ("POST", "unknown", 404),
])
def test_wrong_methods_and_paths(environment, extension, method, path, status):
    body = (f'say(call("{method}", EXTENSION + "{path}")[0])\n'
            'say(call("POST", "/2022-07-01/telemetry")[0])\n'
            'say(call("PUT", "/2022-12-13/telemetry")[0])' + LOOP)
    assert said(environment, extension, body) == [str(status), "405", "404", "shutdown spindown"]


def test_no_more_than_ten_extensions(environment, extension):
    body = '''
internal = []
for number in range(10):
    if register("INVOKE", name=f"internal-{number}")[0] == 200:
        internal.append(identifier)
register("INVOKE", "SHUTDOWN")
own = identifier
import threading
def follow(one):
    while call("GET", EXTENSION + "event/next", Lambda_Extension_Identifier=one)[0] == 200:
        pass
for one in internal:
    threading.Thread(target=follow, args=(one,), daemon=True).start()
while call("GET", EXTENSION + "event/next",
           Lambda_Extension_Identifier=own)[1]["eventType"] != "SHUTDOWN":
    pass
say(len(internal))
os._exit(0)
'''
    assert said(environment, extension, body) == ["register 403 Extension.TooManyExtensions", "9"]


def test_an_event_is_as_the_emulator_has_it(environment, extension):
    """Neither kind of event has a field more than it should, and times are of the epoch."""
    body = '\nregister("INVOKE", "SHUTDOWN")\nfor _ in range(2):\n    say(json.dumps(next()))\n'
    invoke, shutdown = map(json.loads, said(environment, extension, body))
    assert set(invoke) == {"eventType", "deadlineMs", "requestId", "invokedFunctionArn", "tracing"}
    assert set(shutdown) == {"eventType", "deadlineMs", "shutdownReason"}
    assert 1.7e12 < invoke["deadlineMs"] < 4e12
    assert shutdown["deadlineMs"] < invoke["deadlineMs"]  # 2 s against the function's 30


def test_next_while_next_is_pending(environment, extension):
    body = """
import threading
register("INVOKE", "SHUTDOWN")

def follow():
    while (answer := call("GET", EXTENSION + "event/next"))[0] == 200:
        if answer[1]["eventType"] == "SHUTDOWN":
            break

for _ in range(2):
    threading.Thread(target=follow).start()
"""
    with environment([extension(body)]) as env:
        env.history.wait("extension.refused")
        assert env.invoke().status == "success"  # by the one whose question stands
        env.wait_idle()
        assert env.shutdown().codes == {"ext": 0}
    assert env.output("ext").splitlines() == ["next 403 Extension.InvalidExtensionState"]


@pytest.mark.parametrize("which", ["init/error", "exit/error"])
def test_after_an_error_there_is_no_next(environment, extension, which):
    body = (f'register("INVOKE", "SHUTDOWN")\ncall("POST", EXTENSION + "{which}", '
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
    {"destination": None}, {"destination": {"protocol": "TCP", "port": 0}},
    {"destination": {"protocol": "TCP"}}, {"destination": {"protocol": "TCP", "port": "1234"}},
    {"destination": {"protocol": "UDP", "port": 1234}},
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


def test_the_history_tells_what_it_lacks():
    history = History()
    history.record("a", number=1)
    with pytest.raises(AssertionError, match="a number=1"):
        history.first("b")
    with pytest.raises(AssertionError, match="no a"):
        history.wait("a", timeout=0.01, number=2)
    assert history.wait("a", number=lambda n: n > 0)["number"] == 1
