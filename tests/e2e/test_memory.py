"""LULL_BUFFER bounds all memory for data, half-received bodies included, and nobody is kept out."""

import concurrent.futures
import contextlib
import time

import pytest
from google.rpc.status_pb2 import Status

import otlp
from lambda_local import Answer
from wire import LIMIT, MEBI, Wire, head

# Beside what is held: the heap's own, one batch being made and compressed, connections, TLS.
OVERHEAD = 8 * MEBI
THOUSAND = otlp.traces(*(f"GET /orders/{n}" for n in range(1000)), padding="x" * 130)
THOUSAND_BODY = THOUSAND.SerializeToString()
DOWN = Answer(503, b"", {"Retry-After": "1"})


def memory(env, name):
    """VmRSS, or VmHWM: the most that it ever was."""
    with open(f"/proc/{env.extension().process.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    raise AssertionError(f"no {name}")


def unread(env):
    """Bytes in the kernel that were sent to lull's port and not yet read."""
    port = f":{env.port:04X}"
    with open(f"/proc/{env.extension().process.pid}/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(port))


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def half_sent(env, stack):
    """Announces 20 MiB, sends half of it, and falls silent."""
    wire = stack.enter_context(Wire(env.port))
    wire.send(head(LIMIT), *[b"\0" * MEBI] * (LIMIT // MEBI // 2))
    wait_until(lambda: unread(env) == 0)
    return wire


def post_thousand(env):
    return otlp.post(env.port, "/v1/traces", THOUSAND_BODY).status


@pytest.mark.parametrize("spool", ["off", "16MB"])
def test_half_sent_bodies_are_bounded_and_keep_nobody_out(lambda_env, sink, spool):
    """Room for two of them in half of LULL_BUFFER: the one that has been silent for longest gives
    way to others, large or small, and the data that is held gives way to those who send."""
    limit = 2 * LIMIT
    sink.answer = DOWN
    environ = {"LULL_BUFFER": str(limit), "LULL_SPOOL": spool}
    with lambda_env(endpoint=sink.url, environ=environ) as env, contextlib.ExitStack() as stack:
        before = memory(env, "VmHWM")
        posts = 2 * limit // len(THOUSAND_BODY)
        assert [post_thousand(env) for _ in range(posts)] == [200] * posts
        clients = [half_sent(env, stack) for _ in range(8)]
        for client in clients[:6]:
            reply = client.answer()
            assert reply.status == 503
            assert reply.headers["retry-after"] == "1"
            assert client.closed()
        assert memory(env, "VmHWM") < before + limit + OVERHEAD
        assert [post_thousand(env) for _ in range(posts)] == [200] * posts
        assert clients[6].answer().status == 503
        # The last one finds its place as it left it.
        clients[7].send(*[b"\0" * MEBI] * (LIMIT // MEBI // 2))
        assert clients[7].answer().status == 400
        assert env.invoke().status == "success"
        assert memory(env, "VmHWM") < before + limit + OVERHEAD
        env.finish(traces={"received": 2 * posts * 1000, "exported": 0})


def test_memory_is_given_back(lambda_env, sink):
    with lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "40MB"}) as env:
        otlp.send(env.port, otlp.traces("before"))
        before = memory(env, "VmRSS")
        with contextlib.ExitStack() as stack:
            half_sent(env, stack)
            assert memory(env, "VmRSS") > before + LIMIT // 2 - MEBI
        wait_until(lambda: memory(env, "VmRSS") < before + 2 * MEBI)
        otlp.send(env.port, otlp.traces("after"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2})


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_eight_clients_at_once(lambda_env, sink, framing):
    clients, posts = 8, 10
    if framing == "length":
        request = head(len(THOUSAND_BODY)).encode() + THOUSAND_BODY
    else:
        start = head(extra="Transfer-Encoding: chunked\r\n") + f"{len(THOUSAND_BODY):x}\r\n"
        request = start.encode() + THOUSAND_BODY + b"\r\n0\r\n\r\n"

    def client(port):
        with Wire(port) as wire:
            answers = []
            for _ in range(posts):
                wire.send(request)
                answers.append(wire.answer().status)
            return answers

    environ = {"LULL_BUFFER": "64MB", "LULL_FLUSH_BUDGET": "20s"}  # nothing is cut, and sent twice
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            answers = list(pool.map(client, [env.port] * clients))
        assert answers == [[200] * posts] * clients
        env.invoke()
        env.wait_idle()
        env.invoke()
        count = clients * posts * 1000
        env.finish(traces={"received": count, "exported": count})
    assert len(sink.items("traces")) == count


def test_a_tiny_buffer(lambda_env, sink):
    """What is too large for it is refused by name; what is not is taken, and the oldest gives way;
    Lambda's own posts, which are larger than the whole of it, are read all the same."""
    environ = {"LULL_BUFFER": "64KB", "LULL_SPOOL": "off"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        before = memory(env, "VmHWM")
        reply = otlp.post(env.port, "/v1/traces", THOUSAND_BODY)
        assert reply.status == 413
        assert "LULL_BUFFER" in Status.FromString(reply.body).message
        sink.answer = DOWN
        for number in range(100):
            otlp.send(env.port, otlp.traces(f"span {number}", padding="x" * 20_000))
        assert env.invoke().status == "success"
        env.wait_idle()
        assert memory(env, "VmHWM") < before + OVERHEAD // 2
        books = env.finish(traces={"received": 100})
        assert 100 - 64 // 20 <= sum(books["traces"]["dropped"].values()) <= 100
