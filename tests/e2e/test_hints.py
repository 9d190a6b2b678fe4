"""What lull says, once, where something that is to be expected does not come, or comes twice."""

import re

import pytest

import functions
import otlp
from ports import free_port
from runs import said
from spools import invoke

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272792;Parent=53995c3f42cd8ad8;Sampled="
SDK = {"OTEL_PROPAGATORS": "xray"}
NO_OTLP = r"no OTLP came in the first (\d+) invocations"
NOT_SAMPLED = r"no span came in the first (\d+) invocations"


def counts(pattern, env):
    """How many invocations there were when that was said, each time."""
    return [int(count) for count in re.findall(pattern, said(env))]


def test_silence(lambda_env, sink, tmp_path):
    """Environments side by side: when those in which something is missing have said so, the others
    have not."""
    def make(name, send=None, sampled="1", environ=SDK, **options):
        own = {"LULL_SPOOL_FOLDER": str(tmp_path / name), **environ}
        env = lambda_env(lambda event, context: send and otlp.send(env.port, send),
                         endpoint=sink.url, environ=own, **options)
        env.start()
        headers[env] = HEADER + sampled
        return env

    headers = {}
    span, log = otlp.traces("a span"), otlp.logs("a log record")
    silent = make("silent")
    untold = make("untold", telemetry=500)
    managed = make("managed", managed_instances=True)
    dropped = make("dropped", sampled="0")
    logs_only = make("logs", log, sampled="0", environ={})
    explained = {silent: NO_OTLP, untold: NO_OTLP, managed: NO_OTLP, dropped: NOT_SAMPLED,
                 logs_only: NOT_SAMPLED}
    well = [make("well", span), make("sampled", span, sampled="0"),
            make("no-sdk", environ={}), make("no-sdk-dropped", sampled="0", environ={}),
            make("off", environ={**SDK, "OTEL_SDK_DISABLED": "true", "LULL_SIGNALS": "traces"}),
            make("console", environ={**SDK, "OTEL_TRACES_EXPORTER": "none",
                                     "LULL_SIGNALS": "traces"}),
            make("nowhere", environ={**SDK, "LULL_SIGNALS": "logs"})]
    rounds = 0
    while not all(counts(pattern, env) for env, pattern in explained.items()):
        for env, header in headers.items():
            assert env.invoke(trace=header).status == "success"
        rounds += 1
        assert rounds < 3_000
    for env, header in headers.items():
        for _ in range(3):
            env.invoke(trace=header)
        env.finish()
    for env, pattern in explained.items():
        count, = counts(pattern, env)
        assert 3 <= count <= rounds
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{silent.port} " in said(silent)
    assert f"http://localhost:{silent.grpc_port} with grpc" in said(silent)
    assert "AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap" in said(silent)
    assert "OTEL_TRACES_SAMPLER" in said(dropped)
    assert "OTEL_PROPAGATORS" in said(dropped)
    for env in (silent, dropped, logs_only):
        assert len(said(env).splitlines()) == 3
    for env in well:
        assert len(said(env).splitlines()) == 2, said(env)


@pytest.mark.parametrize("environ, printed, exported, twice", [
    ({}, "INFO order {} is paid", 10, 1),
    ({}, "INFO order {} was sent", 10, 0),
    ({"LULL_FUNCTION_LOGS": "false"}, "INFO order {} is paid", 5, 0),
    ({"OTEL_LOGS_EXPORTER": "none", "LULL_SIGNALS": "traces,logs,metrics"}, None, 5, 0),
])
def test_log_lines_that_come_twice(lambda_env, sink, environ, printed, exported, twice):
    """And that what the hint advises leaves one of each: the last one's SDK heeds it."""
    def handler(number, context):
        if printed:
            otlp.send(env.port, otlp.logs(f"order {number} is paid"))
        context.print((printed or "INFO order {} is paid").format(number))

    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "OTEL_TRACES_EXPORTER": "none"}
    env = lambda_env(handler, environ={**endpoint, **environ})
    with env:
        for number in range(5):
            invoke(env, number)
        env.finish(logs={"received": exported, "exported": exported})
    found = [line for line in said(env).splitlines() if "arrive twice" in line]
    assert len(found) == twice
    assert len(said(env).splitlines()) == 2 + twice
    for line in found:
        assert "LULL_FUNCTION_LOGS=false" in line
        assert "OTEL_LOGS_EXPORTER=none" in line


# With OpenTelemetry's SDKs: Python's, whose Lambda instrumentation follows the header, and Node's.
# The first time, that one is built.
PYTHON, NODE = ("python", "function.handler"), ("node", "hints.follow")
TWICE = [("python", "twice.handler"), ("node", "hints.twice")]
built = pytest.mark.timeout(900)


def local(port):
    """For a function that sends to lull at that port."""
    return {"LULL_HTTP_PORT": str(port), "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{port}"}


@pytest.fixture
def options(request, python_function):
    """For lambda_env: the function in that language with that handler."""
    language, handler = request.param
    found = python_function if language == "python" else functions.make(language).options()
    return {**found, "runtime": [*found["runtime"][:-1], handler], "handler": handler,
            "init_timeout": 60, "timeout": 60}


@built
@pytest.mark.parametrize("options, spans", [(PYTHON, 3), (NODE, 1)], indirect=["options"],
                         ids=["python", "node"])
def test_an_sdk_that_follows_a_header_in_which_nobody_sampled(
    lambda_env, sink, options, spans, tmp_path
):
    """Beside two that heed what the hint advises."""
    advised = {"following": {"OTEL_PROPAGATORS": "xray-lambda"},
               "always on": {"OTEL_PROPAGATORS": "xray-lambda", "OTEL_TRACES_SAMPLER": "always_on"},
               "other propagators": {"OTEL_PROPAGATORS": "tracecontext,baggage"}}
    following, *well = [
        lambda_env(endpoint=sink.url, **options, environ={
            **local(free_port()), "LULL_SPOOL_FOLDER": str(tmp_path / name), **environ})
        for name, environ in advised.items()]
    rounds = 0
    while not counts(NOT_SAMPLED, following):
        for env in (following, *well):
            assert env.invoke({"order": "a"}, trace=HEADER + "0").status == "success"
        rounds += 1
        assert rounds < 3_000
    for env in (following, *well):
        for _ in range(3):
            env.invoke({"order": "a"}, trace=HEADER + "0")
    books = [env.finish() for env in (following, *well)]
    count, = counts(NOT_SAMPLED, following)
    assert 3 <= count <= rounds
    hint, = [line for line in said(following).splitlines() if "Sampled=0" in line]
    assert "OTEL_TRACES_SAMPLER=always_on" in hint
    assert "OTEL_PROPAGATORS=tracecontext,baggage" in hint
    assert books[0]["traces"]["received"] == 0
    for env, own in zip(well, books[1:], strict=True):
        assert len(said(env).splitlines()) == 2, said(env)
        assert own["traces"]["exported"] == spans * (rounds + 3)


@built
@pytest.mark.parametrize("options", TWICE, ids=["python", "node"], indirect=True)
@pytest.mark.parametrize("environ, exported, twice", [
    ({}, 10, 1), ({"LULL_FUNCTION_LOGS": "false"}, 5, 0),
])
def test_a_logging_handler_of_the_sdk_beside_the_runtimes(
    lambda_env, sink, options, environ, exported, twice
):
    env = lambda_env(endpoint=sink.url, **options, environ={**local(free_port()), **environ})
    with env:
        for number in range(5):
            assert env.invoke({"order": str(number)}).status == "success"
        env.finish(logs={"received": exported, "exported": exported})
    bodies = sink.names("logs")
    assert sum(f"order {number} is paid" in bodies for number in range(5)) == 5
    assert len([line for line in said(env).splitlines() if "arrive twice" in line]) == twice
    assert len(said(env).splitlines()) == 2 + twice
