"""OTLP/gRPC by OpenTelemetry's SDKs at once: Python's grpcio, Go's grpc-go and Node's grpc-js, one
Export at a time and 64 of them under way on one exporter. (What they say is in test_matrix.py.)"""

from collections import Counter

import pytest

import content
from test_content import check_books, collectors

__all__ = ["collectors"]

AT_ONCE = (1, 1, 64, 64)  # how many, in one invocation after the other

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("function", ["python", "go", "node"], indirect=True)
def test_exports_at_once(function, compression, collectors, lambda_env):
    collector = collectors("through")
    env = lambda_env(endpoint=f"http://localhost:{collector.port}", **function.options())
    env.settings.environ.update({
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{env.grpc_port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    if compression != "none":  # Python's exporters refuse the word
        env.settings.environ["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression
    with env:
        for exports in AT_ONCE:
            call = env.invoke({"order": "many", "exports": exports})
            assert call.status == "success", call.response
            env.wait_idle()
        books = env.finish()
    collector.stop()
    through = content.read(collector.output)
    names = Counter(rest["item"]["name"] for _, rest in through.traces)
    exported = {name: count for name, count in names.items() if name.startswith("export ")}
    assert exported == Counter(f"export {n}" for exports in AT_ONCE for n in range(exports))
    check_books(books, through)
