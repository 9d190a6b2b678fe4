"""A response that is streamed: its pieces count as they come, its end is the invocation's."""

import sys

import pytest

RUNTIME = """
import http.client, os, pathlib, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime/invocation/"

def next():
    client = http.client.HTTPConnection(api)
    client.request("GET", BASE + "next")
    answer = client.getresponse()
    answer.read()
    return answer.headers["Lambda-Runtime-Aws-Request-Id"]

def stream(*pieces, trailers=b""):
    client = http.client.HTTPConnection(api)
    client.putrequest("POST", BASE + request_id + "/response")
    client.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    client.putheader("Transfer-Encoding", "chunked")
    client.endheaders()
    for piece in pieces:
        piece = piece() if callable(piece) else piece
        client.send(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
    client.send(b"0\\r\\n" + trailers + b"\\r\\n")
    answer = client.getresponse()
    answer.read()
    return answer.status

request_id = next()
"""


@pytest.mark.parametrize("trailers, status, error", [
    ("", "success", None),
    (r"Lambda-Runtime-Function-Error-Type: Function.Sad\r\n", "error", "Function.Sad"),
], ids=["whole", "failed in the middle"])
def test_the_end_of_the_stream_is_the_end(environment, trailers, status, error, tmp_path):
    rest = f"""
def tail():
    while not pathlib.Path("{tmp_path}/go").exists():
        time.sleep(0.005)
    return b"tail"

assert stream(b"head", tail, trailers=b"{trailers}") == 202
next()
"""
    with environment([], [sys.executable, "-c", RUNTIME + rest]) as env:
        call = env.begin()
        env.history.wait("runtime.streamed", bytes=4)
        middle = env.history.record("middle")
        assert call.status is None
        (tmp_path / "go").touch()
        env.wait(call)
        env.wait_idle()
    assert (call.status, call.response, call.error_type) == (status, b"headtail", error)
    kinds = ("runtime.streamed", "middle", "runtime.response" if not error else "runtime.error",
             "platform.runtimeDone", "platform.report")
    order = [env.history.last(kind).index for kind in ("middle", *kinds[2:])]
    assert order == sorted(order)
    assert [e.index < middle.index for e in env.history.all("runtime.streamed")] == [True, False]
    done = env.history.first("platform.runtimeDone")["record"]
    assert (done["status"], done["metrics"]["producedBytes"]) == (status, 8)
    latency, duration, overhead = (span["durationMs"] for span in done["spans"])
    assert min(latency, duration, overhead) > 0
    assert abs(latency + duration + overhead - done["metrics"]["durationMs"]) < 1


def test_a_handler_that_streams(environment):
    def handler(event, context):
        yield b"head"
        yield b"tail"

    with environment([], handler) as env:
        assert env.invoke().response == b"headtail"
        env.wait_idle()
    assert [e["bytes"] for e in env.history.all("runtime.streamed")] == [4, 4]
