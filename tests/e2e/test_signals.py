"""lull's own crash, and signals that are not for it: the environment must not notice."""

import json
import signal
import threading

import pytest

import otlp
from lambda_local import Answer
from runs import invoke_with_span, said


def test_sigterm_is_not_for_lull(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE,
                       signal.SIGXFSZ):
            env.extension().process.signal(number)
        invoke_with_span(env, "span")
        env.finish(traces={"received": 1, "exported": 1})


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE],
                         ids=lambda n: n.name)
@pytest.mark.parametrize("when", ["idle", "running", "exporting"])
def test_a_crash_leaves_the_next_loop(lambda_env, sink, history, number, when):
    """Sent by hand, as a bug would: the environment must not notice."""
    go_on = threading.Event()

    def handler(event, context):
        if event == "wait":
            assert go_on.wait(30)
        return event

    sink.answer = Answer(instead="hang") if when == "exporting" else sink.answer
    with lambda_env(handler, endpoint=sink.url) as env:
        process = env.extension().process
        assert env.invoke("before").status == "success"
        env.wait_idle()
        if when == "idle":
            process.signal(number)
        elif when == "running":
            call = env.begin("wait")
            history.wait("extension.event", request_id=call.request_id)
            process.signal(number)
            go_on.set()
            assert env.wait(call).status == "success"
        else:
            otlp.send(env.port, otlp.traces("span"))
            env.begin("fast")
            history.wait("backend.request")
            process.signal(number)
        env.wait_idle()
        for _ in range(2):
            assert env.invoke("after").status == "success"
            env.wait_idle()
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"lull": 0}, [])
    assert history.all("extension.crash") == []
    assert len(history.all("process.started", name="lull")) == 1
    assert number.name in said(env) or "signal" in said(env)


def test_the_last_words_are_json_where_all_lines_are(lambda_env, sink):
    with lambda_env(endpoint=sink.url, log_format="JSON") as env:
        env.extension().process.signal(signal.SIGSEGV)
        assert env.invoke().status == "success"
        env.wait_idle()
        env.shutdown()
    line = json.loads(said(env).splitlines()[-1])
    assert (line["level"], line["logger"]) == ("ERROR", "lull")
    assert "SIGSEGV" in line["message"] or "signal" in line["message"]
