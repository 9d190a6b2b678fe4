"""OTLP/gRPC from the SDKs that have it: Go's grpc-go and Node's grpc-js. (Python's grpcio is in
tests/e2e/test_otlp_grpc.py.)"""

import pytest

import content
from test_content import (
    check_books,
    check_lines,
    check_same,
    check_there_is_something,
    collectors,
    invoke_all,
    printed,
    run_directly,
)

__all__ = ["collectors"]

LANGUAGES = ("go", "node")

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def through_lull(function, lambda_env):
    """Makes an environment with the function, which exports to lull by gRPC."""

    def make(endpoint, compression, **options):
        env = lambda_env(endpoint=endpoint, **function.options(), **options)
        env.settings.environ.update({
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{env.grpc_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_SERVICE_NAME": "orders",
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
        })
        return env

    return make


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("function", LANGUAGES, indirect=True)
def test_by_grpc_comes_what_the_sdk_sends(
    function, compression, collectors, through_lull, history
):
    log_format = "Text"
    direct = run_directly(function, collectors("direct"), log_format)
    collector = collectors("through")
    with through_lull(f"http://localhost:{collector.port}", compression, freeze=True,
                      log_format=log_format) as env:
        requests = invoke_all(env)
        books = env.finish()
    collector.stop()
    through = content.read(collector.output, requests)
    check_there_is_something(direct, function)
    for signal in direct.signals():
        check_same(signal, direct.signals()[signal], through.signals()[signal])
    check_lines(through.from_lull, printed(history, requests), log_format)
    check_books(books, through)


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("exports", [1, 64])
@pytest.mark.parametrize("function", LANGUAGES, indirect=True)
def test_exports_at_once(function, exports, compression, collectors, through_lull):
    collector = collectors("through")
    with through_lull(f"http://localhost:{collector.port}", compression) as env:
        for _ in range(3):
            call = env.invoke({"order": "many", "exports": exports})
            assert call.status == "success", call.response
            env.wait_idle()
        books = env.finish()
    collector.stop()
    through = content.read(collector.output)
    names = [rest["item"]["name"] for _, rest in through.traces]
    assert sorted(name for name in names if name.startswith("export ")) == \
        sorted(f"export {number}" for number in range(exports) for _ in range(3))
    check_books(books, through)
