"""OTLP for tests: requests to send, and what was received as lists of plain dicts."""

import http.client
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs_pb
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

SIGNALS = ("traces", "logs", "metrics")
REQUESTS = {
    "traces": trace_pb.ExportTraceServiceRequest,
    "logs": logs_pb.ExportLogsServiceRequest,
    "metrics": metrics_pb.ExportMetricsServiceRequest,
}
RESPONSES = {
    "traces": trace_pb.ExportTraceServiceResponse,
    "logs": logs_pb.ExportLogsServiceResponse,
    "metrics": metrics_pb.ExportMetricsServiceResponse,
}
NOW = 1_700_000_000_000_000_000


# making requests


def any_value(value):
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, dict):
        made.kvlist_value.SetInParent()
        _set(made.kvlist_value.values, value)
    elif isinstance(value, list):
        made.array_value.SetInParent()
        made.array_value.values.extend(any_value(v) for v in value)
    return made


def _set(attributes, values):
    for key, value in (values or {}).items():
        attribute = attributes.add(key=key)
        attribute.value.CopyFrom(any_value(value))


def traces(*names, resource=None, **attributes):
    """One span for each name, all of one trace."""
    request = REQUESTS["traces"]()
    group = request.resource_spans.add()
    _set(group.resource.attributes, resource)
    scope = group.scope_spans.add()
    scope.scope.name = "tests"
    for number, name in enumerate(names, 1):
        span = scope.spans.add(
            name=name, trace_id=b"\x11" * 16, span_id=number.to_bytes(8, "big"), kind=1,
            start_time_unix_nano=NOW, end_time_unix_nano=NOW + 1_000_000,
        )
        _set(span.attributes, attributes)
    return request


def logs(*bodies, resource=None, **attributes):
    request = REQUESTS["logs"]()
    group = request.resource_logs.add()
    _set(group.resource.attributes, resource)
    scope = group.scope_logs.add()
    scope.scope.name = "tests"
    for body in bodies:
        record = scope.log_records.add(time_unix_nano=NOW, severity_number=9)
        record.body.CopyFrom(any_value(body))
        _set(record.attributes, attributes)
    return request


def metrics(name, *values, resource=None, **attributes):
    """A gauge with a data point for each value."""
    request = REQUESTS["metrics"]()
    group = request.resource_metrics.add()
    _set(group.resource.attributes, resource)
    scope = group.scope_metrics.add()
    scope.scope.name = "tests"
    metric = scope.metrics.add(name=name, unit="1")
    for value in values:
        point = metric.gauge.data_points.add(time_unix_nano=NOW, as_double=value)
        _set(point.attributes, attributes)
    return request


# reading requests


def value(any_value_):
    """An AnyValue as a Python value; one that is not set is None."""
    kind = any_value_.WhichOneof("value")
    if kind is None:
        return None
    inner = getattr(any_value_, kind)
    if kind == "kvlist_value":
        return attributes(inner.values)
    if kind == "array_value":
        return [value(v) for v in inner.values]
    return inner


def attributes(pairs):
    keys = [pair.key for pair in pairs]
    assert len(keys) == len(set(keys)), f"attribute keys twice: {keys}"
    return {pair.key: value(pair.value) for pair in pairs}


def spans(request):
    return [
        {
            "name": span.name, "trace_id": span.trace_id.hex(), "span_id": span.span_id.hex(),
            "parent_id": span.parent_span_id.hex(), "kind": span.kind,
            "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
            "status": span.status.code, "attributes": attributes(span.attributes),
            "events": [{"name": e.name, "attributes": attributes(e.attributes)}
                       for e in span.events],
            "scope": scope.scope.name, "resource": attributes(group.resource.attributes),
        }
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def log_records(request):
    return [
        {
            "body": value(record.body), "time": record.time_unix_nano,
            "observed": record.observed_time_unix_nano,
            "severity": record.severity_number, "severity_text": record.severity_text,
            "trace_id": record.trace_id.hex(), "span_id": record.span_id.hex(),
            "attributes": attributes(record.attributes),
            "scope": scope.scope.name, "resource": attributes(group.resource.attributes),
        }
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


def data_points(request):
    found = []
    for group in request.resource_metrics:
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points if kind else ():
                    number = (getattr(point, point.WhichOneof("value") or "as_int")
                              if hasattr(point, "as_int") else None)
                    found.append({
                        "name": metric.name, "unit": metric.unit, "kind": kind, "value": number,
                        "sum": getattr(point, "sum", None), "count": getattr(point, "count", None),
                        "attributes": attributes(point.attributes),
                        "scope": scope.scope.name,
                        "resource": attributes(group.resource.attributes),
                    })
    return found


ITEMS = {"traces": spans, "logs": log_records, "metrics": data_points}


# a client


@dataclass(frozen=True)
class Reply:
    status: int
    headers: object
    body: bytes


def post(port, path, body, headers=None, method="POST", timeout=20):
    """One request on a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        client.request(method, path, body,
                       {"Content-Type": "application/x-protobuf", **(headers or {})})
        answer = client.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        client.close()


def signal_of(request):
    return next(s for s, kind in REQUESTS.items() if isinstance(request, kind))


def send(port, *requests):
    """Posts each request where it belongs and asserts that it was taken."""
    for request in requests:
        reply = post(port, f"/v1/{signal_of(request)}", request.SerializeToString())
        assert reply.status == 200, (reply.status, reply.body)
