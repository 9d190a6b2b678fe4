"""Settings, wrong ones too: nothing in them can make the function fail."""

import json
import os
import re
import subprocess

import pytest

from runs import invoke_with_span, said

WRONG = {
    "LULL_ENABLED": "perhaps",
    "LULL_ENDPOINT": "collector:4318 or so",
    "LULL_TRACES_ENDPOINT": "ftp://example.com/v1/traces",
    "LULL_HEADERS": "novalue",
    "LULL_TIMEOUT": "soon",
    "LULL_COMPRESSION": "zip",
    "LULL_FLUSH_BUDGET": "-1",
    "LULL_BUFFER": "lots",
    "LULL_LOG_LEVEL": "loud",
    "LULL_CORRELATE": ",",
    "LULL_HTTP_PORT": "99999",
    "OTEL_RESOURCE_ATTRIBUTES": "key=%zz",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_and_nothing_fails(lambda_env, sink, name):
    with lambda_env(endpoint=sink.url, environ={name: WRONG[name]}) as env:
        for _ in range(2):
            assert env.invoke().status == "success"
        env.finish()
    assert name in said(env)


def test_all_settings_wrong_at_once(lambda_env, history):
    with lambda_env(environ=WRONG) as env:
        assert env.invoke().status == "success"
        env.finish()
    assert history.all("extension.crash") == []


def test_a_misspelt_setting_is_named_with_the_one_that_is_meant(lambda_env, sink):
    with lambda_env(endpoint=sink.url, environ={"LULL_FLUSHBUDGET": "1s"}) as env:
        invoke_with_span(env, "a")
        env.finish(traces={"received": 1, "exported": 1})
    assert said(env).count("LULL_FLUSHBUDGET") == 1
    assert "is LULL_FLUSH_BUDGET meant?" in said(env)


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_when_all_is_well_two_lines_are_said(lambda_env, sink, log_format):
    """What goes where, without what is secret in a URL, and the ledger."""
    url = f"http://user:secret@localhost:{sink.port}"
    environ = {"LULL_LOGS_ENDPOINT": f"{url}/logs?key=secret",
               "LULL_TRACES_ENDPOINT": f"{url}/v1/traces"}
    sink.paths["/logs?key=secret"] = "logs"
    with lambda_env(environ=environ, log_format=log_format) as env:
        for _ in range(5):
            invoke_with_span(env, "a")
        env.finish(traces={"received": 5, "exported": 5})
    where, ledger = said(env).splitlines()
    if log_format == "JSON":
        line = json.loads(where)
        assert set(line) == {"timestamp", "level", "message", "logger"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
        assert (line["level"], line["logger"]) == ("INFO", "lull")
        where = line["message"]
    else:
        assert where.startswith("lull: ")
    assert f"traces to http://localhost:{sink.port}/v1/traces" in where
    assert f"logs to http://localhost:{sink.port}/logs, metrics to nowhere" in where
    assert ledger.startswith('{"lull_ledger":')
    assert "secret" not in said(env)


@pytest.mark.parametrize("log_format", ["Text", "JSON", "json", "yaml"])
def test_what_is_said_before_anything_else_is_known(lull, log_format):
    """Where there is no Lambda to ask it waits: an early exit would be the function's."""
    environ = {"AWS_LAMBDA_RUNTIME_API": "nowhere", "AWS_LAMBDA_LOG_FORMAT": log_format}
    with subprocess.Popen([lull], env=environ, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        assert process.poll() is None
        process.kill()
    if log_format.lower() == "json":
        found = json.loads(line)
        assert (found["level"], found["logger"]) == ("ERROR", "lull")
        line = found["message"]
    else:
        assert line.startswith("lull: error: ")
    assert "AWS_LAMBDA_RUNTIME_API=nowhere is no HOST:PORT" in line


def test_who_wants_less_of_the_function_wants_less_of_lull(lambda_env, sink):
    """AWS_LAMBDA_LOG_LEVEL: the ledger is no matter of levels."""
    with lambda_env(endpoint=sink.url, environ={"AWS_LAMBDA_LOG_LEVEL": "WARN"}) as env:
        invoke_with_span(env, "a")
        env.finish(traces={"received": 1, "exported": 1})
    ledger, = said(env).splitlines()
    assert ledger.startswith('{"lull_ledger":')


def test_no_endpoint(lambda_env):
    with lambda_env() as env:
        invoke_with_span(env, "span")
        books = env.finish(traces={"received": 1, "dropped": 1})
    assert books["traces"]["exported"] == 0
    assert "LULL_ENDPOINT" in said(env)


def test_a_backend_that_is_unknown(lambda_env):
    with lambda_env(endpoint="http://backend.invalid:4318") as env:
        for number in range(2):
            invoke_with_span(env, f"span {number}")
        env.finish(traces={"received": 2, "exported": 0, "dropped": 2})


def test_disabled(lambda_env, history):
    with lambda_env(environ={"LULL_ENABLED": "false"}) as env:
        assert listening_ports(env.extension().process.pid) == set()
        for _ in range(3):
            assert env.invoke().status == "success"
        env.wait_idle()
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"lull": 0}, [])
    assert history.all("telemetry.subscribe") == []
    assert len(history.all("extension.event", type="INVOKE")) == 3


def test_started_by_hand_it_prints_its_help(lull):
    run = subprocess.run([lull], env={}, capture_output=True, text=True, timeout=30)
    assert run.returncode == 2
    for name in (*WRONG, "AWS_LAMBDA_RUNTIME_API"):
        assert name in run.stdout + run.stderr, name


def listening_ports(pid):
    """The TCP ports on which the process listens."""
    inodes = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except OSError:
            continue
        if match := re.fullmatch(r"socket:\[(\d+)\]", target):
            inodes.add(match[1])
    ports = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as lines:
            for fields in (line.split() for line in list(lines)[1:]):
                if fields[3] == "0A" and fields[9] in inodes:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports
