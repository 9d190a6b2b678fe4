"""Export by gRPC to a server of grpcio: what a call is, and what each way to end it means."""

import time

import grpc
import pytest

import otlp
from grpc_backend import GrpcSink, Refusal
from runs import run, said

GRPC = {"LULL_PROTOCOL": "grpc", "LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}
Code = grpc.StatusCode


@pytest.fixture
def peer(history):
    backend = GrpcSink(history)
    yield backend
    backend.close()


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_all_signals(lambda_env, peer, compression):
    environ = {**GRPC, "LULL_COMPRESSION": compression, "LULL_TIMEOUT": "7s",
               "LULL_HEADERS": "X-Tenant=one%20two,authorization=Bearer abc%2B"}
    run(lambda_env(endpoint=peer.url, environ=environ), otlp.traces("a", "b"), otlp.logs("c"),
        otlp.metrics("d", 1.0), traces={"received": 2, "exported": 2},
        logs={"received": 1, "exported": 1}, metrics={"received": 1, "exported": 1})
    assert peer.names() == ["a", "b"]
    assert (peer.names("logs"), peer.names("metrics")) == (["c"], ["d"])
    for call in peer.calls:
        assert call.metadata["x-tenant"] == "one two"
        assert call.metadata["authorization"] == "Bearer abc+"
        assert call.metadata["user-agent"].startswith("lull/")
        assert 0 < call.time_left <= 7
    # All on one connection, which is what HTTP/2 is for.
    assert len({call.peer for call in peer.calls}) == 1


# later


@pytest.mark.parametrize("code", [Code.CANCELLED, Code.DEADLINE_EXCEEDED, Code.ABORTED,
                                  Code.UNAVAILABLE, Code.DATA_LOSS, Code.UNAUTHENTICATED,
                                  Code.PERMISSION_DENIED])
def test_kept_and_sent_again(lambda_env, peer, code):
    refusals = [Refusal(code, "not now: key-12345 ü %")]
    peer.judge = lambda call: refusals.pop() if refusals else None
    environ = {**GRPC, "LULL_HEADERS": "api-key=key-12345"}
    taken = code in (Code.CANCELLED, Code.DEADLINE_EXCEEDED, Code.DATA_LOSS)
    env = lambda_env(endpoint=peer.url, environ=environ)
    run(env, otlp.traces("a", "b"), traces={
        "received": 2, "exported": 2, "possible_duplicates": 2 if taken else 0})
    assert [call.accepted for call in peer.calls] == [False, True]
    assert said(env).count(f"{code.name}: not now: *** ü %") == 1
    assert "key-12345" not in said(env)


def test_no_call_before_the_delay_of_a_retry_info(lambda_env, peer, history):
    refusals = [Refusal(Code.RESOURCE_EXHAUSTED, "quota", delay=2)]
    peer.judge = lambda call: refusals.pop() if refusals else None

    def handler(event, context):
        if event == "last":
            history.wait("backend.answer", status="OK")

    with lambda_env(handler, endpoint=peer.url, environ=GRPC) as env:
        otlp.send(env.port, otlp.traces("a"))
        for event in ("first", "second", "last"):
            assert env.invoke(event).status == "success"
            env.wait_idle()
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    refused = history.first("backend.answer", status="RESOURCE_EXHAUSTED")
    assert history.first("backend.request", after=refused).time - refused.time >= 2


# for good


def test_exhausted_without_a_retry_info_is_dropped(lambda_env, peer):
    peer.judge = lambda call: Refusal(Code.RESOURCE_EXHAUSTED, "the quota is exceeded")
    run(lambda_env(endpoint=peer.url, environ=GRPC), otlp.traces("a"),
        traces={"received": 1, "dropped": {"refused": 1}})
    assert len(peer.calls) == 1


def test_what_is_larger_than_max_is_halved(lambda_env, history):
    """By grpcio's own limit and in its own words."""
    backend = GrpcSink(history, options=(("grpc.max_receive_message_length", 3000),))
    names = [f"{n:02}" for n in range(16)]
    environ = {**GRPC, "LULL_COMPRESSION": "none"}
    run(lambda_env(endpoint=backend.url, environ=environ), otlp.traces(*names, pad="x" * 500),
        traces={"received": 16, "exported": 16, "possible_duplicates": 0})
    backend.close()
    assert sorted(backend.names()) == names
    assert len(backend.calls) > 1


def test_of_a_joined_batch_only_the_bad_one_is_dropped(lambda_env, peer):
    def judge(call):
        if "bad" in [item["name"] for item in call.items()]:
            return Refusal(Code.INVALID_ARGUMENT, "bad")
        return None

    peer.judge = judge
    run(lambda_env(endpoint=peer.url, environ=GRPC), *(otlp.traces(n) for n in ("a", "bad", "c")),
        traces={"received": 3, "exported": 2, "dropped": {"refused": 1}})
    assert sorted(peer.names()) == ["a", "c"]


def test_unimplemented_turns_the_signal_off(lambda_env, peer):
    def judge(call):
        return Refusal(Code.UNIMPLEMENTED, "no logs") if call.signal == "logs" else None

    peer.judge = judge
    env = lambda_env(endpoint=peer.url, environ=GRPC)
    with env:
        for number in range(3):
            otlp.send(env.port, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
            env.invoke()
            env.wait_idle()
        env.finish(traces={"received": 3, "exported": 3},
                   logs={"received": 3, "exported": 0, "dropped": {"turned_off": 3}})
    assert len([call for call in peer.calls if call.signal == "logs"]) == 1
    assert said(env).count("UNIMPLEMENTED: no logs") == 1


def test_partial_success_is_counted(lambda_env, peer):
    peer.judge = lambda call: otlp.RESPONSES["traces"](
        partial_success={"rejected_spans": 2, "error_message": "two too many"}).SerializeToString()
    env = lambda_env(endpoint=peer.url, environ=GRPC)
    run(env, otlp.traces("a", "b", "c"),
        traces={"received": 3, "exported": 1, "dropped": {"refused": 2}})
    assert "two too many" in said(env)


# connections


def test_a_server_that_goes_and_comes_back(lambda_env, peer, history):
    """GOAWAY, and another process on its port: nothing is lost, nothing is sent twice."""
    with lambda_env(endpoint=peer.url, environ=GRPC) as env:
        for number in range(3):
            otlp.send(env.port, otlp.traces(f"{number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
            env.freeze()
            peer.close()
            peer.start()
            env.thaw()
        env.finish(traces={"received": 3, "exported": 3, "possible_duplicates": 0})
    assert peer.names() == ["0", "1", "2"]


def test_http_in_place_of_grpc_is_named(lambda_env, sink):
    env = lambda_env(endpoint=sink.url, environ=GRPC)
    run(env, otlp.traces("a"), traces={"received": 1, "exported": 0, "dropped": 1})
    assert "could not be exported" in said(env)


def test_grpc_in_place_of_http_is_named(lambda_env, peer):
    env = lambda_env(endpoint=peer.url, environ={**GRPC, "LULL_PROTOCOL": "http/protobuf"})
    run(env, otlp.traces("a"), traces={"received": 1, "exported": 0, "dropped": 1})
    assert "LULL_PROTOCOL=grpc" in said(env)


def test_a_server_that_vanishes_in_a_freeze_and_comes_back(lambda_env, network, history):
    """Nothing tells either side: calls go nowhere until the network is there again."""
    with network.outside():
        backend = GrpcSink(history, host=network.outside_address)

    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        if event == "last":
            network.restore()
            history.wait("backend.answer", status="OK", count=2)

    env = lambda_env(handler, endpoint=backend.url, network=network,
                     environ={"LULL_PROTOCOL": "grpc", "LULL_FLUSH": "end"})
    with env:
        env.invoke("first")
        env.wait_idle()
        env.freeze()
        time.sleep(1.5)  # how long it is frozen, not a wait
        env.thaw()
        network.cut()
        for name in ("second", "third"):
            assert env.invoke(name).status == "success"
            env.wait_idle()
        assert backend.names() == ["first"]
        assert env.invoke("last").status == "success"
        env.finish(traces={"received": 4, "exported": 4})
    backend.close()
    assert sorted(set(backend.names())) == ["first", "last", "second", "third"]
