"""What AWS's Telemetry API schema reference has in each type of event: fields that are always there
and fields that may be absent, each with an example. `metrics.x` is the field x of metrics."""

REQUEST = "11111111-2222-3333-4444-555555555555"
TRACING = {"spanId": "54565fb41ac79632", "type": "X-Amzn-Trace-Id",
           "value": "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"}


def _spans(*names):
    return [{"name": name, "start": "2026-01-02T03:04:05.678Z", "durationMs": 70.87}
            for name in names]


_FUNCTION = {"functionName": "orders", "functionVersion": "$LATEST"}
_INSTANCE = {"runtimeVersion": "nodejs-14.v3",
             "runtimeVersionArn": "arn:aws:lambda:us-east-1::runtime:abc",
             "instanceId": "2026/01/02/[$LATEST]82561ce0e53df1e2", "instanceMaxMemory": 256}
_INIT = {"initializationType": "on-demand", "phase": "init"}
_INVOCATION = {"errorType": "Runtime.ExitError", "tenantId": "tenant-1", "tracing": TRACING}
_SPANS = _spans("someTimeSpan")

# type -> (always, maybe)
EVENTS = {
    "platform.initStart": ({**_INIT, **_FUNCTION}, {**_INSTANCE, "tracing": TRACING}),
    "platform.initRuntimeDone": (
        {"initializationType": "on-demand", "status": "success"},
        {"phase": "init", "errorType": "Runtime.ExitError", "spans": _SPANS, "tracing": TRACING}),
    "platform.initReport": (
        {**_INIT, "status": "success", "metrics.durationMs": 125.33},
        {"errorType": "Runtime.ExitError", "spans": _SPANS, "tracing": TRACING}),
    "platform.start": (
        {"requestId": REQUEST},
        {"version": "$LATEST", "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
         "tenantId": "tenant-1", "tracing": TRACING}),
    "platform.runtimeDone": (
        {"requestId": REQUEST, "status": "success"},
        {**_INVOCATION, "metrics.durationMs": 140, "metrics.producedBytes": 16,
         "spans": _spans("responseLatency", "responseDuration", "runtimeOverhead")}),
    "platform.report": (
        {"requestId": REQUEST, "status": "success", "metrics.durationMs": 220.08},
        # All but durationMs are absent in Managed Instances.
        {**_INVOCATION, "metrics.billedDurationMs": 221, "metrics.memorySizeMB": 128,
         "metrics.maxMemoryUsedMB": 90, "metrics.initDurationMs": 450.5,
         "metrics.restoreDurationMs": 351.64, "metrics.billedRestoreDurationMs": 352,
         "spans": _spans("extensionOverhead")}),
    "platform.restoreStart": (_FUNCTION, _INSTANCE),
    "platform.restoreRuntimeDone": (
        {"status": "success"}, {"errorType": "Runtime.ExitError", "spans": _SPANS}),
    "platform.restoreReport": (
        {"status": "success"},
        {"errorType": "Runtime.ExitError", "metrics.durationMs": 15.19, "spans": _SPANS}),
    "platform.extension": (
        {"name": "my-extension", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]},
        {"errorType": "Extension.Crash"}),
    "platform.telemetrySubscription": (
        {"name": "my-extension", "state": "Subscribed", "types": ["platform", "function"]}, {}),
    "platform.logsDropped": (
        {"droppedBytes": 12345, "droppedRecords": 123, "reason": "Some logs were dropped"}, {}),
}


def _record(fields):
    record = {}
    for name, value in fields.items():
        outer, _, inner = name.partition(".")
        if inner:
            record.setdefault(outer, {})[inner] = value
        else:
            record[name] = value
    return record


def examples(kind):
    """Records of that type: complete, without each field that may be absent, without all these."""
    always, maybe = EVENTS[kind]
    yield _record({**always, **maybe})
    for absent in maybe:
        yield _record({**always, **{n: v for n, v in maybe.items() if n != absent}})
    yield _record(always)


def _fields(record):
    fields = {}
    for name, value in record.items():
        if name == "metrics" and isinstance(value, dict):
            fields.update({f"metrics.{inner}": v for inner, v in value.items()})
        else:
            fields[name] = value
    return fields


def bare(kind, record):
    """The record without all that may be absent."""
    return _record({name: value for name, value in _fields(record).items()
                    if name in EVENTS[kind][0]})


def problems(kind, record):
    """How a record is not as the schema has it; an empty list if it is."""
    always, maybe = EVENTS[kind]
    have = _fields(record)
    found = [f"{name} is missing" for name in always if name not in have]
    for name, value in have.items():
        example = always.get(name, maybe.get(name))
        if example is None:
            found.append(f"{name} is not in the schema")
        elif _kind(value) is not _kind(example):
            found.append(f"{name} is {value!r}")
    return found


def _kind(value):
    return float if type(value) is int else type(value)
