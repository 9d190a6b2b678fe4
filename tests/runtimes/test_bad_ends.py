"""The same bad ends in four languages, under AWS's runtime clients and with OpenTelemetry's SDKs: a
cold start, a time-out in a connection that nobody answers, a crash, and memory that runs out. Each
request has a span, the function's or else lull's, and its log lines lead to it."""

import pytest

import functions
import otlp
from backend import Sink
from lambda_local.network import NOBODY
from spools import close_lives

ERROR = 2
ENVIRON = {"LULL_INVOCATION_SPANS": "auto", "LULL_PLATFORM_METRICS": "true",
           "LULL_FLUSH_BEFORE_DEADLINE": "1s"}
# What has run out of memory is over at once, or its runtime client tells of it and goes on; then
# the function's own span is there.
OUT_OF_MEMORY = {"python": "error", "java": "error", "node": "failure", "go": "failure"}
LIVES = 3
SAID = ("order {} came in", "order {} charged")

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def backend(network, history):
    made = Sink(history, network=network)
    yield made
    made.close()


class Ordering:
    """Orders, each named by a letter, and what became of them."""

    def __init__(self, env):
        self.env = env
        self.requests = {}

    def order(self, name, status, timeout=60, **event):
        self.env.settings.timeout = timeout
        call = self.env.invoke({"order": name, **event})
        self.env.wait_idle()
        assert call.status == status, (call.status, call.response)
        self.requests[name] = call.request_id


# In JSON, too, what only Go's runtime says, and at more length than lull keeps lines.
@pytest.mark.parametrize("function, log_format", [
    *[(language, "Text") for language in functions.LANGUAGES], ("go", "JSON"),
], indirect=["function"])
def test_however_it_ends_its_span_and_lines_are_there(function, log_format, lambda_env, network,
                                                      backend):
    env = lambda_env(endpoint=backend.url, network=network, environ=ENVIRON,
                     log_format=log_format, **function.options())
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    hungry = OUT_OF_MEMORY[function.language]
    with env:
        orders = Ordering(env)
        orders.order("a", "success")
        orders.order("b", "timeout", timeout=4, connect=f"{network.silent_address}:5432")
        orders.order("c", "failure", exit="3")
        orders.order("d", hungry, eat="256")
        env.shutdown()
    books = close_lives(env, LIVES)
    for signal in otlp.SIGNALS:
        assert books[signal]["received"] == books[signal]["exported"], books
    spans = spans_of_requests(backend, orders.requests)
    check_cold_starts(backend, [spans[name] for name in "acd"])
    check_ends(spans, own="ad" if hungry == "error" else "a")
    check_lines(backend, spans, orders.requests)
    assert of_instances(backend, "lull.faas.out_of_memory") == [1]
    assert of_instances(backend, "faas.timeouts") == [1]


def spans_of_requests(backend, requests):
    """Each has one."""
    found = {}
    for span in backend.items("traces"):
        if request := span["attributes"].get("faas.invocation_id"):
            assert request not in found, span
            found[request] = span
    assert set(found) == set(requests.values())
    return {name: found[request] for name, request in requests.items()}


def check_cold_starts(backend, firsts):
    """The init of each life stands beside the span of the first request in it."""
    inits = [span for span in backend.items("traces") if span["name"] == "init orders"]
    assert {span["scope"] for span in inits} == {"lull"}
    assert sorted((span["trace_id"], span["parent_id"]) for span in inits) == sorted(
        (span["trace_id"], span["parent_id"]) for span in firsts)


def check_ends(spans, own):
    """Those that the function has not sent itself are lull's, and say why."""
    assert {name for name, span in spans.items() if span["scope"] != "lull"} == set(own)
    said = {name: span["attributes"] for name, span in spans.items() if name not in own}
    assert {spans[name]["status"] for name in said} == {ERROR}
    assert {name: attributes["error.type"] for name, attributes in said.items()} == {
        name: "Sandbox.Timedout" if name == "b" else "Runtime.ExitError" for name in said}
    assert said["b"]["lull.connections"] == [f"{NOBODY}:5432 SYN_SENT"]
    for name in "bc":
        assert f"order {name} charged" in said[name]["lull.last_log"]
    if "d" in said:
        assert said["d"]["lull.out_of_memory"] is True


def check_lines(backend, spans, requests):
    """Those of a request that times out go before its end is known: they have its id alone."""
    for name, request in requests.items():
        lines = [log for log in backend.items("logs")
                 if log["attributes"].get("faas.invocation_id") == request]
        for text in SAID:
            assert [log["body"] for log in lines].count(text.format(name)) == 1, lines
        ids = {(log["trace_id"], log["span_id"]) for log in lines}
        assert name == "b" or ids == {(spans[name]["trace_id"], spans[name]["span_id"])}


def of_instances(backend, name):
    """The last value of each instance that has that metric."""
    last = {point["resource"]["service.instance.id"]: point["value"]
            for point in backend.items("metrics") if point["name"] == name}
    return list(last.values())
