"""Extensions of a few lines, obedient and deliberately wrong, for tests of the local Lambda."""

import sys

import pytest

from lambda_local import LambdaEnvironment
from subscriber import Listener

# What every extension here starts with: `call` asks the Lambda APIs, `register` and `next` are the
# usual two, `say` prints a line that the test reads.
PRELUDE = """#!{python}
import http.client, json, os, pathlib, signal, sys, time
host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
identifier = None

def say(*words):
    print(*words, flush=True)

def call(method, path, body=None, **headers):
    global identifier
    client = http.client.HTTPConnection(host, int(port))
    names = {{name.replace("_", "-"): value for name, value in headers.items()}}
    if identifier:
        names.setdefault("Lambda-Extension-Identifier", identifier)
    client.request(method, path, None if body is None else json.dumps(body), names)
    answer = client.getresponse()
    text = answer.read()
    identifier = answer.headers.get("Lambda-Extension-Identifier", identifier)
    try:
        value = json.loads(text)
    except ValueError:
        value = text.decode()
    if answer.status >= 300 and isinstance(value, dict):
        say(path.rpartition("/")[2], answer.status, value.get("errorType"))
    return answer.status, value

EXTENSION = "/2020-01-01/extension/"

def register(*events, name=os.path.basename(sys.argv[0])):
    return call("POST", EXTENSION + "register", {{"events": list(events)}},
                Lambda_Extension_Name=name)

def next():
    return call("GET", EXTENSION + "event/next")[1]

def subscribe(schema="2025-01-29", types=("platform", "function"), protocol="HTTP", **buffering):
    port = os.environ.get("LISTENER", "1234")
    if protocol == "HTTP":
        destination = {{"protocol": protocol, "URI": f"http://sandbox.localdomain:{{port}}/x"}}
    else:
        destination = {{"protocol": protocol, "port": int(port)}}
    return call("PUT", "/2022-07-01/telemetry", {{
        "schemaVersion": schema, "types": list(types), "destination": destination,
        "buffering": buffering or {{"timeoutMs": 25}}}})

def loop():
    while (event := next())["eventType"] != "SHUTDOWN":
        pass
    say("shutdown", event["shutdownReason"])
"""


@pytest.fixture
def extension(tmp_path):
    """Writes an extension with that body; returns its path."""

    def write(body, name="ext"):
        path = tmp_path / "extensions" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PRELUDE.format(python=sys.executable) + "\n" + body)
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def environment():
    """Makes environments and closes them."""
    made = []

    def make(*args, **options):
        made.append(LambdaEnvironment(*args, **options))
        return made[-1]

    yield make
    for env in made:
        env.close()


@pytest.fixture
def listener():
    made = []

    def make(*answers):
        made.append(Listener(*answers))
        return made[-1]

    yield make
    for one in made:
        one.server.close()
