"""lull --check: what the settings amount to, where they came from, and what is wrong with them."""

import subprocess

import pytest


def check(lull, **environ):
    run = subprocess.run([lull, "--check"], env=environ, capture_output=True, text=True)
    assert run.stderr == ""
    return run.returncode, run.stdout


def line(text, name):
    found, = [words for row in text.splitlines() if (words := row.split()) and words[0] == name]
    return found[1:]


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


@pytest.mark.parametrize("environ, words", [
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
