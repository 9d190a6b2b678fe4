"""What a Collector wrote, as plain values in which two runs of one function are equal: ids, times
and what belongs to a process are put as what they stand for, everything else is kept."""

import json
from dataclasses import dataclass, field

# Of each item, by its name in OTLP's JSON. A time is kept as "a time", or as the 0 that it is.
TIMES = {"timeUnixNano", "startTimeUnixNano", "endTimeUnixNano", "observedTimeUnixNano"}
GROUPS = {"resourceSpans": ("scopeSpans", "spans"), "resourceLogs": ("scopeLogs", "logRecords"),
          "resourceMetrics": ("scopeMetrics", "metrics")}
SIGNALS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
# Attributes whose values are of one process. Their type is compared all the same.
OF_THIS_RUN = {"process.pid", "process.parent_pid", "service.instance.id"}


@dataclass
class Content:
    """What one run sent. Every entry is (resource, rest): the item with its scope and schema."""

    traces: list = field(default_factory=list)
    logs: list = field(default_factory=list)
    metrics: list = field(default_factory=list)
    from_lull: list = field(default_factory=list)  # log records of the lines it was told of

    def signals(self):
        return {"traces": self.traces, "logs": self.logs, "metrics": self.metrics}


def read(path, requests=()):
    """The content of the Collector's file; `requests` are the request ids, in their order."""
    found = Content()
    entries = []
    for line in without_ids(path.read_text(encoding="utf-8"), requests).splitlines():
        for key, groups in json.loads(line).items():
            entries += [(key, *entry) for group in groups for entry in _items(key, group)]
    spans = {(item["traceId"], item["spanId"]): item
             for key, _, _, item in entries if key == "resourceSpans"}
    for key, resource, around, item in entries:
        scope = around["scope"].get("scope", {}).get("name")
        if key == "resourceLogs" and scope == "lull":
            span = _path(item.get("traceId", ""), item.get("spanId", ""), spans)
            found.from_lull.append({**item, "span": span})
        else:
            rest = {**_normal(around, spans), "item": _normal(item, spans)}
            getattr(found, SIGNALS[key]).append((_normal(resource, spans), rest))
    for entries in found.signals().values():
        entries.sort(key=lambda entry: canonical(entry[1]))
    return found


def by_cell(whole):
    """{cell: Content} of what has that attribute in its resource, in the order of the cells' first
    items of all signals."""
    found = {}
    for signal, entries in whole.signals().items():
        for resource, rest in entries:
            if "cell" in resource["attributes"]:
                cell = resource["attributes"]["cell"]["stringValue"]
                getattr(found.setdefault(cell, Content()), signal).append((resource, rest))
    return found


def without_ids(text, requests):
    """The first request's id is `request 0` wherever it stands, in messages too, and so on."""
    for number, request_id in enumerate(requests):
        text = text.replace(request_id, f"request {number}")
    return text


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def value(any_value):
    """An AnyValue of OTLP's JSON as a Python value."""
    for kind, inner in any_value.items():
        if kind == "arrayValue":
            return [value(child) for child in inner.get("values", ())]
        if kind == "kvlistValue":
            return {pair["key"]: value(pair["value"]) for pair in inner.get("values", ())}
        return int(inner) if kind == "intValue" else inner
    return None


def _items(key, group):
    """(resource, what is around it, item) of each item in a Resource* message."""
    scopes, items = GROUPS[key]
    outer = {name: value for name, value in group.items() if name not in (scopes, "resource")}
    for scope in group.get(scopes, ()):
        inner = {name: value for name, value in scope.items() if name != items}
        for item in scope.get(items, ()):
            yield group.get("resource", {}), {"resource": outer, "scope": inner}, item


def _normal(node, spans):
    if isinstance(node, list):
        return [_normal(child, spans) for child in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, child in node.items():
        if key in TIMES:
            child = "a time" if int(child) else "no time"
        elif key in ("spanId", "parentSpanId"):
            child = _path(node["traceId"], child, spans)
        elif key == "traceId":
            child = "a trace" if int(child or "0", 16) else "no trace"
        elif key == "attributes" or key == "filteredAttributes":
            child = _attributes(child)
        elif key == "exemplars":
            # Reservoirs choose by chance which they keep, so this says of what kind they are.
            child = [json.loads(e) for e in sorted({canonical(_normal(e, spans)) for e in child})]
        else:
            child = _normal(child, spans)
        found[key] = child
    return _without_durations(found) if "histogram" in found else found


def _without_durations(metric):
    """What an SDK has measured of itself, in seconds. How often it did is the same in each run."""
    if metric.get("unit") == "s":
        for point in metric["histogram"]["dataPoints"]:
            for key in {"sum", "min", "max", "bucketCounts"} & set(point):
                point[key] = "as long as it took"
    return metric


def _path(trace_id, span_id, spans):
    """A span by its name and those of its ancestors, which is the same in every run."""
    if not span_id:
        return "no span"
    span = spans.get((trace_id, span_id))
    if span is None:
        return "a span from outside"
    above = span.get("parentSpanId")
    return (_path(trace_id, above, spans) + "/" if above else "") + span["name"]


def _attributes(pairs):
    """{key: {type: value}}; twice the same key is an error of its own."""
    keys = [pair["key"] for pair in pairs]
    assert len(keys) == len(set(keys)), f"attribute keys twice: {keys}"
    return {
        pair["key"]: dict.fromkeys(pair["value"], "of this run")
        if pair["key"] in OF_THIS_RUN else pair["value"]
        for pair in pairs
    }
