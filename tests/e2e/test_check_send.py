"""lull --check --send: one item of each signal to each destination, and what came of it."""

import json
import shutil
import subprocess

import grpc
import pytest

import otlp
from backend import HANG, Answer, Sink
from grpc_backend import GrpcSink, Refusal
from ports import free_port
from test_tls import authority, make_certificate, make_layer_certificates  # noqa: F401

SPAN = "lull --check --send"


def send(lull, **environ):
    """Exit code, and of each signal all that is said of it, by what stands before " to "."""
    command = subprocess.run([lull, "--check", "--send"], env=environ, capture_output=True,
                             text=True, timeout=60)
    assert command.stderr == ""
    _, _, told = command.stdout.partition("wrong\n\n")
    said, last = {}, None
    for line in told.splitlines()[:-1]:
        if line.startswith("  "):
            said[last] += line
        else:
            last = line.partition(" to ")[0]
            said[last] = line.partition(" to ")[2]
    return command.returncode, said, told.splitlines()[-1]


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json", "grpc"])
def test_all_arrive(lull, collector, protocol):
    port = collector.grpc_port if protocol == "grpc" else collector.port
    code, said, sum_ = send(lull, LULL_ENDPOINT=f"http://localhost:{port}", LULL_PROTOCOL=protocol,
                            OTEL_SERVICE_NAME="shop")
    assert (code, sum_) == (0, "all were taken"), said
    assert list(said) == ["traces", "logs", "metrics"]
    for text in said.values():
        assert ": taken, " in text
        assert "first byte " in text
    assert "connect " in said["traces"]
    (span,), (record,), (point,) = (collector.items(s) for s in ("traces", "logs", "metrics"))
    assert (span["name"], record["body"], point["name"]) == (SPAN, SPAN, "lull.check")
    assert span["trace_id"] == record["trace_id"]
    assert span["span_id"] == record["span_id"]
    for item in (span, record, point):
        assert item["resource"]["service.name"] == "shop"


def test_a_dead_one_beside_a_live_one(lull, sink):
    config = {"destinations": [
        {"name": "dead", "endpoint": f"http://localhost:{free_port()}"},
        {"name": "live", "endpoint": sink.url, "signals": ["traces", "metrics"]},
        {"name": "lost", "endpoint": "http://backend.invalid:4318", "signals": ["logs"]},
    ]}
    code, said, sum_ = send(lull, LULL_CONFIG=json.dumps(config))
    assert (code, sum_) == (1, "4 of 6 were not taken")
    for signal in ("traces", "logs", "metrics"):
        assert "NOT TAKEN: " in said[f"dead: {signal}"]
        assert "mind host and port" in said[f"dead: {signal}"]
    assert ": taken, status 200" in said["live: traces"]
    assert ": taken, status 200" in said["live: metrics"]
    assert "NOT TAKEN: " in said["lost: logs"]
    assert "mind the spelling of the host" in said["lost: logs"]
    assert sink.names() == [SPAN]
    assert len(sink.items("metrics")) == 1


@pytest.mark.parametrize("status, words", [
    (401, "LULL_HEADERS"), (403, "LULL_HEADERS"), (404, "mind the path"), (503, "try again later"),
    (308, "mind http:// or https://"), (405, "no OTLP is taken there"),
    (415, "LULL_PROTOCOL=http/protobuf"), (429, "its quota"), (501, "no OTLP is taken there"),
])
def test_what_the_backend_says(lull, sink, status, words):
    sink.answer = Answer(status, b"no such key: secret-key\n\x1b[2Jbeep",
                         {"Content-Type": "text/plain"})
    code, said, _ = send(lull, LULL_ENDPOINT=sink.url, LULL_HEADERS="api-key=secret-key")
    assert code == 1
    assert len(sink.requests) == 3
    for text in said.values():
        assert f"NOT TAKEN, status {status}: no such key: ***" in text
        assert words in text
        assert "\x1b" not in text
    assert all(r.headers["api-key"] == "secret-key" for r in sink.requests)


def test_what_is_only_accepted_in_part_is_not_taken(lull, sink):
    refused = otlp.RESPONSES["traces"](
        partial_success={"rejected_spans": 1, "error_message": "too old"})
    sink.judge = lambda received: received.signal == "traces" and Answer(
        200, refused.SerializeToString(), {"Content-Type": "application/x-protobuf"}) or None
    code, said, sum_ = send(lull, LULL_ENDPOINT=sink.url)
    assert (code, sum_) == (1, "1 of 3 were not taken")
    assert "NOT TAKEN, status 200, but 1 rejected: too old" in said["traces"]


def test_statuses_of_grpc(lull, history):
    backend = GrpcSink(history)
    answers = {"traces": Refusal(grpc.StatusCode.UNAUTHENTICATED, "who are you?"),
               "logs": Refusal(grpc.StatusCode.UNIMPLEMENTED, "no logs here")}
    backend.judge = lambda call: answers.get(call.signal)
    code, said, _ = send(lull, LULL_ENDPOINT=backend.url, LULL_PROTOCOL="grpc")
    backend.close()
    assert code == 1
    assert "NOT TAKEN, UNAUTHENTICATED: who are you?" in said["traces"]
    assert "LULL_HEADERS" in said["traces"]
    assert "NOT TAKEN, UNIMPLEMENTED: no logs here" in said["logs"]
    assert "LULL_PROTOCOL=http/protobuf" in said["logs"]
    assert ": taken, OK" in said["metrics"]


def test_no_grpc_there_and_nothing_but_grpc_there(lull, history, sink):
    backend = GrpcSink(history)
    code, said, _ = send(lull, LULL_TRACES_ENDPOINT=sink.url, LULL_TRACES_PROTOCOL="grpc",
                         LULL_LOGS_ENDPOINT=f"{backend.url}/v1/logs", LULL_SIGNALS="traces,logs")
    backend.close()
    assert code == 1
    assert "set LULL_PROTOCOL=http/protobuf" in said["traces"]
    assert "set LULL_PROTOCOL=grpc" in said["logs"]


def test_no_answer(lull, sink):
    """All at once: the time-out is waited for once."""
    sink.answer = HANG
    code, said, _ = send(lull, LULL_ENDPOINT=sink.url, LULL_TIMEOUT="500ms")
    assert code == 1
    for text in said.values():
        assert "no answer in time" in text
        assert "connect " in text  # so far it came
        assert "first byte" not in text
        assert "LULL_TIMEOUT" in text


@pytest.mark.parametrize("wrong, words", [
    ("authority", "set LULL_CERTIFICATE"), ("name", "LULL_SERVER_NAME"),
    ("time", "new certificate"),
])
def test_a_certificate_that_proves_nothing(
    lull, history, tmp_path, authority, wrong, words  # noqa: F811
):
    other = make_certificate(tmp_path, "other")
    backend = Sink(history, certificate={
        "authority": make_certificate(tmp_path, "foreign", other, "localhost")[0],
        "name": make_certificate(tmp_path, "elsewhere", authority, "elsewhere.example")[0],
        "time": make_certificate(tmp_path, "expired", authority, "localhost", days=-1)[0],
    }[wrong])
    code, said, _ = send(lull, LULL_ENDPOINT=backend.url, LULL_CERTIFICATE=str(authority[0]))
    backend.close()
    assert code == 1
    assert backend.requests == []
    for text in said.values():
        assert "NOT TAKEN: " in text
        assert words in text


def test_tls_by_the_certificates_of_the_layer(lull, history, tmp_path, authority):  # noqa: F811
    """Found from where the binary lies, as in the extension."""
    make_layer_certificates(tmp_path, authority)
    (tmp_path / "extensions").mkdir()
    copy = shutil.copy(lull, tmp_path / "extensions")
    backend = Sink(history,
                   certificate=make_certificate(tmp_path, "server", authority, "localhost")[0])
    code, said, _ = send(copy, LULL_ENDPOINT=backend.url)
    backend.close()
    assert code == 0, said
    assert "TLS " in said["traces"]
    assert backend.names() == [SPAN]


def test_no_tls_there(lull, sink):
    code, said, _ = send(lull, LULL_TRACES_ENDPOINT=f"https://localhost:{sink.port}")
    assert code == 1
    assert "is TLS spoken on that port?" in said["traces"]


def test_nothing_to_send(lull):
    code, said, last = send(lull, OTEL_SDK_DISABLED="true")
    assert (code, said, last) == (0, {}, "nothing is sent: no signal goes anywhere")


def test_only_with_check(lull):
    for words in (["--send"], ["--check", "--sent"], ["--check", "--send", "more"]):
        command = subprocess.run([lull, *words], env={}, capture_output=True, text=True)
        assert command.returncode == 2
        assert f"lull: {words[-1]} is not known" in command.stderr
