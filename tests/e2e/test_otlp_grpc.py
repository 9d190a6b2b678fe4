"""OTLP/gRPC on localhost: what grpcio and OpenTelemetry's gRPC exporters see of it."""

import contextlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import otlp
from ports import free_port
from runs import said
from wire import MEBI, TRACES, Wire, head

SERVICE = "/opentelemetry.proto.collector.{}Service/Export"
METHODS = {"traces": SERVICE.format("trace.v1.Trace"), "logs": SERVICE.format("logs.v1.Logs"),
           "metrics": SERVICE.format("metrics.v1.Metrics")}
COMPRESSION = {"none": grpc.Compression.NoCompression, "gzip": grpc.Compression.Gzip}
MESSAGES = {"traces": otlp.traces("one", "two"), "logs": otlp.logs("one", "two"),
            "metrics": otlp.metrics("one", 1.0, 2.0)}
SECONDS = 60
CHANNELS = 300  # more than lull has connections for


# All is exported before SHUTDOWN, which has two seconds for it, however large and slow it is.
ROOMY = {"LULL_BUFFER": "64MB", "LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s",
         "LULL_TIMEOUT": "20s"}


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url, environ=ROOMY) as env:
        yield env


class Client:
    """Calls whose messages are bytes, so that they need not be valid."""

    def __init__(self, port, host="127.0.0.1", compression="none", own=False):
        """`own`: a connection that it shares with no other."""
        self.channel = grpc.insecure_channel(f"{host}:{port}",
                                             [("grpc.use_local_subchannel_pool", int(own))],
                                             compression=COMPRESSION[compression])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.channel.close()

    def export(self, body, method=METHODS["traces"], **options):
        return self.channel.unary_unary(method)(body, timeout=SECONDS, **options)

    def refused(self, body, method=METHODS["traces"], **options):
        """(code, text) of a call that must fail."""
        with pytest.raises(grpc.RpcError) as error:
            self.export(body, method, **options)
        return error.value.code(), error.value.details()


def finish(env, count, **expected):
    """Exports what is there, and closes the books over so many items of each signal."""
    assert env.invoke().status == "success"
    account = {"received": count, "exported": count}
    env.finish(**(expected or dict.fromkeys(otlp.SIGNALS, account)))


def tracer_of(exporter):
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


@pytest.mark.parametrize("compression", COMPRESSION)
def test_the_sdk_exports_all_signals(env, sink, compression):
    options = {"endpoint": f"http://localhost:{env.grpc_port}", "insecure": True,
               "compression": COMPRESSION[compression]}
    traces = tracer_of(OTLPSpanExporter(**options))
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(**options)))
    metrics = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(**options))])
    for number in range(3):
        with traces.get_tracer("tests").start_as_current_span(f"span {number}") as span:
            span.set_attribute("note", "ü 漢 🛒" * 100)
            logs.get_logger("tests").emit(LogRecord(
                body=f"line {number}", severity_number=SeverityNumber.WARN))
        metrics.get_meter("tests").create_gauge(f"gauge.{number}").set(number + 0.5)
    for provider in (traces, logs, metrics):
        provider.shutdown()
    finish(env, 3)
    assert sink.names() == [f"span {n}" for n in range(3)]
    assert {span["attributes"]["note"] for span in sink.items("traces")} == {"ü 漢 🛒" * 100}
    spans = {(span["trace_id"], span["span_id"]) for span in sink.items("traces")}
    records = sink.items("logs")
    assert sorted(record["body"] for record in records) == [f"line {n}" for n in range(3)]
    assert {(record["trace_id"], record["span_id"]) for record in records} == spans
    points = {(point["name"], point["value"]) for point in sink.items("metrics")}
    assert points == {(f"gauge.{n}", n + 0.5) for n in range(3)}


@pytest.mark.parametrize("compression", COMPRESSION)
@pytest.mark.parametrize("at_once", [1, 64])
def test_calls_at_once(env, sink, at_once, compression):
    """All on one connection, which is the way of every gRPC client."""
    rounds = 10

    def export(client, number):
        names = [f"{number}.{n}" for n in range(rounds)]
        for name in names:
            body = otlp.traces(name, pad="x" * 3000).SerializeToString()
            assert client.export(body) == b""
        return names

    with Client(env.grpc_port, compression=compression) as client, \
            ThreadPoolExecutor(at_once) as threads:
        said = sum(threads.map(lambda number: export(client, number), range(at_once)), [])
    count = {"received": at_once * rounds, "exported": at_once * rounds}
    finish(env, 0, traces=count)
    assert sorted(sink.names()) == sorted(said)


def test_exporters_at_once(env, sink):
    """A connection each."""
    def export(number):
        provider = tracer_of(OTLPSpanExporter(endpoint=f"http://localhost:{env.grpc_port}",
                                              insecure=True))
        provider.get_tracer("tests").start_span(f"span {number}").end()
        assert provider.force_flush()
        provider.shutdown()

    with ThreadPoolExecutor(64) as threads:
        list(threads.map(export, range(64)))
    finish(env, 0, traces={"received": 64, "exported": 64})
    assert sorted(sink.names()) == sorted(f"span {n}" for n in range(64))


@pytest.mark.parametrize("compression", COMPRESSION)
@pytest.mark.parametrize("signal", otlp.SIGNALS)
def test_large_messages(env, sink, signal, compression):
    """4 MiB, as some collectors take; beside each other, as an SDK that is late sends them."""
    made = {"traces": otlp.traces, "logs": otlp.logs, "metrics": otlp.metrics}[signal]
    item = (1.0,) if signal == "metrics" else ()
    body = made("large", *item, pad="x" * (4 * MEBI)).SerializeToString()
    with Client(env.grpc_port, compression=compression) as client, ThreadPoolExecutor(3) as threads:
        answers = threads.map(lambda _: client.export(body, METHODS[signal]), range(3))
        assert list(answers) == [b""] * 3
    finish(env, 0, **{signal: {"received": 3, "exported": 3}})
    assert {len(item["attributes"]["pad"]) for item in sink.items(signal)} == {4 * MEBI}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_addresses(env, host):
    with Client(env.grpc_port, host) as client:
        for signal, method in METHODS.items():
            assert client.export(MESSAGES[signal].SerializeToString(), method) == b""
            assert client.export(b"", method) == b""
    finish(env, 2)


def test_refusals(env):
    """Each with its code and a text for people; the connection goes on."""
    with Client(env.grpc_port) as client:
        code, text = client.refused(b"garbage")
        assert code == grpc.StatusCode.INVALID_ARGUMENT and text
        for method in (METHODS["traces"].replace("Export", "Import"),
                       "/grpc.health.v1.Health/Check"):
            code, text = client.refused(TRACES, method)
            assert code == grpc.StatusCode.UNIMPLEMENTED and "TraceService" in text
        code, text = client.refused(TRACES, compression=grpc.Compression.Deflate)
        assert code == grpc.StatusCode.UNIMPLEMENTED and "gzip" in text
        code, text = client.refused(b"\0" * (21 * MEBI))
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and str(20 * MEBI) in text
        code, text = client.refused(b"\0" * (21 * MEBI), compression=grpc.Compression.Gzip)
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and str(20 * MEBI) in text
        assert client.export(TRACES) == b""
    finish(env, 0, traces={"received": 2, "exported": 2})


def test_too_large_for_a_small_buffer(lambda_env, sink):
    with lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "4MB"}) as env:
        with Client(env.grpc_port) as client:
            code, text = client.refused(b"\0" * (2 * MEBI + 1))
            assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and "LULL_BUFFER" in text
            assert client.export(TRACES) == b""
        finish(env, 0, traces={"received": 2, "exported": 2})


def test_the_memory_for_what_is_half_received_is_bounded(lambda_env, sink):
    """More at once than there is room for: some calls are to be made again, none is lost."""
    body = otlp.traces("large", pad="x" * MEBI).SerializeToString()

    def export(client):
        for tries in range(1, 1000):
            try:
                client.export(body)
                return tries
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE, error
        raise AssertionError("never taken")

    with lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "8MB"}) as env:
        with Client(env.grpc_port) as client, ThreadPoolExecutor(32) as threads:
            list(threads.map(lambda _: export(client), range(32)))
        assert env.invoke().status == "success"
        env.finish(traces={"received": 32})


def test_a_channel_lives_on_over_freezes(lambda_env, sink):
    clients = []

    def handler(event, context):
        if not clients:
            clients.append(Client(env.grpc_port))
        clients[0].export(otlp.traces(f"span {event}").SerializeToString())

    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for number in range(4):
            assert env.invoke(number).status == "success"
            env.wait_idle()
        env.finish(traces={"received": 4, "exported": 4})
    clients[0].channel.close()
    assert sink.names() == [f"span {n}" for n in range(4)]


def test_a_call_past_its_deadline(env, sink):
    """Its message never ends: the client gives it up, and nobody else notices."""
    over = threading.Event()

    def half():
        yield otlp.traces("half").SerializeToString()
        over.wait(SECONDS)

    with Client(env.grpc_port) as client:
        call = client.channel.stream_unary(METHODS["traces"])
        with pytest.raises(grpc.RpcError) as error:
            call(half(), timeout=0.2)
        over.set()
        assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert client.export(TRACES) == b""
    finish(env, 0, traces={"received": 2, "exported": 2})
    assert sink.names() == ["one", "two"]


def test_more_channels_than_connections(env, sink):
    """The one that has been idle for longest is sent a GOAWAY: its client just connects again."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(env.grpc_port, own=True)) for _ in range(CHANNELS)]
        for turn in range(2):
            for number, client in enumerate(clients):
                client.export(otlp.traces(f"{turn} {number}").SerializeToString(),
                              wait_for_ready=True)
    finish(env, 0, traces={"received": 2 * CHANNELS, "exported": 2 * CHANNELS})
    assert sorted(sink.names()) == sorted(
        f"{turn} {number}" for turn in range(2) for number in range(CHANNELS))


def test_other_protocols_are_told_at_once(env):
    """Who has mixed up the ports finds out by the answer, not by a time-out."""
    reply = otlp.post(env.grpc_port, "/v1/traces", TRACES)
    assert reply.status == 400 and b"LULL_HTTP_PORT" in reply.body
    with Wire(env.grpc_port) as wire:
        wire.send(head(len(TRACES)), TRACES)
        assert wire.answer().status == 400
        assert wire.closed()
    tls = ssl.create_default_context()
    with socket.create_connection(("localhost", env.grpc_port), timeout=SECONDS) as plain, \
            pytest.raises(ssl.SSLError):
        tls.wrap_socket(plain, server_hostname="localhost")
    finish(env, 0)


def test_grpc_on_the_other_port_is_said_once(env):
    """Its clients show no answer in HTTP/1.1: only the log can tell why nothing comes."""
    with Client(env.port) as client:
        for _ in range(3):
            code, _ = client.refused(TRACES)
            assert code == grpc.StatusCode.UNAVAILABLE
    finish(env, 0)
    assert said(env).count("OTEL_EXPORTER_OTLP_PROTOCOL=grpc") == 1


def test_a_port_that_is_taken_is_said(lambda_env, sink):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), \
            lambda_env(endpoint=sink.url, environ={"LULL_GRPC_PORT": str(port)}) as env:
        otlp.send(env.port, otlp.traces("by HTTP"))
        finish(env, 0, traces={"received": 1, "exported": 1})
        assert f"cannot listen on 127.0.0.1:{port}" in env.output("lull")
        assert "LULL_GRPC_PORT" in env.output("lull")
