"""lull --check: what the settings amount to, where they came from, and what is wrong with them."""

import json
import subprocess

import pytest


def check(lull, **environ):
    run = subprocess.run([lull, "--check"], env=environ, capture_output=True, text=True)
    assert run.stderr == ""
    return run.returncode, run.stdout


# Where the columns begin, as people see them: name, value, where it came from.
COLUMNS = (2, 34, 71)


def cells(printed):
    """What begins in a column goes up to the next one, or fills the line."""
    starts = [at for at in COLUMNS if printed[at:at + 1].strip() and printed[at - 1] == " "]
    ends = [*starts[1:], None]
    return [printed[at:end].strip() for at, end in zip(starts, ends, strict=True)]


def rows(text):
    """[name, value, from] of each; what is too long for its column has a line of its own."""
    lines = [printed for printed in text.splitlines() if printed.startswith("  ")]
    found = [cell for printed in lines for cell in cells(printed)]
    return [found[at:at + 3] for at in range(0, len(found), 3)]


def line(text, name):
    found, = [row for row in rows(text) if row[0] == name]
    return " ".join(found[1:]).split()


def test_all_is_well(lull):
    code, text = check(lull, LULL_ENDPOINT="https://otlp.example.com/", LULL_FLUSH="end")
    assert code == 0
    assert line(text, "LULL_ENDPOINT") == ["https://otlp.example.com/", "set"]
    assert line(text, "LULL_FLUSH") == ["end", "set"]
    assert line(text, "LULL_TIMEOUT") == ["10s", "the", "default"]
    assert line(text, "OTEL_SERVICE_NAME") == ["-", "not", "set"]
    for signal in ("traces", "logs", "metrics"):
        assert f"{signal} go to https://otlp.example.com/v1/{signal}\n" in text
    assert text.endswith("nothing is wrong\n")


def test_where_a_value_came_from(lull):
    code, text = check(lull, LULL_LOGS_ENDPOINT="http://b/logs", LULL_METRICS_TIMEOUT="3s",
                       OTEL_EXPORTER_OTLP_ENDPOINT="http://a",
                       OTEL_EXPORTER_OTLP_TIMEOUT="7s")
    assert code == 0
    assert line(text, "LULL_TRACES_ENDPOINT") == ["http://a", "OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert line(text, "LULL_LOGS_ENDPOINT") == ["http://b/logs", "set"]
    assert line(text, "LULL_LOGS_TIMEOUT") == ["7s", "OTEL_EXPORTER_OTLP_TIMEOUT"]
    assert line(text, "LULL_METRICS_TIMEOUT") == ["3s", "set"]
    assert "logs go to http://b/logs\n" in text


def test_the_log_level_that_lambda_has(lull):
    _, text = check(lull, AWS_LAMBDA_LOG_LEVEL="WARN", AWS_LAMBDA_LOG_FORMAT="JSON")
    assert line(text, "LULL_LOG_LEVEL") == ["WARN", "AWS_LAMBDA_LOG_LEVEL"]
    assert line(text, "AWS_LAMBDA_LOG_FORMAT") == ["JSON", "set"]


def test_secrets_are_not_shown(lull):
    code, text = check(lull, LULL_ENDPOINT="https://user:secret1@host/x?key=secret2",
                       LULL_HEADERS="authorization=Bearer%20secret3,x-team=secret4")
    assert code == 0
    assert "secret" not in text
    assert line(text, "LULL_ENDPOINT") == ["https://host/x", "set"]
    assert line(text, "LULL_HEADERS") == ["authorization=...", "x-team=...", "set"]
    assert "traces go to https://host/x/v1/traces\n" in text


def test_a_password_that_is_not_escaped_is_not_shown(lull):
    """A URL of RFC 3986 may look so, too: it holds, but what may be secret is left out."""
    code, text = check(lull, LULL_ENDPOINT="https://secret1/secret2@host/x?key=secret3",
                       HTTP_PROXY="http://user:secret4@proxy:3128")
    assert code == 0
    assert "secret" not in text
    assert line(text, "LULL_ENDPOINT") == ["https://***@host/x", "set"]
    assert line(text, "HTTP_PROXY") == ["http://proxy:3128", "set"]
    assert "traces go to https://***@host/x/v1/traces\n" in text
    assert "mind: an @ stands behind the host of the endpoint" in text


@pytest.mark.parametrize("environ, words", [
    ({"LULL_ENDPOINT": "https://user:secret/secret@host"}, ["LULL_ENDPOINT cannot be read"]),
    ({"LULL_ENDPOINT": "https://a", "HTTPS_PROXY": "http://user:secret/x@proxy"},
     ["HTTPS_PROXY cannot be read"]),
    ({}, ["no backend is set: set LULL_ENDPOINT"]),
    ({"LULL_ENDPOINT": "http://a", "LULL_TIMEOUT": "soon"}, ["LULL_TIMEOUT=soon cannot be used"]),
    ({"LULL_ENDPIONT": "http://a", "LULL_TRACES_ENDPOINT": "http://a/v1/traces"},
     ["LULL_ENDPIONT is no setting", "is LULL_ENDPOINT meant?"]),
    ({"LULL_ENDPOINT": "http://localhost:4318"}, ["is lull itself", "no backend is set"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_CERTIFICATE": "/no/such/file"},
     ["/no/such/file cannot be read: No such file"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_CLIENT_CERTIFICATE": "/no/such/file",
      "LULL_CLIENT_KEY": "/no/such/key"},
     ["/no/such/file cannot be read: No such file", "/no/such/key cannot be read: No such file"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_CLIENT_KEY": "/dev/null"},
     ["LULL_CLIENT_KEY is of no use without LULL_CLIENT_CERTIFICATE"]),
    ({"LULL_ENDPOINT": "https://a", "OTEL_EXPORTER_OTLP_HEADERS": "key=secret"},
     ["OTEL_EXPORTER_OTLP_HEADERS goes to the backend of LULL_ENDPOINT"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_HEADERS": "secret"}, ["LULL_HEADERS cannot be read"]),
    ({"LULL_ENDPOINT": "https://a/v1/traces"}, ["the endpoint ends in /v1/traces"]),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a/x/v1/logs?key=secret"},
     ["the endpoint ends in /v1/logs"]),
    ({"LULL_ENDPOINT": "http://a:4317", "LULL_PROTOCOL": "http/protobuf"},
     ["port 4317 is that of OTLP/gRPC"]),
    ({"LULL_ENDPOINT": "a:4318", "LULL_PROTOCOL": "grpc"}, ["port 4318 is that of OTLP/HTTP"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_GRPC_PORT": "4318"},
     ["LULL_HTTP_PORT and LULL_GRPC_PORT are both 4318"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_SPOOL_FOLDER": "/mnt/files"},
     ["LULL_SPOOL_FOLDER=/mnt/files is not in /tmp"]),
    ({"LULL_ENDPOINT": "https://a", "OTEL_RESOURCE_ATTRIBUTES": "team=a,b"},
     ["OTEL_RESOURCE_ATTRIBUTES cannot be read"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_CORRELATE": "order.id,,b,c,d,e,f,g,h,i"},
     ["LULL_CORRELATE: an empty name is left out", "LULL_CORRELATE: i is left out: at most 8"]),
    ({"LULL_ENDPOINT": "https://a", "LULL_CORRELATE": ","}, ["LULL_CORRELATE=, cannot be used"]),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else "")
def test_what_is_wrong_is_said_and_the_exit_code_says_so(lull, environ, words):
    code, text = check(lull, **environ)
    wrong = [row for row in text.splitlines() if row.startswith("wrong: ")]
    assert code == 1
    assert all(any(word in row for row in wrong) for word in words), text
    assert text.endswith("1 thing is wrong\n" if len(wrong) == 1
                         else f"{len(wrong)} things are wrong\n")
    assert "secret" not in text


def test_no_headers_of_another_backend_where_all_is_of_one(lull):
    """Both by OTEL_: they belong together, as they did before lull."""
    code, _ = check(lull, OTEL_EXPORTER_OTLP_ENDPOINT="https://a",
                    OTEL_EXPORTER_OTLP_HEADERS="key=value")
    assert code == 0


@pytest.mark.parametrize("environ", [
    {"LULL_TRACES_ENDPOINT": "https://a/v1/traces"},
    {"LULL_ENDPOINT": "https://a/v1/traces", "LULL_PROTOCOL": "grpc"},
    {"LULL_ENDPOINT": "https://a", "LULL_SPOOL_FOLDER": "/tmp/files"},
    {"LULL_ENDPOINT": "https://a", "LULL_SPOOL_FOLDER": "/mnt/files", "LULL_SPOOL": "off"},
    {"LULL_ENDPOINT": "a:4317"},
    {"LULL_ENDPOINT": "https://a:4318"},
], ids=lambda environ: "-".join(environ.values()))
def test_what_is_meant_so_is_not_wrong(lull, environ):
    code, text = check(lull, **environ)
    assert (code, text.splitlines()[-1]) == (0, "nothing is wrong"), text


A = {"LULL_ENDPOINT": "https://a.example:4318/x"}
GRPC = {"LULL_ENDPOINT": "https://[2001:db8::1]:4317", "LULL_LOGS_ENDPOINT": "https://b/logs"}
HERE = {"LULL_ENDPOINT": "http://localhost:4318"}
LOGS = {"LULL_LOGS_ENDPOINT": "http://b/logs"}
MANAGED = {**A, "AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances"}
OFF = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a", "OTEL_SDK_DISABLED": "True"}
PORT, HOST = "the endpoint's port", "the endpoint"


@pytest.mark.parametrize("environ, name, value, source", [
    (A, "LULL_PROTOCOL", "http/protobuf", "the default"),
    (GRPC, "LULL_TRACES_PROTOCOL", "grpc", PORT),
    (GRPC, "LULL_LOGS_PROTOCOL", "http/protobuf", "the default"),
    ({**GRPC, "LULL_PROTOCOL": "GRPC"}, "LULL_PROTOCOL", "GRPC", "set"),
    ({}, "LULL_PROTOCOL", "-", "not set"),
    (A, "LULL_SERVER_NAME", "a.example", HOST),
    (GRPC, "LULL_METRICS_SERVER_NAME", "[2001:db8::1]", HOST),
    ({**A, "LULL_SERVER_NAME": "c"}, "LULL_SERVER_NAME", "c", "set"),
    ({"LULL_ENDPOINT": "https://secret/x@a"}, "LULL_SERVER_NAME", "-", "not set"),
    (A, "LULL_CERTIFICATE", "the public ones", "the layer, else the image"),
    ({**A, "LULL_CERTIFICATE": "/dev/null"}, "LULL_CERTIFICATE", "/dev/null", "set"),
    ({**A, "LULL_CLIENT_CERTIFICATE": "/dev/null"}, "LULL_CLIENT_KEY", "/dev/null",
     "the certificate's file"),
    (A, "LULL_CLIENT_KEY", "-", "not set"),
    (HERE, "LULL_ENDPOINT", "http://localhost:4318", "set, but nothing goes there"),
    (OFF, "LULL_ENDPOINT", "https://a", "set, but nothing goes there"),
    ({}, "LULL_BUFFER", "16MB", "the default, where the function's memory is not known"),
    *[({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}, "LULL_BUFFER", size,
       "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
      for memory, size in (("128", "8MB"), ("32", "4MB"), ("512", "32MB"), ("10240", "64MB"))],
    ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "LULL_BUFFER": "2mb"}, "LULL_BUFFER", "2mb",
     "set"),
    (MANAGED, "LULL_FLUSH", "lazy", "Managed Instances"),
    ({**MANAGED, "LULL_FLUSH": "5s"}, "LULL_FLUSH", "5s", "set"),
    ({**A, "LULL_SIGNALS": "traces"}, "LULL_FUNCTION_LOGS", "false", "logs are not exported"),
    ({**A, "AWS_LAMBDA_FUNCTION_NAME": "orders"}, "OTEL_SERVICE_NAME", "orders",
     "AWS_LAMBDA_FUNCTION_NAME"),
    ({"AWS_LAMBDA_FUNCTION_NAME": "orders", "OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=x%20y"},
     "OTEL_SERVICE_NAME", "x y", "OTEL_RESOURCE_ATTRIBUTES"),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=x", "OTEL_SERVICE_NAME": "y"},
     "OTEL_SERVICE_NAME", "y", "set"),
    ({"AWS_LAMBDA_FUNCTION_NAME": "orders", "OTEL_RESOURCE_ATTRIBUTES": "service.name=x,y"},
     "OTEL_SERVICE_NAME", "orders", "AWS_LAMBDA_FUNCTION_NAME"),
    ({"OTEL_RESOURCE_ATTRIBUTES": "team=a,b"}, "OTEL_RESOURCE_ATTRIBUTES", "-",
     "not set: what is set cannot be used"),
    (OFF, "OTEL_SDK_DISABLED", "True", "set"),
    ({**A, "OTEL_SDK_DISABLED": "true"}, "OTEL_SDK_DISABLED", "true",
     "set, for the SDK alone: LULL_ says what is exported"),
    ({**A, "OTEL_SDK_DISABLED": "1"}, "OTEL_SDK_DISABLED", "false",
     "set: only true has a meaning"),
    ({**LOGS, "OTEL_TRACES_EXPORTER": "none"}, "OTEL_TRACES_EXPORTER", "none", "set"),
    ({**LOGS, "OTEL_LOGS_EXPORTER": "none"}, "OTEL_LOGS_EXPORTER", "none",
     "set, for the SDK alone: LULL_ says what is exported"),
    ({**A, "OTEL_LOGS_EXPORTER": "console"}, "OTEL_LOGS_EXPORTER", "console", "set"),
])
def test_what_settings_amount_to(lull, environ, name, value, source):
    """What holds, also where nobody has set it, or where another setting has the last word."""
    found, = [row for row in rows(check(lull, **environ)[1]) if row[0] == name]
    assert found == [name, value, source]


def test_columns_stay_where_they_are(lull):
    """Also of the longest name of all, and of a value too long for its column."""
    long = "https://" + 10 * "otlp.example." + "com"
    _, text = check(lull, LULL_ENDPOINT=long, LULL_METRICS_CLIENT_CERTIFICATE="/dev/null")
    found = rows(text)
    assert ["LULL_ENDPOINT", long, "set"] in found
    assert ["LULL_METRICS_CLIENT_CERTIFICATE", "/dev/null", "set"] in found
    longest = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    assert [longest, "cumulative", "the default"] in found
    names = [row.split()[0] for row in text.partition("\n\n")[0].splitlines() if row[2:3].strip()]
    assert [row[0] for row in found] == names


def test_a_setting_that_takes_all_the_others_effect(lull):
    code, text = check(lull, LULL_ENDPOINT="https://a", LULL_ENABLED="off")
    assert code == 0
    assert "mind: LULL_ENABLED is false: lull does nothing" in text


@pytest.mark.parametrize("endpoint, wrapper, past", [
    ("https://a", None, True), ("https://a", "/opt/other", True),
    ("https://a", "/opt/lull-wrap", False), ("http://localhost:4318", None, False),
])
def test_an_sdk_that_sends_past_lull(lull, endpoint, wrapper, past):
    """It may be meant so, and nothing is lost by it: it is said, and not wrong."""
    environ = {"AWS_LAMBDA_EXEC_WRAPPER": wrapper} if wrapper else {}
    code, text = check(lull, LULL_ENDPOINT="https://b", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
                       **environ)
    assert code == 0
    assert ("mind: OTEL_EXPORTER_OTLP_ENDPOINT is the backend's" in text) == past


def test_what_cannot_be_used_is_not_shown_as_if_it_held(lull):
    code, text = check(lull, LULL_ENDPOINT="https://a", LULL_TIMEOUT="soon", LULL_SPOOL="much")
    assert code == 1
    unused = ["the", "default:", "what", "is", "set", "cannot", "be", "used"]
    assert line(text, "LULL_TIMEOUT") == ["10s", *unused]
    assert line(text, "LULL_SPOOL") == ["16MB", *unused]


def test_the_settings_of_each_destination(lull):
    config = {"destinations": [
        {"name": "vendor", "endpoint": "${BACKEND}", "timeout": 3000, "compression": "zip",
         "headers": {"authorization": "Bearer ${TOKEN}", "x-plain": "secret1"},
         "logs": {"endpoint": "https://u:secret2@b/logs", "timeout": "5s"},
         "metrics": {"timeout": "soon"}},
        {"endpoint": "http://c", "headers": "key=secret3", "certificate": "${NONE}"},
    ]}
    code, text = check(lull, LULL_CONFIG=json.dumps(config), BACKEND="https://a", TOKEN="secret4")
    assert "secret" not in text
    wrong = [row for row in text.splitlines() if row.startswith("wrong: ")]
    assert (code, len(wrong)) == (1, 4), text
    _, first, second = text.split("\ndestination ")
    second = second.partition("\n\n")[0]
    assert first.startswith("vendor\n")
    assert second.startswith("_2\n")
    here, there = ["LULL_CONFIG"], ["LULL_CONFIG,", "of", "this", "signal"]
    assert line(first, "traces.endpoint") == ["${BACKEND}", *here]
    assert line(first, "logs.endpoint") == ["https://b/logs", *there]
    assert line(first, "traces.timeout") == ["3000", *here]
    assert line(first, "logs.timeout") == ["5s", *there]
    assert line(first, "metrics.timeout") == ["3000", *here]  # its own cannot be used
    assert line(first, "compression")[:3] == ["gzip", "the", "default:"]
    assert line(first, "headers") == ["authorization=...", "x-plain=...", *here]
    assert line(first, "client_certificate") == ["-", "not", "set"]
    assert line(first, "traces.server_name") == ["a", "the", "endpoint"]
    assert line(first, "protocol") == ["http/protobuf", "the", "default"]
    assert line(second, "endpoint") == ["http://c", *here]
    assert line(second, "headers") == ["key=...", *here]
    assert " ".join(line(second, "certificate")) == (
        "the public ones the layer, else the image: what is set cannot be used")
    assert line(second, "timeout") == ["10s", "the", "default"]
    assert "vendor: traces go to https://a/v1/traces\n" in text
    assert "\n  LULL_TIMEOUT" not in text  # those of the environment do not hold


def test_what_is_wrong_with_one_destination_names_it(lull):
    config = {"destinations": [
        {"name": "one", "endpoint": "http://a:4317", "protocol": "http/json"},
        {"name": "two", "endpoint": "http://b/v1/metrics"},
    ]}
    code, text = check(lull, LULL_CONFIG=json.dumps(config))
    assert code == 1
    assert "wrong: destination one: port 4317 is that of OTLP/gRPC" in text
    assert "wrong: destination two: the endpoint ends in /v1/metrics" in text
    assert text.endswith("2 things are wrong\n")
