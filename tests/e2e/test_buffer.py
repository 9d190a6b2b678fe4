"""Memory is bounded in bytes: without a spool the oldest goes, is counted, is named once."""

import otlp
from runs import said

SIZE = 20_000


def test_the_oldest_gives_way(lambda_env, sink):
    environ = {"LULL_BUFFER": "100KB", "LULL_SPOOL": "off"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        for number in range(20):
            otlp.send(env.port, otlp.traces(f"span {number}", padding="x" * SIZE))
        env.invoke()
        books = env.finish(traces={"received": 20})
    dropped = books["traces"]["dropped"]["buffer_full"]
    assert 20 - 100 * 1024 // SIZE <= dropped < 20
    assert books["traces"]["dropped"] == {"buffer_full": dropped}
    assert sink.names() == [f"span {number}" for number in range(dropped, 20)]
    assert said(env).count("LULL_BUFFER") == 1
