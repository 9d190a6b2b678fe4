"""One scenario for every environment that claims to be Lambda, with the same assertions in each.

An environment has:
  telemetry     does it have the Telemetry API, so that printed lines arrive?
  concurrency   invocations that it takes at once
  identified    does it say in platform.initStart which instance it is?
  invoke(*events)    their answers; at once as far as `concurrency` goes
  await_line(line)   until the function has written that line
  end()              SHUTDOWN, after which lull exits by itself; returns lull's output
"""

import json
import threading

from lambda_local import Answer, Server, variables
from ledger import close_books, ledger

LIMIT = 60  # seconds, for whatever must come: a busy machine takes its time
CALLS = 3  # nested ones; a multiple of every environment's concurrency
SERVER, CLIENT = 2, 3  # kinds of spans
ERROR = 2  # the status of a span
CARD = {"amount": 12.5, "retries": 0, "live": False, "cards": ["visa", "amex"]}


class Bank:
    """The service that is called within an invocation. It answers only when `together` calls are
    there: that many invocations must run at once."""

    def __init__(self, together):
        self.parents = {}  # traceparent headers by order
        self._barrier = threading.Barrier(together)
        self._server = Server(self._handle)
        self.url = f"http://localhost:{self._server.port}/charge"

    def _handle(self, request):
        self.parents[request.body.decode()] = request.headers["traceparent"]
        self._barrier.wait(LIMIT)
        return Answer()

    def close(self):
        self._barrier.abort()
        self._server.close()


def play(env, backend, collector, gate):
    """`backend` is a Sink in front of `collector`, `gate` a path that Lambda's user can see."""
    bank = Bank(env.concurrency)
    first = [
        {"order": "a"},
        {"order": "b", "spans": 3, "lines": 2},
        {"order": "c", "error": "no money", "late": str(gate)},
    ]
    calling = [{"order": f"n{number}", "call": bank.url} for number in range(CALLS)]
    try:
        with env:
            answers = [env.invoke(event)[0] for event in first] + env.invoke(*calling)
            ids = {event["order"]: check_answer(event, answer)
                   for event, answer in zip(first + calling, answers, strict=True)}
            await_roots(backend, ids.values())  # not only at SHUTDOWN
            gate.touch()
            env.await_line("order c late line")
            output = env.end()
    finally:
        bank.close()

    items = {signal: collector.items(signal) for signal in ("traces", "logs", "metrics")}
    for event in first + calling:
        check_spans(items["traces"], event, ids[event["order"]], bank)
    late = [span for span in items["traces"] if span["name"] == "late"]
    assert [span["attributes"]["order.id"] for span in late] == ["c"]
    if env.telemetry:
        check_logs(items["logs"], first + calling, ids, env)
    else:
        assert items["logs"] == []
    check_points(items["metrics"], len(ids), env.concurrency)
    for item in sum(items.values(), []):
        check_resource(item["resource"], env)
    for signal in ("traces", "metrics"):
        keys = [json.dumps(item, sort_keys=True) for item in items[signal]]
        assert len(set(keys)) == len(keys), f"{signal}: an item came twice"
    close_books(ledger(output), **{
        signal: {"received": len(found), "exported": len(found), "held": 0, "dropped": 0}
        for signal, found in items.items()})


def check_answer(event, answer):
    """What the caller got. Returns the request id, which is part of it in either case."""
    if "error" in event:
        assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", event["error"])
        return answer["requestId"]
    assert answer["order"] == event["order"]
    return answer["request_id"]


def await_roots(backend, request_ids):
    """The backend has a span of each invocation while the environment still lives."""
    def missing():
        have = {s["attributes"].get("faas.invocation_id") for s in backend.items("traces")}
        return set(request_ids) - have

    with backend.history.changed:
        assert backend.history.changed.wait_for(lambda: not missing(), LIMIT), \
            f"not exported before SHUTDOWN: {missing()}\n{backend.history.dump()}"


def check_spans(spans, event, request_id, bank):
    """The span of the handler and its children, with everything that the SDK gave them."""
    root, = [s for s in spans if s["attributes"].get("faas.invocation_id") == request_id]
    assert (root["name"], root["kind"]) == ("orders", SERVER)
    assert (root["status"] == ERROR) == ("error" in event)
    children = sorted((s for s in spans if s["parent_id"] == root["span_id"]),
                      key=lambda span: span["start"])
    steps = event.get("spans", 0)
    assert [child["name"] for child in children] == [
        *(["ask bank"] if "call" in event else []), "load order", "charge card", *["step"] * steps]
    for child in children:
        assert child["trace_id"] == root["trace_id"]
        assert child["attributes"]["order.id"] == event["order"]
        assert root["start"] <= child["start"] <= child["end"] <= root["end"]
    assert [c["attributes"]["step"] for c in children if c["name"] == "step"] == list(range(steps))
    card = next(c for c in children if c["name"] == "charge card")
    assert (card["kind"], card["scope"]) == (CLIENT, "orders")
    assert card["attributes"] == {"order.id": event["order"], **CARD}
    assert card["events"] == [{"name": "charged", "attributes": {"order.id": event["order"]}}]
    if "call" in event:
        asked = children[0]
        _, trace_id, span_id, _ = bank.parents[event["order"]].split("-")
        assert (trace_id, span_id) == (asked["trace_id"], asked["span_id"])


def lines(event):
    """(line, does it carry its request id itself?) of all that the function writes for it."""
    order = f"order {event['order']}"
    found = [(f"{order} came in", False), (f"{order} charged", True)]
    found += [(f"{order} line {number}", False) for number in range(event.get("lines", 0))]
    if "error" in event:
        found += [(f"{order} failed", True)]
    if "late" in event:
        found += [(f"{order} late line", False)]
    return found


def check_logs(logs, events, ids, env):
    """Every line once, with its request. With concurrent invocations only a line that names its
    request has one; what comes between invocations has that of whichever was the last."""
    traced = [log for log in logs if log["body"].startswith("ValueError: no money")]
    assert [log["attributes"]["exception.type"] for log in traced] == ["ValueError"]
    have = [log["body"] for log in logs if log not in traced]
    wanted = {line: (ids[event["order"]], carries) for event in events
              for line, carries in lines(event)}
    assert sorted(have) == sorted(wanted)
    for log in logs:
        request_id, carries = wanted.get(log["body"], (ids["c"], False))
        said = log["attributes"].get("faas.invocation_id")
        assert log["time"] > 0
        if carries or (env.concurrency == 1 and "late" not in log["body"]):
            assert said == request_id, log
        elif env.concurrency > 1:
            assert said is None, log
    failed = logs[[log["body"] for log in logs].index("order c failed")]
    assert (failed["severity"], failed["severity_text"]) == (17, "ERROR")


def check_points(points, invocations, processes):
    """A point of each instrument for each invocation: sums, which grow in each process apart."""
    placed = sorted(p["value"] for p in points if p["name"] == "orders.placed")
    assert len(placed) == invocations
    assert 1 <= placed.count(1) <= processes
    counts = [placed.count(number) for number in range(1, max(placed) + 1)]
    assert counts == sorted(counts, reverse=True), placed
    amounts = sorted(p["sum"] for p in points if p["name"] == "orders.amount")
    assert amounts == [12.5 * number for number in placed]


def check_resource(resource, env):
    """What lull adds, whatever the SDK or, for log lines, nobody said before."""
    expected = {
        "service.name": "orders",
        "faas.name": "orders",
        "faas.version": "$LATEST",
        "faas.max_memory": 128 << 20,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": variables.REGION,
    }
    assert {key: resource.get(key) for key in expected} == expected
    assert bool(resource.get("faas.instance")) == env.identified
