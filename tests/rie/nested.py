"""The function of tests/functions/python, which asks another service first where its event has
`call`, the URL of that service: its trace goes on there."""

import sys
import urllib.request

from opentelemetry import propagate, trace


def handler(event, context):
    if "call" in event:
        _ask(event["call"], event["order"])
    return function.handler(event, context)


def _ask(url, order):
    span = trace.get_tracer("bank").start_as_current_span(
        "ask bank", kind=trace.SpanKind.CLIENT, attributes={"order.id": order})
    with span:
        headers = {}
        propagate.inject(headers)
        request = urllib.request.Request(url, order.encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200


# Late, because it wraps the handler above.
import function  # noqa: E402

# Neither the emulator nor tests/lambda gives each process of the runtime an output of its own, as
# Lambda does, and print() writes a line and its end apart: others would come in between.
function.print = lambda line: sys.stdout.write(f"{line}\n")
