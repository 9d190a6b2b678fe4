"""layer/lull-config.schema.json says what lull takes as LULL_CONFIG: no more and no less."""

import json
import platform
import random
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCH = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
LULL = ROOT / "build" / ARCH / "lull"
SCHEMA = json.loads((ROOT / "layer" / "lull-config.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SIGNALS = ["traces", "logs", "metrics"]
VARIABLES = {"TOKEN": "s3cret", "URL": "http://a"}

# Of each setting what can be used, and what cannot. A row of lull's table without an entry fails a
# test: it is to be added to the schema, too.
VALUES = {
    "endpoint": (["http://a", "HTTPS://b.example:8443/x/?q=1", "http://u:p@c", "${URL}/x",
                  "http://u:p%2Fq@[2001:db8::1]:8443/x@y"],
                 ["", "a", "ftp://a", "http://", "http:///x", "http://:1", "http://a b", "http://u:p/q@a",
                  "http://u:p?q@a", "http://a:b", "http://[::1/x", "http://@", "a:b:4317", 7, None,
                  ["http://a"], "${"]),
    "headers": ([{}, {"a": "b"}, {"x-Key": "a,b=c%%\t"}, {"a": "Bearer ${TOKEN}", "b": ""},
                 "a=b", "a = b c , d=%20%41", "a=b,", "a=,b=c", "${TOKEN}=x"],
                ["", "a", "=b", "a=%2", "a=%zz", "a=%0a", "a b=c", "a:b=c", {"a": 7}, {"": "b"},
                 {"a b": "c"}, {"a:": "b"}, {"a,b": "c"}, {"a=": "b"}, {"a": "b\nc"}, 7, None, [],
                 {"ä": "b"}]),
    "timeout": ([1, 500, "500", "500ms", "10S", "2min", "1m", "007s"],
                [0, -1, 1.5, "0", "0s", "", "s", "10 s", "1h", " 1s", "1e3", None, True, {}]),
    "compression": (["gzip", "none", "GZIP"], ["", "zip", "gzip ", 1, None, False, {}]),
    "certificate": (["/dev/null"], ["", 7, None, [], {}]),
    "client_certificate": (["/dev/null"], ["", 7, None, [], {}]),
    "client_key": (["/dev/null"], ["", 7, None, [], {}]),
    "server_name": (["a.example"], ["", 7, None, [], {}]),
    "protocol": (["grpc", "http/json", "HTTP/Protobuf"], ["", "http", "grpc ", 1, None, True]),
    "insecure": ([True, False, "true", "off", "1"], ["", "maybe", 1, None, {}]),
}


def check(document):
    """What lull finds wrong with it."""
    environ = {"LULL_CONFIG": document if isinstance(document, str) else json.dumps(document),
               **VARIABLES}
    run = subprocess.run([LULL, "--check"], env=environ, capture_output=True, text=True)
    return [line for line in run.stdout.splitlines() if line.startswith("wrong: ")]


def agree(document):
    """Whether both take it, or neither."""
    faults = [error.message for error in VALIDATOR.iter_errors(document)]
    wrong = check(document)
    assert bool(faults) == bool(wrong), (document, faults, wrong)
    return not faults


def with_value(key, value, signal=None):
    """A document in which all is well but perhaps that value."""
    destination = {"name": "a", "endpoint": "http://a"}
    (destination.setdefault(signal, {}) if signal else destination)[key] = value
    return {"destinations": [destination]}


def table_keys():
    """The settings of lull's table that exist for one signal, too."""
    text = subprocess.run([LULL, "--help"], capture_output=True, text=True, check=True).stdout
    sentence, = re.findall(r"^([A-Z_, \n]+ and [A-Z_\n]+) also\sexist", text, re.M)
    return {name.lower() for name in re.findall(r"[A-Z_]+", sentence)}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_its_keys_are_those_of_the_table():
    assert set(SCHEMA["$defs"]["settings"]["properties"]) == table_keys()
    assert set(VALUES) == table_keys()


@pytest.mark.parametrize("key", ["protocol", "compression"])
def test_its_words_are_those_of_the_help(key):
    """One more in lull's table is to be added to the schema, and to VALUES."""
    text = subprocess.run([LULL, "--help"], capture_output=True, text=True, check=True).stdout
    said, = re.findall(rf"^ +LULL_{key.upper()} .*  ([^ ;]+ [^;]*);", text, re.M)
    described = SCHEMA["$defs"]["settings"]["properties"][key]["description"].partition(";")[0]
    assert said == described
    assert set(re.split(", | or ", said)) == {value.lower() for value in VALUES[key][0]}


@pytest.mark.parametrize("key", VALUES)
@pytest.mark.parametrize("signal", [None, "logs"])
def test_each_value(key, signal):
    good, bad = VALUES[key]
    assert [value for value in good if not agree(with_value(key, value, signal))] == []
    assert [value for value in bad if agree(with_value(key, value, signal))] == []


@pytest.mark.parametrize("good, destinations", [
    (True, [{"name": "a", "endpoint": "http://a"}, {"name": "B-_9", "endpoint": "http://b"}]),
    (True, [{"name": "a" * 32, "logs": {"endpoint": "http://a"}}]),
    (True, [{"name": "a", "signals": ["logs"], "logs": {"endpoint": "http://a"}}]),
    (True, [{"name": "a", "signals": ["logs"], "endpoint": "http://a", "traces": {}}]),
    (True, [{"name": f"n{n}", "endpoint": "http://a"} for n in range(8)]),
    (False, [{"name": f"n{n}", "endpoint": "http://a"} for n in range(9)]),
    (False, []), (False, [{}]), (False, [7]), (False, {}), (False, None),
    (False, [{"endpoint": "http://a"}]),
    (False, [{"name": "a"}]),
    (False, [{"name": "a", "logs": {}}]),
    (False, [{"name": "a", "logs": "http://a", "endpoint": "http://a"}]),
    (False, [{"name": "a", "signals": ["traces", "logs"], "logs": {"endpoint": "http://a"}}]),
    *[(False, [{"name": "a", "endpoint": "http://a", "signals": signals}])
      for signals in ([], ["spans"], ["Logs"], "logs", [7], None)],
    *[(False, [{"name": name, "endpoint": "http://a"}])
      for name in ("", "9", "_1", "a b", "a.b", "ä", "nowhere", "a" * 33, 7, None)],
    (False, [{"name": "a", "endpoint": "http://a", "timeuot": 5}]),
    (False, [{"name": "a", "endpoint": "http://a", "TIMEOUT": 5}]),
    (False, [{"name": "a", "endpoint": "http://a", "logs": {"name": "b"}}]),
])
def test_each_shape(good, destinations):
    assert agree({"destinations": destinations}) is good


@pytest.mark.parametrize("document", [[], {"destination": []}, {"destinations": [{
    "name": "a", "endpoint": "http://a"}], "routes": []}])
def test_each_file(document):
    assert not agree(document) or isinstance(document, list)


def some_settings(draw, good):
    found = {}
    for key, (right, wrong) in VALUES.items():
        if draw.random() < 0.4:
            found[key] = draw.choice(right if good or draw.random() < 0.9 else wrong)
    return found


def some_document(seed):
    """Mostly right, and wrong in all the places there are."""
    draw = random.Random(seed)
    good = draw.random() < 0.5
    destinations = []
    for number in range(draw.randint(1, 4)):
        destination = {"name": f"n{number}", **some_settings(draw, good)}
        if good:
            destination.setdefault("endpoint", "http://a")
        for signal in draw.sample(SIGNALS, draw.randint(0, 2)):
            destination[signal] = some_settings(draw, good)
        if draw.random() < 0.5:
            destination["signals"] = draw.choices(SIGNALS, k=draw.randint(1, 3))
        if not good and draw.random() < 0.2:
            destination[draw.choice(["nmae", "Signals", "spans", "enabled"])] = "x"
        if not good and draw.random() < 0.1:
            del destination["name"]
        destinations.append(destination)
    return {"destinations": destinations}


def test_an_endpoint_without_a_scheme():
    assert agree(with_value("endpoint", "a:4317"))
    assert agree(with_value("endpoint", "u:p:q@a:4317"))
    assert agree({"destinations": [{"name": "a", "endpoint": "a:1", "protocol": "grpc",
                                    "logs": {"endpoint": "http://b", "protocol": "http/json"}}]})


def test_documents_of_all_kinds():
    taken = sum(agree(some_document(seed)) for seed in range(300))
    assert 100 < taken < 250


# What no schema can say.


@pytest.mark.parametrize("document, words", [
    ({"destinations": [{"name": "a", "endpoint": "http://a"}] * 2}, "have the name a"),
    (with_value("headers", {"a": "${MISSING}"}), "the variable MISSING is not set"),
    (with_value("endpoint", "http://localhost:4318"), "is lull itself"),
    (with_value("endpoint", "a:1"), "write http:// or https:// before it"),
    ('{"destinations": [{"name": "a",\n "name": "b", "endpoint": "http://a"}]}',
     "line 2, column 7: a key stands there twice"),
])
def test_what_only_lull_sees(document, words):
    assert any(words in line for line in check(document)), check(document)
