"""What the events of the platform amount to in `faas.*` metrics, by the table of the OpenTelemetry
Lambda collector, as a model to compare with."""

from bisect import bisect_left
from collections import defaultdict

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
MEMORY = tuple(mib << 20 for mib in (16, 32, 64, 128, 256, 512, 768, 1024, 2048, 3072, 4096, 6144,
                                     8192))
COUNTS = {"success": "faas.invocations", "failure": "faas.errors", "error": "faas.errors",
          "timeout": "faas.timeouts"}
UNITS = {"faas.coldstarts": "{coldstart}", "faas.invocations": "{invocation}",
         "faas.errors": "{error}", "faas.timeouts": "{timeout}", "faas.invoke_duration": "s",
         "faas.init_duration": "s", "faas.mem_usage": "By"}


def expected(events):
    """name -> a count, or (count, sum, buckets) of a histogram."""
    counts, values, ended = defaultdict(int), defaultdict(list), set()

    def end(record, numbers):
        counts[COUNTS[record["status"]]] += 1
        values["faas.invoke_duration"].append(numbers["durationMs"] / 1000)
        ended.add(record["requestId"])

    for event in events:
        kind, record = event["type"], event["record"]
        numbers = record.get("metrics", {}) if isinstance(record, dict) else {}
        if kind == "platform.initStart":
            counts["faas.coldstarts"] += 1
        elif kind == "platform.initReport":
            if record["status"] != "success":
                counts[COUNTS[record["status"]]] += 1
            values["faas.init_duration"].append(numbers["durationMs"] / 1000)
        elif kind == "platform.runtimeDone":
            end(record, numbers)
        elif kind == "platform.report":
            # The table knows no Managed Instances, where this is all there is of the end.
            if record["requestId"] not in ended:
                end(record, numbers)
            if "maxMemoryUsedMB" in numbers:
                values["faas.mem_usage"].append(numbers["maxMemoryUsedMB"] * (1 << 20))
    return {**counts, **{name: _histogram(name, found) for name, found in values.items()}}


def _histogram(name, values):
    bounds = MEMORY if UNITS[name] == "By" else SECONDS
    buckets = [0] * (len(bounds) + 1)
    for value in values:
        buckets[bisect_left(bounds, value)] += 1
    return len(values), round(sum(values), 6), buckets


def points(message, name):
    """The data points of a histogram."""
    return [point for metric in _metrics(message) if metric.name == name
            for point in metric.histogram.data_points]


def found(messages):
    """The same of metrics requests; cumulative points of several replace each other."""
    result = {}
    for message in messages:
        for metric in _metrics(message):
            if metric.name.startswith("faas."):
                assert metric.unit == UNITS[metric.name]
                result[metric.name] = _value(metric)
    return result


def _metrics(message):
    return [metric for group in message.resource_metrics for scope in group.scope_metrics
            for metric in scope.metrics]


def _value(metric):
    if metric.WhichOneof("data") == "sum":
        point, = metric.sum.data_points
        assert metric.sum.is_monotonic
        return point.as_int
    point, = metric.histogram.data_points
    assert list(point.explicit_bounds) == list(MEMORY if metric.unit == "By" else SECONDS)
    return point.count, round(point.sum, 6), list(point.bucket_counts)
