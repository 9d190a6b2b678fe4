"""Export to the backend: where to, how, what happens when it fails, what is added on the way."""

import datetime
import ipaddress
import socket

import conftest
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import otlp
from backend import Sink
from lambda_local import HANG, RESET, Answer, variables

PROTOBUF = "application/x-protobuf"


def run(env, *requests, invocations=1, **expected):
    """One life: the requests are sent, and exported after an invocation. Returns the books."""
    with env:
        otlp.send(env.port, *requests)
        for _ in range(invocations):
            assert env.invoke().status == "success"
            env.wait_idle()
        return env.finish(**expected)


def said(env):
    return env.output("lull") + env.output("lull", "stderr")


# how


@pytest.mark.parametrize("environ, coding", [
    ({}, "gzip"), ({"LULL_COMPRESSION": "gzip"}, "gzip"), ({"LULL_COMPRESSION": "none"}, None),
    ({"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}, None),
    ({"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "LULL_COMPRESSION": "gzip"}, "gzip"),
])
def test_compression(lambda_env, sink, environ, coding):
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"received": 1, "exported": 1})
    request, = sink.requests
    assert request.headers.get("Content-Encoding") == coding
    assert request.headers["Content-Type"] == PROTOBUF
    assert request.headers.get("Expect") is None
    assert sink.names() == ["span"]


@pytest.mark.parametrize("environ, expected", [
    ({"LULL_HEADERS": "api-key=s%20e%3Dcret, x-team = a "},
     {"api-key": "s e=cret", "x-team": "a"}),
    ({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=other"}, {"api-key": "other"}),
    ({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=other", "LULL_HEADERS": "api-key=mine"},
     {"api-key": "mine"}),
    ({"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=traces"}, {"api-key": "traces"}),
])
def test_headers(lambda_env, sink, environ, expected):
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"exported": 1})
    headers = sink.requests[0].headers
    assert {name: headers.get_all(name) for name in expected} == {
        name: [value] for name, value in expected.items()}


# where to


def test_the_path_is_added_to_a_base_url(lambda_env, sink):
    run(lambda_env(endpoint=f"{sink.url}/base/"), otlp.traces("a"), otlp.logs("b"),
        otlp.metrics("c", 1.0))
    assert sorted(r.path for r in sink.requests) == [
        "/base/v1/logs", "/base/v1/metrics", "/base/v1/traces"]


def test_an_endpoint_for_a_signal_is_taken_as_it_is(lambda_env, sink, history):
    other = Sink(history)
    sink.paths = {"/in?token=1": "traces"}
    environ = {"LULL_TRACES_ENDPOINT": f"{sink.url}/in?token=1", "LULL_LOGS_ENDPOINT":
               f"{other.url}/v1/logs"}
    books = run(lambda_env(environ=environ), otlp.traces("a"), otlp.logs("b"),
                otlp.metrics("c", 1.0), traces={"exported": 1}, logs={"exported": 1},
                metrics={"dropped": 1})
    other.close()
    assert books["metrics"]["exported"] == 0
    assert [r.path for r in sink.requests] == ["/in?token=1"]
    assert (sink.names(), other.names("logs")) == (["a"], ["b"])


@pytest.mark.parametrize("names", [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces"),
], ids=lambda names: names[0])
def test_the_sdks_own_settings_are_the_fallback(lambda_env, sink, names):
    name, path = names
    run(lambda_env(environ={name: sink.url + path}), otlp.traces("span"), traces={"exported": 1})
    assert [r.path for r in sink.requests] == ["/v1/traces"]


def test_lulls_own_settings_go_first(lambda_env, sink):
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
               "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"exported": 1})
    assert sink.names() == ["span"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "0.0.0.0", "127.1"])
@pytest.mark.parametrize("name", ["LULL_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_an_endpoint_that_is_lull_itself_is_refused(lambda_env, name, host):
    port = conftest.free_port()
    env = lambda_env(environ={name: f"http://{host}:{port}", "LULL_HTTP_PORT": str(port)})
    run(env, otlp.traces("span"), invocations=2,
        traces={"received": 1, "exported": 0, "dropped": 1})
    assert name in said(env)
    assert "itself" in said(env)


# success and failure


@pytest.mark.parametrize("answer", [
    Answer(200), Answer(204), Answer(202, b"accepted", {"Content-Type": "text/plain"}),
    Answer(200, b"{}", {"Content-Type": "application/json"}),
    Answer(200, b'{"partialSuccess":{}}', {"Content-Type": "application/json"}),
    Answer(200, b"\xff\xff\xff", {"Content-Type": PROTOBUF}),
    Answer(200, b"<html>ok</html>", {"Content-Type": "text/html"}),
    Answer(299, b"x" * 100_000),
], ids=lambda a: f"{a.status}-{a.headers.get('Content-Type', '')}-{len(a.body)}")
def test_every_2xx_is_success_whatever_its_body(lambda_env, sink, answer):
    sink.answer = answer
    run(lambda_env(endpoint=sink.url), otlp.traces("a", "b"), otlp.logs("c"), invocations=2,
        traces={"received": 2, "exported": 2}, logs={"received": 1, "exported": 1})
    assert sink.names() == ["a", "b"]
    assert sink.names("logs") == ["c"]


@pytest.mark.parametrize("refusal", [Answer(503), Answer(429), Answer(502), Answer(504), RESET],
                         ids=["503", "429", "502", "504", "reset"])
def test_what_failed_is_sent_at_the_next_flush_once(lambda_env, sink, refusal):
    good, sink.answer = sink.answer, refusal
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("first"), otlp.logs("line"), otlp.metrics("m", 1.0))
        assert env.invoke().status == "success"
        env.wait_idle()
        assert sink.requests
        assert sink.names() == []
        sink.answer = good
        otlp.send(env.port, otlp.traces("second"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2}, logs={"exported": 1},
                   metrics={"exported": 1})
    assert sorted(sink.names()) == ["first", "second"]
    assert sink.names("logs") == ["line"]
    assert sink.names("metrics") == ["m"]


def test_a_503_and_then_ok(lambda_env, sink):
    sink.script(Answer(503), Answer(503, b"", {"Retry-After": "1"}))
    run(lambda_env(endpoint=sink.url), otlp.traces("span"), invocations=4,
        traces={"received": 1, "exported": 1})
    assert sink.names() == ["span"]


def test_a_backend_that_comes_up_later(lambda_env, history):
    port = conftest.free_port()
    with lambda_env(endpoint=f"http://127.0.0.1:{port}") as env:
        otlp.send(env.port, otlp.traces("early"))
        env.invoke()
        env.wait_idle()
        backend = Sink(history, port=port)
        env.invoke()
        env.finish(traces={"received": 1, "exported": 1})
    backend.close()
    assert backend.names() == ["early"]


def test_a_permanent_refusal_is_counted_and_said_once(lambda_env, sink):
    sink.answer = Answer(400, b"no such tenant")
    env = lambda_env(endpoint=sink.url)
    run(env, otlp.traces("a"), invocations=3,
        traces={"received": 1, "exported": 0, "dropped": 1})
    assert "400" in said(env)


def test_a_backend_that_hangs_holds_nothing_up(lambda_env, sink, history):
    """The next event is asked for although the backend never answered, and SHUTDOWN is met."""
    sink.answer = HANG
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("one"))
        call = env.invoke()
        response = history.first("runtime.response", request_id=call.request_id)
        history.wait("extension.next", after=response)
        env.wait_idle()
        assert len(sink.requests) >= 1
        otlp.send(env.port, otlp.traces("two"))
        assert env.invoke().status == "success"
        env.finish(traces={"received": 2, "exported": 0, "dropped": 2})
    assert history.all("backend.answer", status=200) == []
    assert history.all("process.killed", name="lull") == []


def test_a_backend_that_takes_connections_and_says_nothing(lambda_env, history):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with lambda_env(endpoint=endpoint) as env:
            otlp.send(env.port, otlp.traces("one"))
            assert env.invoke().status == "success"
            env.finish(traces={"received": 1, "exported": 0, "dropped": 1})


def test_the_deadline_goes_before_every_setting(lambda_env, sink, history):
    """A backend that hangs and settings that would wait for it: no invocation times out."""
    sink.answer = HANG
    environ = {"LULL_FLUSH_BUDGET": "60s", "LULL_TIMEOUT": "60s"}
    with lambda_env(endpoint=sink.url, environ=environ, timeout=2, grace=8) as env:
        for number in range(2):
            otlp.send(env.port, otlp.traces(f"{number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
        assert history.all("shutdown.begin") == []
        env.finish(traces={"received": 2, "exported": 0, "dropped": 2})


def test_a_hanging_export_lives_through_a_freeze(lambda_env, sink):
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))

    sink.script(HANG)
    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for name in ("first", "second", "third"):
            assert env.invoke(name).status == "success"
        env.finish(traces={"received": 3, "exported": 3})
    assert sorted(sink.names()) == ["first", "second", "third"]


@pytest.mark.parametrize("how", ["told", "untold"])
def test_connections_that_the_backend_closed_are_no_failure(lambda_env, sink, how):
    """What comes after is exported in its own invocation, not held for the next."""
    if how == "told":
        sink.answer.headers["Connection"] = "close"
    with lambda_env(endpoint=sink.url) as env:
        for number in range(4):
            otlp.send(env.port, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
            env.invoke()
            env.wait_idle()
            assert sink.names() == sink.names("logs") == [f"{n}" for n in range(number + 1)]
            if how == "untold":
                sink.drop_connections()
        env.finish(traces={"received": 4, "exported": 4})


def test_many_invocations(lambda_env, sink):
    def handler(event, context):
        context.print(f"line {event}")
        otlp.send(env.port, otlp.traces(f"span {event}"), otlp.metrics("m", 1.0))

    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for number in range(60):
            assert env.invoke(number).status == "success"
        env.finish(traces={"exported": 60}, logs={"exported": 60}, metrics={"exported": 60})
    assert sink.names() == [f"span {n}" for n in range(60)]
    assert sink.names("logs") == [f"line {n}" for n in range(60)]


def test_many_posts_travel_in_few_requests(lambda_env, sink):
    run(lambda_env(endpoint=sink.url), *(otlp.traces(f"{n}") for n in range(50)),
        traces={"received": 50, "exported": 50})
    assert sink.names() == [f"{n}" for n in range(50)]
    assert len(sink.requests) == 1


def test_much_data_travels_in_bounded_requests(lambda_env, sink):
    names = [f"{n:04}" for n in range(4000)]
    posts = [otlp.traces(*names[at : at + 100], filler="x" * 700) for at in range(0, 4000, 100)]
    run(lambda_env(endpoint=sink.url), *posts, invocations=3,
        traces={"received": 4000, "exported": 4000})
    assert sorted(sink.names()) == names
    largest = max(len(post.SerializeToString()) for post in posts)
    assert len(sink.requests) > 4
    assert all(len(r.body) <= (512 << 10) + largest for r in sink.requests)


def test_beyond_the_buffer_the_oldest_goes_counted(lambda_env, sink):
    good, sink.answer = sink.answer, Answer(503)
    with lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "1MB"}) as env:
        for number in range(40):
            otlp.send(env.port, otlp.traces(f"{number}", filler="x" * 100_000))
        env.invoke()
        env.wait_idle()
        sink.answer = good
        env.invoke()
        books = env.finish(traces={"received": 40})
    kept = [int(name) for name in sink.names()]
    assert kept == sorted(kept)
    assert kept[-1] == 39
    assert 1 <= len(kept) <= 11
    assert sum(books["traces"]["dropped"].values()) == 40 - len(kept)


# TLS


def make_certificate(directory, name, issuer=None, host=None):
    """A CA where there is no issuer, else a server's certificate. Returns (path, cert, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
    )
    if host:
        names = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    signed = builder.sign(issuer[2] if issuer else key, hashes.SHA256())
    path = directory / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path, signed, key


@pytest.fixture
def authority(tmp_path):
    return make_certificate(tmp_path, "ca")


@pytest.mark.parametrize("name", ["LULL_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"])
def test_tls(lambda_env, history, tmp_path, authority, name):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    run(lambda_env(endpoint=backend.url, environ={name: str(authority[0])}), otlp.traces("span"),
        invocations=2, traces={"received": 1, "exported": 1})
    backend.close()
    assert backend.names() == ["span"]


def test_a_certificate_file_that_is_not_there_is_named(lambda_env, history, tmp_path, authority):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    env = lambda_env(endpoint=backend.url, environ={"LULL_CERTIFICATE": "/nowhere/ca.pem"})
    run(env, otlp.traces("span"), traces={"received": 1, "exported": 0, "dropped": 1})
    backend.close()
    assert "/nowhere/ca.pem" in said(env)


@pytest.mark.parametrize("wrong", ["name", "authority", "no authority"])
def test_a_backend_that_cannot_prove_itself_gets_nothing(
    lambda_env, history, tmp_path, authority, wrong
):
    """Refused, and what was for it is kept until the right one is there."""
    right = make_certificate(tmp_path, "right", authority, "localhost")[0]
    other = make_certificate(tmp_path, "other")
    served = {
        "name": make_certificate(tmp_path, "elsewhere", authority, "elsewhere.example")[0],
        "authority": make_certificate(tmp_path, "foreign", other, "localhost")[0],
        "no authority": right,
    }[wrong]
    backend = Sink(history, certificate=served)
    environ = {} if wrong == "no authority" else {"LULL_CERTIFICATE": str(authority[0])}
    env = lambda_env(endpoint=backend.url, environ=environ)
    with env:
        otlp.send(env.port, otlp.traces("span"))
        env.invoke()
        env.wait_idle()
        assert backend.requests == []
        if wrong == "no authority":
            env.invoke()
            env.finish(traces={"received": 1, "exported": 0, "dropped": 1})
        else:
            backend.tls.load_cert_chain(right)
            env.invoke()
            env.finish(traces={"received": 1, "exported": 1})
            assert backend.names() == ["span"]
    backend.close()
    assert "certificate" in said(env).lower() or "ssl" in said(env).lower()


# what is added, and what is left alone


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
    for resource in resources(sink):
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
