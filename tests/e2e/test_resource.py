"""What is added to data on its way, and that nothing else changes."""

import uuid

import pytest

import otlp
from lambda_local import variables
from runs import run


def resources(sink):
    return [item["resource"] for signal in otlp.SIGNALS for item in sink.items(signal)]


def all_signals(resource):
    return (otlp.traces("a", resource=resource), otlp.logs("b", resource=resource),
            otlp.metrics("c", 1.0, resource=resource))


@pytest.mark.parametrize("given", [None, {}, {"other": "x"}], ids=["none", "empty", "other"])
def test_the_resource_is_filled_in(lambda_env, sink, given):
    requests = all_signals(given)
    if given is None:
        for request in requests:
            group = request.ListFields()[0][1][0]
            group.ClearField("resource")
    env = lambda_env(endpoint=sink.url)
    with env:
        call = env.invoke()  # after which the function's ARN is known, too
        env.wait_idle()
        otlp.send(env.port, *requests)
        env.invoke()
        env.finish()
    assert call.status == "success"
    assert len(resources(sink)) == 3
    instance, = {resource.pop("service.instance.id") for resource in resources(sink)}
    assert uuid.UUID(instance).version == 4
    for resource in resources(sink):
        resource.pop("service.instance.id")
        assert resource == {
            **(given or {}),
            "service.name": "orders", "faas.name": "orders", "faas.version": "$LATEST",
            "faas.max_memory": 128 << 20, "faas.instance": env.settings.instance_id,
            "cloud.provider": "aws", "cloud.platform": "aws_lambda",
            "cloud.region": variables.REGION, "cloud.account.id": variables.ACCOUNT,
            "cloud.resource_id": env.settings.arn,
        }


def test_what_the_sender_set_wins(lambda_env, sink):
    given = {"service.name": "mine", "cloud.provider": "other", "faas.max_memory": "many",
             "team": "a", "cloud.region": ""}
    environ = {"OTEL_SERVICE_NAME": "env", "OTEL_RESOURCE_ATTRIBUTES": "team=b,stage=prod"}
    run(lambda_env(endpoint=sink.url, environ=environ), *all_signals(given))
    for resource in resources(sink):
        assert {key: resource[key] for key in given} == given
        assert resource["stage"] == "prod"
        assert resource["faas.name"] == "orders"


@pytest.mark.parametrize("environ, service", [
    ({"OTEL_SERVICE_NAME": "named"}, "named"),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=listed"}, "listed"),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=listed", "OTEL_SERVICE_NAME": "named"}, "named"),
])
def test_service_name(lambda_env, sink, environ, service):
    run(lambda_env(endpoint=sink.url, environ=environ), *all_signals(None))
    assert [resource["service.name"] for resource in resources(sink)] == [service] * 3


def test_resource_attributes_are_decoded(lambda_env, sink):
    environ = {"OTEL_RESOURCE_ATTRIBUTES":
               "deployment.environment.name=prod, team = a%20b%2Cc , umlaut=%C3%BC"}
    run(lambda_env(endpoint=sink.url, environ=environ), *all_signals(None))
    for resource in resources(sink):
        assert resource["deployment.environment.name"] == "prod"
        assert resource["team"] == "a b,c"
        assert resource["umlaut"] == "ü"


def test_logs_of_the_function_have_the_same_resource(lambda_env, sink):
    env = lambda_env(lambda event, context: context.print("line"), endpoint=sink.url,
                     environ={"OTEL_SERVICE_NAME": "named"})
    with env:
        env.invoke()
        env.finish(logs={"exported": 1})
    log, = sink.items("logs")
    assert log["resource"]["service.name"] == "named"
    assert log["resource"]["faas.name"] == "orders"


def test_unknown_fields_survive_on_every_level(lambda_env, sink):
    """Fields of a later OTLP: number 999, of each wire type."""
    unknown = b"\xb8\x3e\x2a" + b"\xba\x3e\x05later" + b"\xb9\x3e12345678" + b"\xbd\x3e1234"
    span_request = otlp.traces("span", resource={"k": "v"}, deep={"a": ["b"]})
    group = span_request.resource_spans[0]
    span = group.scope_spans[0].spans[0]
    for message in (span.attributes[0].value, span.attributes[0], span, group.scope_spans[0].scope,
                    group.scope_spans[0], group.resource, group, span_request):
        message.MergeFromString(unknown)
    run(lambda_env(endpoint=sink.url), span_request, otlp.traces("other"),
        traces={"received": 2, "exported": 2})
    body = b"".join(request.body for request in sink.requests)
    # The scope and all in it come as they were sent; what holds the resource was spliced.
    assert group.scope_spans[0].SerializeToString() in body
    assert body.count(unknown) == 8
    assert sorted(sink.names()) == ["other", "span"]


def test_nothing_of_a_span_changes(lambda_env, sink):
    """What arrives is what was sent, but for the resource."""
    sent = otlp.traces("a", "b", k=1, f=0.1, s="", l=[], b=b"\0\xff", n=-(2**63), d={"x": {}})
    span = sent.resource_spans[0].scope_spans[0].spans[0]
    span.flags = 0x301
    span.dropped_links_count = 7
    span.trace_state = "a=b"
    span.links.add(trace_id=b"\x22" * 16, span_id=b"\x33" * 8, flags=1)
    sent.resource_spans[0].schema_url = "https://opentelemetry.io/schemas/1.26.0"
    sent.resource_spans[0].resource.dropped_attributes_count = 3
    run(lambda_env(endpoint=sink.url), sent)
    got = sink.requests[0].message()
    assert len(got.resource_spans) == 1
    assert got.resource_spans[0].resource.dropped_attributes_count == 3
    assert got.resource_spans[0].schema_url == sent.resource_spans[0].schema_url
    got.resource_spans[0].ClearField("resource")
    sent.resource_spans[0].ClearField("resource")
    assert got == sent
