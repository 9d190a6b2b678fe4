"""The records of the platform's events about init, restore and invocations."""

import math
import time

from .telemetry import timestamp

RUNTIME_VERSION = "python:3.11.v1"


def ms(seconds):
    return round(seconds * 1000, 3)


def time_of(moment):
    """A moment of the monotonic clock as the platform writes it."""
    return timestamp(time.time() - (time.monotonic() - moment))


def span(name, start, seconds):
    return {"name": name, "start": time_of(start), "durationMs": ms(seconds)}


def tracing(invocation):
    """Only for a sampled trace, as the platform does."""
    if not invocation.trace or "Sampled=1" not in invocation.trace:
        return {}
    parent = invocation.trace.partition("Parent=")[2].partition(";")[0]
    return {"tracing": {"spanId": parent, "type": "X-Amzn-Trace-Id", "value": invocation.trace}}


def init_start(settings, kind):
    return {**kind, **restore_start(settings)}


def restore_start(settings):
    return {"functionName": settings.function_name, "functionVersion": settings.function_version,
            "runtimeVersion": RUNTIME_VERSION, "instanceId": settings.instance_id,
            "instanceMaxMemory": settings.memory_size}


def outcome(failure):
    """Status and error of init and restore events; None is success."""
    if failure is None:
        return {"status": "success"}
    return {"status": failure.status, "errorType": failure.error_type}


def start(settings, invocation):
    record = {"requestId": invocation.request_id, "version": settings.function_version,
              **tracing(invocation)}
    if settings.managed_instances:
        record["functionArn"] = invocation.arn
    return record


def _of_invocation(invocation, status, error_type):
    record = {"requestId": invocation.request_id, "status": status, **tracing(invocation)}
    if error_type:
        record["errorType"] = error_type
    return record


def _response_spans(invocation, responded):
    """To the first byte, and from there to the last: of a response in one piece they are one."""
    first = invocation.first_byte or responded
    return [span("responseLatency", invocation.started, first - invocation.started),
            span("responseDuration", first, responded - first)]


def runtime_done(invocation, status, error_type):
    took = time.monotonic() - invocation.started
    record = _of_invocation(invocation, status, error_type)
    record["metrics"] = {"durationMs": ms(took)}
    if invocation.response is not None:
        responded = invocation.responded
        record["metrics"]["producedBytes"] = len(invocation.response)
        record["spans"] = [*_response_spans(invocation, responded),
                           span("runtimeOverhead", responded,
                                took - (responded - invocation.started))]
    return record


def report(settings, invocation, memory_mb, extra, runtime_done_at=None):
    """`extra` are metrics of an init or a restore that this invocation was the first after."""
    now = time.monotonic()
    took = now - invocation.started
    record = _of_invocation(invocation, invocation.status, invocation.error_type)
    record["metrics"] = metrics = {"durationMs": ms(took)}
    if settings.managed_instances:
        record["spans"] = _response_spans(invocation, invocation.responded or now)
        return record
    metrics.update({"billedDurationMs": math.ceil(ms(took)), "memorySizeMB": settings.memory_size,
                    "maxMemoryUsedMB": memory_mb, **extra})
    if runtime_done_at is not None:
        record["spans"] = [span("extensionOverhead", runtime_done_at, now - runtime_done_at)]
    return record
