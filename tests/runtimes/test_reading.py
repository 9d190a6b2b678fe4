"""The comparison itself: whatever is changed, added or left out, two contents are not equal."""

import copy
import json

import pytest

import content


def attribute(key, **value):
    return {"key": key, "value": value}


RESOURCE = {"attributes": [attribute("service.name", stringValue="orders"),
                           attribute("shelves", intValue="7")]}
SCOPE = {"name": "orders", "version": "1.2.3"}
SCHEMA = "https://opentelemetry.io/schemas/1.40.0"
TRACE = "5b8efff798038103d269b633813fc60c"
SPANS = [
    {"traceId": TRACE, "spanId": "eee19b7ec3c1b174", "name": "orders", "kind": 2, "flags": 257,
     "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000009",
     "attributes": [attribute("faas.invocation_id", stringValue="an-id")],
     "events": [{"timeUnixNano": "1700000000000000005", "name": "exception"}],
     "status": {"code": 2, "message": "no money"}},
    {"traceId": TRACE, "spanId": "eee19b7ec3c1b175", "parentSpanId": "eee19b7ec3c1b174",
     "traceState": "a=b", "name": "charge", "kind": 3, "droppedAttributesCount": 1,
     "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": "1700000000000000002",
     "attributes": [attribute("live", boolValue=False), attribute("amount", doubleValue=12.5),
                    attribute("cards", arrayValue={"values": [{"stringValue": "visa"}]})],
     "links": [{"traceId": TRACE, "spanId": "eee19b7ec3c1b174", "flags": 1}]},
]
RECORD = {"timeUnixNano": "1700000000000000001", "observedTimeUnixNano": "1700000000000000001",
          "severityNumber": 13, "severityText": "WARN", "traceId": TRACE,
          "spanId": "eee19b7ec3c1b174",
          "body": {"kvlistValue": {"values": [attribute("left", intValue="3")]}}}
POINT = {"startTimeUnixNano": "1700000000000000000", "timeUnixNano": "1700000000000000001",
         "attributes": [attribute("kind", stringValue="web")]}
METRICS = [
    {"name": "placed", "unit": "{order}", "description": "Orders",
     "sum": {"aggregationTemporality": 2, "isMonotonic": True,
             "dataPoints": [{**POINT, "asInt": "1", "exemplars": [
                 {"timeUnixNano": "1700000000000000001", "asInt": "1", "traceId": TRACE,
                  "spanId": "eee19b7ec3c1b174"}]}]}},
    {"name": "amount", "unit": "EUR",
     "histogram": {"aggregationTemporality": 2, "dataPoints": [
         {**POINT, "count": "1", "sum": 12.5, "min": 12.5, "max": 12.5,
          "explicitBounds": [1, 100.5], "bucketCounts": ["0", "1", "0"]}]}},
]
DOCUMENTS = [
    {"resourceSpans": [{"resource": RESOURCE, "schemaUrl": SCHEMA,
                        "scopeSpans": [{"scope": SCOPE, "spans": SPANS}]}]},
    {"resourceLogs": [{"resource": RESOURCE,
                       "scopeLogs": [{"scope": SCOPE, "logRecords": [RECORD]}]}]},
    {"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [
        {"scope": SCOPE, "schemaUrl": SCHEMA, "metrics": METRICS}]}]},
]
IDS = ("traceId", "spanId", "parentSpanId")


def places(node, at=()):
    """The path of everything in the documents."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        yield (*at, key)
        if isinstance(child, dict | list):
            yield from places(child, (*at, key))


def inside(documents, place):
    for key in place[:-1]:
        documents = documents[key]
    return documents


def changed(place, old):
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return old + 1
    if place[-1] in content.TIMES:
        return "0"
    if place[-1] in IDS:
        return "0" * (len(old) - 1) + "1"
    return str(int(old) + 1) if old.isdigit() else old + "x"


def read(documents, folder, requests=("an-id",)):
    path = folder / "collector.jsonl"
    path.write_text("\n".join(map(json.dumps, documents)))
    return content.read(path, requests)


ALL = list(places(DOCUMENTS))
LEAVES = [p for p in ALL if not isinstance(inside(DOCUMENTS, p)[p[-1]], dict | list)]
# Nothing refers to the second span, so that its id may be anything.
FREE = (0, "resourceSpans", 0, "scopeSpans", 0, "spans", 1, "spanId")


def test_the_same_is_equal_whatever_the_ids_times_and_the_order(tmp_path):
    text = json.dumps(DOCUMENTS)
    for old, new in ((TRACE, "0" * 31 + "7"), ("eee19b7ec3c1b17", "00000000000000a"),
                     ("17000000000000000", "18000000000000000"), ("an-id", "another")):
        text = text.replace(old, new)
    again = json.loads(text)
    for group in (again[0]["resourceSpans"][0]["scopeSpans"][0]["spans"],
                  again[2]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"], again):
        group.reverse()
    assert read(DOCUMENTS, tmp_path) == read(again, tmp_path, ["another"])


def unseen(places_, change, folder):
    """Those of the places where `change(parent, key)` makes no difference."""
    found, before = [], read(DOCUMENTS, folder)
    for place in places_:
        documents = copy.deepcopy(DOCUMENTS)
        change(inside(documents, place), place)
        if read(documents, folder) == before:
            found.append(place)
    return found


def test_a_change_is_seen(tmp_path):
    def change(parent, place):
        parent[place[-1]] = changed(place, parent[place[-1]])

    assert unseen(LEAVES, change, tmp_path) == [FREE]


def test_what_is_missing_is_seen(tmp_path):
    def leave_out(parent, place):
        del parent[place[-1]]

    # OTLP demands these of everything that has them.
    optional = [p for p in ALL if p[-1] not in (*IDS, "key", "value", "name")]
    assert unseen(optional, leave_out, tmp_path) == []


def test_an_item_that_came_twice_is_seen(tmp_path):
    def repeat(parent, place):
        parent[place[-1]].append(parent[place[-1]][-1])

    # Attributes are the next test's. Of exemplars only the kinds are compared.
    lists = [p for p in ALL if isinstance(inside(DOCUMENTS, p)[p[-1]], list)
             and p[-1] not in ("attributes", "exemplars")]
    assert unseen(lists, repeat, tmp_path) == []


def test_a_key_twice_is_an_error(tmp_path):
    documents = copy.deepcopy(DOCUMENTS)
    documents[0]["resourceSpans"][0]["resource"]["attributes"] *= 2
    with pytest.raises(AssertionError, match="twice"):
        read(documents, tmp_path)
