"""Proxies on the way to a backend: HTTPS_PROXY, HTTP_PROXY, NO_PROXY."""

import grpc
import pytest

import otlp
from backend import Sink
from grpc_backend import GrpcSink
from proxy import Proxy
from runs import run, said
from test_check_send import send
from test_tls import make_certificate
from test_way_out import LOST, ONE, authority, trusted

__all__ = ["authority", "trusted"]

END = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}  # all that can be done is done


@pytest.fixture
def proxy():
    made = Proxy("me:let%me-in")
    yield made
    made.close()


def Backend(history, tmp_path, authority, protocol):
    """On TLS."""
    path = make_certificate(tmp_path, "server", authority, "localhost")[0]
    if protocol != "grpc":
        return Sink(history, certificate=path)
    key, begin, certificate = path.read_bytes().partition(b"-----BEGIN CERTIFICATE")
    return GrpcSink(history, grpc.ssl_server_credentials([(key, begin + certificate)]))


def by(proxy, password="let%25me-in"):
    return f"http://me:{password}@127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_tls_goes_through_a_tunnel(lambda_env, trusted, proxy, name):
    """Nobody but the proxy need know the backend's name, nor may the proxy see what is sent."""
    environ = {**END, **trusted.settings, name: by(proxy), "HTTP_PROXY": "http://127.0.0.1:1"}
    run(lambda_env(endpoint=trusted.url, environ=environ), otlp.traces("a"), otlp.logs("b"), **ONE)
    assert trusted.names() == ["a"] and trusted.names("logs") == ["b"]
    assert set(proxy.requests) == {f"CONNECT localhost:{trusted.port} HTTP/1.1"}


def test_plain_http_goes_by_the_proxy_for_http(lambda_env, sink, proxy):
    run(lambda_env(endpoint=sink.url, environ={**END, "HTTP_PROXY": by(proxy)}), otlp.traces("a"),
        **ONE)
    assert sink.names() == ["a"]
    # The first of each connection.
    assert {line.split()[1] for line in proxy.requests} == {f"{sink.url}/v1/traces"}


def test_grpc_goes_through_a_tunnel(lambda_env, history, proxy):
    backend = GrpcSink(history)
    run(lambda_env(endpoint=backend.url,
                   environ={**END, "LULL_PROTOCOL": "grpc", "HTTP_PROXY": by(proxy)}),
        otlp.traces("a"), **ONE)
    backend.close()
    assert backend.names() == ["a"]
    assert set(proxy.requests) == {f"CONNECT localhost:{backend.port} HTTP/1.1"}


# curl resolves the names under localhost by itself. What is to come: whether the proxy is asked.
NO_PROXY = [
    ("localhost", "other.example, localhost", False),
    ("localhost", "*", False),
    ("localhost", ".localhost", False),
    ("otlp.site.localhost", "site.localhost", False),
    ("otlp.site.localhost", ".site.localhost", False),
    ("otlp.site.localhost", "OTLP.Site.LocalHost", False),
    ("otlp.site.localhost", "ite.localhost,otlp.site,a.otlp.site.localhost", True),
    ("127.0.0.1", "127.0.0.1", False),
    ("127.0.0.1", "10.0.0.0/8,127.0.0.0/8", False),
    ("127.0.0.1", "localhost,10.0.0.0/8,127.0.0.11", True),
    ("[::1]", "::1", False),
    ("[::1]", "fd00::/8", True),
]


@pytest.mark.parametrize("host, hosts, asked", NO_PROXY)
def test_no_proxy(lambda_env, history, proxy, host, hosts, asked):
    backend = Sink(history, ipv6=host == "[::1]")
    proxy.hosts[host] = (backend.host.strip("[]"), backend.port)
    environ = {**END, "HTTP_PROXY": by(proxy), "NO_PROXY": hosts}
    run(lambda_env(endpoint=f"http://{host}:{backend.port}", environ=environ), otlp.traces("a"),
        **ONE)
    backend.close()
    assert backend.names() == ["a"]
    assert bool(proxy.requests) == asked


def test_a_proxy_that_refuses_is_named_without_its_password(lambda_env, trusted, proxy):
    env = lambda_env(endpoint=trusted.url,
                     environ={**trusted.settings, "HTTPS_PROXY": by(proxy, "secret-word"),
                              "LULL_LOG_LEVEL": "debug"})
    run(env, otlp.traces("a"), **LOST)
    assert trusted.requests == []
    assert "407" in said(env) and "secret-word" not in said(env)


def test_a_proxy_that_is_none(lambda_env, trusted):
    env = lambda_env(endpoint=trusted.url, environ={
        **trusted.settings, "HTTPS_PROXY": "http://me:secret-word@nowhere.invalid:1"})
    run(env, otlp.traces("a"), **LOST)
    assert "NO_PROXY" in said(env) and "secret-word" not in said(env)


# spoken to by TLS itself


@pytest.fixture
def secure(tmp_path, authority):
    """A proxy of the same authority as the backend, but of another name."""
    made = Proxy("me:let%me-in", make_certificate(tmp_path, "proxy", authority, "localhost")[0])
    yield made
    made.close()


def by_tls(proxy, user="me:let%25me-in@"):
    return f"https://{user}localhost:{proxy.port}"


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("user", ["me:let%25me-in@", ""], ids=["with user", "without"])
def test_tls_in_tls(lambda_env, history, tmp_path, authority, secure, protocol, user):
    backend = Backend(history, tmp_path, authority, protocol)
    secure.wanted = secure.wanted if user else None
    environ = {**END, "LULL_PROTOCOL": protocol, "LULL_CERTIFICATE": str(authority[0]),
               "HTTPS_PROXY": by_tls(secure, user)}
    run(lambda_env(endpoint=backend.url, environ=environ), otlp.traces("a"), otlp.logs("b"), **ONE)
    backend.close()
    assert backend.names() == ["a"] and backend.names("logs") == ["b"]
    assert set(secure.requests) == {f"CONNECT localhost:{backend.port} HTTP/1.1"}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_nothing_but_the_proxy_speaks_tls(lambda_env, history, authority, secure, protocol):
    backend = GrpcSink(history) if protocol == "grpc" else Sink(history)
    environ = {**END, "LULL_PROTOCOL": protocol, "LULL_CERTIFICATE": str(authority[0]),
               "HTTP_PROXY": by_tls(secure)}
    run(lambda_env(endpoint=backend.url, environ=environ), otlp.traces("a"), **ONE)
    backend.close()
    assert backend.names() == ["a"]
    assert secure.requests


@pytest.mark.parametrize("wrong, words", [("authority", "LULL_CERTIFICATE"),
                                          ("name", "a name that the certificate is for")])
def test_a_proxy_that_cannot_prove_itself_learns_nothing(
    lambda_env, lull, tmp_path, trusted, authority, wrong, words
):
    issuer = make_certificate(tmp_path, "other") if wrong == "authority" else authority
    host = "localhost" if wrong == "authority" else "elsewhere.example"
    proxy = Proxy(None, make_certificate(tmp_path, "proxy", issuer, host)[0])
    environ = {**trusted.settings, "HTTPS_PROXY": by_tls(proxy)}
    env = lambda_env(endpoint=trusted.url, environ=environ)
    run(env, otlp.traces("a"), **LOST)
    code, told, _ = send(lull, LULL_ENDPOINT=trusted.url, **environ)
    proxy.close()
    assert proxy.requests == trusted.requests == []
    assert "SSL" in said(env) and "me-in" not in said(env)
    assert code == 1
    assert words in told["traces"]
