"""A batch of messages from SQS, three of which fail, in a function as people have it: under AWS's
runtime client, with OpenTelemetry's instrumentation, Powertools' batch processor and logger."""

import json
import secrets
from collections import Counter

import otlp

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders-queue"
REFUSED = (1, 5, 9)


def record(number):
    """A message as SQS hands it over, sent from within a span of a trace of its own."""
    body = {"order": number, **({"refuse": f"no order {number}"} if number in REFUSED else {})}
    sender = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return {
        "messageId": f"message {number}", "receiptHandle": "handle", "md5OfBody": "",
        "body": json.dumps(body), "awsRegion": "eu-central-1", "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE, "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {"traceparent": {"dataType": "String", "stringValue": sender}},
    }


def sender_of(message):
    """The ids of its trace and of the span in it."""
    return tuple(message["messageAttributes"]["traceparent"]["stringValue"].split("-")[1:3])


def ids(item):
    return item["trace_id"], item["span_id"]


def test_a_batch_with_a_partial_failure(lambda_env, sink, python_function):
    """Each message's lines are in its sender's trace, the others in that of the invocation, and the
    links between all of these arrive as they were made."""
    env = lambda_env(endpoint=sink.url, **{**python_function, "handler": "messages.handler"})
    env.settings.runtime[-1] = "messages.handler"
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    records = [record(number) for number in range(10)]
    with env:
        call = env.invoke({"Records": records})
        env.finish(logs={"received": 12, "exported": 12}, traces={"received": 12, "exported": 12})
    assert [failed["itemIdentifier"] for failed in call.json()["batchItemFailures"]] == [
        f"message {number}" for number in REFUSED]
    messages, invocation = check_spans(sink.items("traces"), records, call)
    check_links(sink, records)
    check_lines(sink.items("logs"), messages, invocation)


def check_spans(spans, records, call):
    """Returns the ids of each message's span, in their order, and those of the invocation's."""
    assert Counter(span["name"] for span in spans) == {
        "orders": 1, "process orders-queue": 1, "place order": len(records)}
    messages = {span["attributes"]["messaging.message.id"]: span
                for span in spans if span["name"] == "place order"}
    for each in records:
        span = messages[each["messageId"]]
        assert (span["trace_id"], span["parent_id"]) == sender_of(each)
    invocation, = (span for span in spans if span["name"] == "orders")
    assert invocation["attributes"]["faas.invocation_id"] == call.request_id
    return [ids(messages[each["messageId"]]) for each in records], ids(invocation)


def check_links(sink, records):
    """The instrumentation links the span of the batch to all senders."""
    links = [(link.trace_id.hex(), link.span_id.hex(), otlp.attributes(link.attributes))
             for request in sink.of("traces") for group in request.message().resource_spans
             for scope in group.scope_spans for span in scope.spans for link in span.links]
    assert links == [(*sender_of(each), {"messaging.message.id": each["messageId"]})
                     for each in records]


def check_lines(logs, messages, invocation):
    between = {log["body"]: ids(log) for log in logs if "order" not in log["attributes"]}
    assert between == {"messages came in": invocation, "messages are done": invocation}
    of_messages = sorted((log for log in logs if "order" in log["attributes"]),
                         key=lambda log: log["attributes"]["order"])
    assert [(log["body"], log["attributes"]["order"], ids(log)) for log in of_messages] == [
        ("order refused" if number in REFUSED else "order placed", number, messages[number])
        for number in range(len(messages))]
    assert [log["attributes"].get("exception.message") for log in of_messages] == [
        f"no order {number}" if number in REFUSED else None for number in range(len(messages))]
