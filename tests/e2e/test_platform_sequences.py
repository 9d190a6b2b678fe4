"""Differential: what the platform tells of a cold start, a time-out, a crash and so on, and what
the table of the OpenTelemetry Lambda collector (faas.py) makes of the same events."""

import pytest

import faas

TIME = "2026-01-02T03:04:05.678Z"
A, B = "<request a>", "<request b>"  # in their places stand those that lull was invoked with


def event(kind, **record):
    return {"time": TIME, "type": f"platform.{kind}", "record": record}


def init(took, kind="on-demand", phase="init", **outcome):
    about = {"initializationType": kind, "phase": phase, **(outcome or {"status": "success"})}
    return [event("initStart", initializationType=kind, phase=phase, functionName="orders"),
            event("initRuntimeDone", **about),
            event("initReport", **about, metrics={"durationMs": took})]


def restore(took):
    return [event("restoreStart", functionName="orders", functionVersion="1"),
            event("restoreRuntimeDone", status="success"),
            event("restoreReport", status="success", metrics={"durationMs": took})]


def begun_and_done(request, took, **outcome):
    return [event("start", requestId=request, version="$LATEST"),
            event("runtimeDone", requestId=request, **(outcome or {"status": "success"}),
                  metrics={"durationMs": took, "producedBytes": 17})]


def report(request, took, memory, **outcome):
    return event("report", requestId=request, **(outcome or {"status": "success"}),
                 metrics={"durationMs": took, "billedDurationMs": int(took) + 1,
                          "memorySizeMB": 128, "maxMemoryUsedMB": memory})


def call(request, took, memory=64, **outcome):
    return [*begun_and_done(request, took, **outcome),
            report(request, took, memory, **outcome)]


def managed_call(request, took, **outcome):
    """Managed Instances tell of the end only in a report, and little there."""
    return [event("start", requestId=request, functionArn="arn"),
            event("report", requestId=request, **(outcome or {"status": "success"}),
                  metrics={"durationMs": took})]


def failure(status, error):
    return {"status": status, "errorType": error}


TIMEOUT = failure("timeout", "Sandbox.Timedout")
EXIT = failure("failure", "Runtime.ExitError")
ERROR = failure("error", "Function.ValueError")
MEMORY = failure("failure", "Runtime.OutOfMemory")

# name -> (initialization type, what is told, the counts in it by hand)
SEQUENCES = {
    "cold start": (
        "on-demand", [*init(250.5), *call(A, 100), *call(B, 3.25)],
        {"coldstarts": 1, "invocations": 2}),
    "an error of the function": (
        "on-demand", [*init(250.5), *call(A, 5, **ERROR), *call(B, 5.001)],
        {"coldstarts": 1, "invocations": 1, "errors": 1}),
    "time-out": (
        "on-demand", [*init(75), *call(A, 10), *call(B, 3000, 128, **TIMEOUT)],
        {"coldstarts": 1, "invocations": 1, "timeouts": 1}),
    "time-out without a report": (
        "on-demand", [*init(75), *call(A, 10), *begun_and_done(B, 3000, **TIMEOUT)],
        {"coldstarts": 1, "invocations": 1, "timeouts": 1}),
    "crash, and the init after it": (
        "on-demand", [*init(1000), *call(A, 7.5, **EXIT), *init(1000.1, phase="invoke"),
                      *call(B, 7500)],
        {"coldstarts": 2, "invocations": 1, "errors": 1}),
    "out of memory": (
        "on-demand", [*init(90), *call(A, 10000, 128, **MEMORY), *init(90, phase="invoke"),
                      *call(B, 10001, 1024)],
        {"coldstarts": 2, "invocations": 1, "errors": 1}),
    "init that fails": (
        "on-demand", [*init(20, **EXIT), *init(30, phase="invoke", **ERROR),
                      *call(A, 35, **ERROR)],
        {"coldstarts": 2, "errors": 3}),
    "init that takes too long": (
        "on-demand", [*init(9999.9, **TIMEOUT), *init(2000, phase="invoke"), *call(A, 2500)],
        {"coldstarts": 2, "invocations": 1, "timeouts": 1}),
    "restore": (
        "snap-start", [*init(4000, "snap-start", "snap-start"), *restore(351.64),
                       *call(A, 50, 200), *call(B, 0)],
        {"coldstarts": 1, "invocations": 2}),
    "provisioned concurrency": (
        "provisioned-concurrency", [*init(60000, "provisioned-concurrency"), *call(A, 500, 3008)],
        {"coldstarts": 1, "invocations": 1}),
    "runtimeDone that never came": (
        "on-demand", [*init(250.5), *call(A, 25), report(B, 30, 33)],
        {"coldstarts": 1, "invocations": 2}),
    "Managed Instances": (
        "lambda-managed-instances", [
            *init(800, "lambda-managed-instances"), *managed_call(A, 40),
            *managed_call(B, 900000, **TIMEOUT)],
        {"coldstarts": 1, "invocations": 1, "timeouts": 1}),
    "Managed Instances, a start that was dropped": (
        "lambda-managed-instances", [
            *init(800, "lambda-managed-instances"), *managed_call(A, 40)[1:],
            *managed_call(B, 60, **ERROR)],
        {"coldstarts": 1, "invocations": 1, "errors": 1}),
}


def of_the_requests(events, requests):
    def put(value):
        return requests.get(value, value) if isinstance(value, str) else value

    return [{**e, "record": {key: put(value) for key, value in e["record"].items()}}
            for e in events]


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_same_events_amount_to_the_same_metrics(lambda_env, sink, name):
    kind, events, counts = SEQUENCES[name]
    told = []
    env = lambda_env(
        endpoint=sink.url, environ={"LULL_PLATFORM_METRICS": "true"},
        initialization_type=kind, managed_instances=kind == "lambda-managed-instances",
        # What this environment itself would tell is not of the sequence.
        telemetry_options={"lost": lambda event: event not in told})
    with env:
        requests = {request: env.invoke().request_id for request in (A, B)}
        env.wait_idle()
        told += of_the_requests(events, requests)
        env.push_telemetry(*told)
        assert env.life.telemetry.flushed(30)
        books = env.finish(metrics={"dropped": 0})
    expected = faas.expected(told)
    assert {key: value for key, value in expected.items() if isinstance(value, int)} == {
        f"faas.{key}": value for key, value in counts.items()}
    last = sink.of("metrics")[-1].message()
    assert faas.found([last]) == expected
    assert books["metrics"]["exported"] == len(sink.items("metrics"))
