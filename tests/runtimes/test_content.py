"""What reaches a Collector through lull is what the same SDK sends to it directly.

One function in four languages, under AWS's runtime clients and with OpenTelemetry's SDKs. Two runs
of the same invocations, each into a Collector of its own, and then item by item: names, kinds,
attributes and their types, status, events, links, scopes, schemas, metrics' kinds, units, bounds
and temporality. See content.py for what cannot be equal and is compared by what it stands for."""

import json
import re
from collections import Counter

import pytest

import content
import functions
from collector import Collector
from lambda_local import History, LambdaEnvironment
from ports import free_port

EVENTS = ({"order": "a"}, {"order": "b", "error": "no money"}, {"order": "ü"})
# Printed by every function for each order, whatever else its runtime client has to say.
SAID = ("order {} came in", "order {} charged")
# What lull adds to a resource where the SDK has not said it.
ADDED = {"cloud.provider", "cloud.platform", "cloud.region", "cloud.account.id",
         "cloud.resource_id", "faas.name", "faas.version", "faas.max_memory", "faas.instance",
         "service.name", "service.instance.id"}

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def collectors(collector_binary, tmp_path):
    """Makes Collectors, each with a folder of its own."""
    made = []

    def make(name):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Collector(collector_binary, folder, free_port()))
        return made[-1]

    yield make
    for collector in made:
        collector.stop()


def invoke_all(env):
    """Returns the request ids."""
    calls = []
    for event in EVENTS:
        calls.append(env.invoke(event))
        env.wait_idle()
    for event, call in zip(EVENTS, calls, strict=True):
        assert call.status == ("error" if "error" in event else "success"), call.response
        if "error" not in event:
            assert call.json() == {"order": event["order"], "request_id": call.request_id}
    return [call.request_id for call in calls]


def exporting_to(port, log_format):
    """The SDK's settings. The two log formats are two runs, so compression is in one of them."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_SERVICE_NAME": "orders",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip" if log_format == "JSON" else "none"}


def run_directly(function, collector, log_format):
    """The function without lull. Returns what the Collector got."""
    # Its history is its own: that of the test has the lines of the run through lull.
    env = LambdaEnvironment([], environ=exporting_to(collector.port, log_format), history=History(),
                            log_format=log_format, **function.options())
    with env:
        requests = invoke_all(env)
        env.shutdown()
    collector.stop()
    return content.read(collector.output, requests)


def run_through_lull(function, collector, lambda_env, log_format):
    """Returns what the Collector got, lull's books and the request ids."""
    env = lambda_env(endpoint=f"http://localhost:{collector.port}", log_format=log_format,
                     freeze=True, **function.options())
    env.settings.environ.update(exporting_to(env.port, log_format))
    with env:
        requests = invoke_all(env)
        books = env.finish()
    collector.stop()
    return content.read(collector.output, requests), books, requests


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("function", functions.LANGUAGES, indirect=True)
def test_through_lull_comes_what_the_sdk_sends(
    function, log_format, collectors, lambda_env, history
):
    direct = run_directly(function, collectors("direct"), log_format)
    through, books, requests = run_through_lull(function, collectors("through"), lambda_env,
                                                log_format)
    check_whole(direct, orders=len(EVENTS), failed=1)
    for signal in direct.signals():
        check_same(signal, direct.signals()[signal], through.signals()[signal])
    check_lines(through.from_lull, printed(history, requests), log_format)
    check_books(books, through)


def check_whole(direct, orders, failed):
    """Two empty runs are equal too: the SDK must have sent all that this test is about."""
    assert direct.from_lull == []
    spans = Counter(rest["item"]["name"] for _, rest in direct.traces)
    assert spans == dict.fromkeys(("orders", "load order", "charge card", "query"), orders)
    assert {rest["item"]["parentSpanId"] for _, rest in direct.traces
            if rest["item"]["name"] == "query"} == {"orders/load order"}
    errors = [rest["item"] for _, rest in direct.traces
              if rest["item"]["name"] == "orders" and rest["item"]["status"].get("code") == 2]
    assert [[e["name"] for e in error["events"]] for error in errors] == [["exception"]] * failed
    assert len(direct.logs) == orders  # what the SDK has logged, once for each
    kinds = {rest["item"]["name"]: set(rest["item"]) & {"sum", "histogram"}
             for _, rest in direct.metrics}
    assert kinds.items() >= {"orders.placed": {"sum"}, "orders.amount": {"histogram"}}.items()


def check_same(signal, direct, through):
    assert len(direct) == len(through), signal
    for (resource, rest), (resource_through, rest_through) in zip(direct, through, strict=True):
        assert rest_through == rest, signal
        check_resource(resource, resource_through)


def check_resource(direct, through):
    """All the SDK says, as it says it, and beside it what lull adds; nothing else."""
    said, have = direct.pop("attributes"), through.pop("attributes")
    try:
        assert through == direct  # the counts of what was dropped, and whatever comes to be there
        assert {key: have.get(key) for key in said} == said
        assert set(have) - set(said) == ADDED - set(said)
    finally:
        direct["attributes"], through["attributes"] = said, have


def printed(history, requests):
    """(line, request) of everything the function wrote, requests by their number."""
    found, request = [], None
    for event in history.all():
        if event.kind == "platform.start":
            request = request_of(requests.index(event["record"]["requestId"]))
        elif event.kind == "function.line":
            found.append((content.without_ids(event["line"], requests), request))
    return found


def request_of(number):
    return f"request {number}"


def check_lines(records, lines, log_format):
    """Every printed line comes once, with its request, and in the trace of the function's span."""
    assert {record["span"] for record in records} == {"orders"}
    have = [(content.value(record["body"]), attribute(record, "faas.invocation_id"), record)
            for record in records]
    assert Counter(request for _, request, _ in have) == Counter(request for _, request in lines)
    for number, event in enumerate(EVENTS):
        bodies = [str(body) for body, request, _ in have if request == request_of(number)]
        for text in (*SAID, "order {} failed") if "error" in event else SAID:
            said = text.format(event["order"])
            assert sum(said in body for body in bodies) == 1, (said, bodies)
    # A line that neither its runtime client nor a logger dressed is the body as it was printed.
    plain = Counter(line for line in lines if not re.search(r"^[\[{]|\t|^timestamp=", line[0]))
    whole = Counter((body, request) for body, request, _ in have if isinstance(body, str))
    assert plain <= whole
    if log_format == "JSON":
        structured = [(json.loads(line), request) for line, request in lines if line[:1] == "{"]
        assert structured, "the runtime client printed no JSON"
        for said, request in structured:
            check_structured(said, request, have)


def check_structured(said, request, have):
    """Level and message of a line in JSON are the record's severity and body."""
    if "message" in said:
        assert [1 for body, of, record in have if of == request and body == said["message"]
                and record.get("severityText") == said["level"]], said


def attribute(record, key):
    found = [a["value"] for a in record.get("attributes", ()) if a["key"] == key]
    return found[0]["stringValue"] if found else None


def check_books(books, through):
    """Everything that lull was given left it, and the Collector has it."""
    counts = {"traces": len(through.traces),
              "logs": len(through.logs) + len(through.from_lull),
              "metrics": sum(map(points, through.metrics))}
    for signal, count in counts.items():
        assert books[signal]["received"] == books[signal]["exported"] == count, (signal, books)


def points(entry):
    metric = entry[1]["item"]
    return sum(len(metric[kind]["dataPoints"])
               for kind in ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
               if kind in metric)
