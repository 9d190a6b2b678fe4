"""Lambda runs a failed asynchronous request again under the same id: that is a new invocation."""

import pytest

import otlp


def test_the_end_of_the_second_run_is_waited_for(lambda_env, sink, history):
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        if event == "first":
            raise ValueError("failed")
        # Time enough for a /next that must not be asked for yet.
        with pytest.raises(AssertionError):
            history.wait("extension.next", name="lull", count=3, timeout=0.5)

    env = lambda_env(handler, endpoint=sink.url)
    with env:
        first = env.invoke("first")
        env.wait_idle()
        second = env.invoke("second", request_id=first.request_id)
        env.wait_idle()
        ends = history.all("platform.runtimeDone")
        asked = history.all("extension.next", name="lull")
        env.finish(traces={"received": 2, "exported": 2})
    assert (first.status, second.status) == ("error", "success")
    assert [end["record"]["requestId"] for end in ends] == [first.request_id] * 2
    # /next: after the start, after the first run, and not before the second one has ended.
    assert [event.index > ends[-1].index for event in asked] == [False, False, True]
