"""What many tests do: one life of lull with some data."""

import otlp

# For an export, however slow and busy the machine is: what the budget cuts off is sent again, and
# would be there twice.
PATIENT = {"LULL_FLUSH_BUDGET": "5s"}


def run(env, *requests, invocations=1, **expected):
    """One life: the requests are sent, and exported after an invocation, with time enough for that
    unless the test says otherwise. Returns the books."""
    env.settings.environ = {**PATIENT, **env.settings.environ}
    with env:
        otlp.send(env.port, *requests)
        for _ in range(invocations):
            assert env.invoke().status == "success"
            env.wait_idle()
        return env.finish(**expected)


def invoke_with_span(env, name):
    """An invocation in which the function sends one span."""
    otlp.send(env.port, otlp.traces(name))
    call = env.invoke({"span": name})
    env.wait_idle()
    assert call.status == "success"


def said(env):
    return env.output("lull") + env.output("lull", "stderr")
