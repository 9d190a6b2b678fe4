"""The way to a backend: who proves what to whom, by which name, through what."""

import base64
import ssl
import subprocess
import urllib.parse

import grpc
import pytest
from cryptography.hazmat.primitives import serialization

import otlp
from backend import Answer, Sink
from grpc_backend import GrpcSink
from runs import run, said
from test_tls import make_certificate

ONE = {"traces": {"received": 1, "exported": 1}}
LOST = {"traces": {"received": 1, "exported": 0, "dropped": 1}}


@pytest.fixture
def authority(tmp_path):
    return make_certificate(tmp_path, "ca")


@pytest.fixture
def trusted(history, tmp_path, authority):
    """A backend on TLS, and the settings by which lull trusts it."""
    backend = Sink(history, certificate=make_certificate(tmp_path, "server", authority,
                                                         "localhost")[0])
    backend.settings = {"LULL_CERTIFICATE": str(authority[0])}
    yield backend
    backend.close()


def wants_a_client(backend, authority):
    backend.tls.load_verify_locations(authority[0])
    backend.tls.verify_mode = ssl.CERT_REQUIRED


@pytest.mark.parametrize("key", ["in one file", "apart", "by OTEL_"])
def test_lull_proves_who_it_is(lambda_env, tmp_path, trusted, authority, key):
    wants_a_client(trusted, authority)
    whole = make_certificate(tmp_path, "lull", authority, "lull.example")[0]
    prefix = "OTEL_EXPORTER_OTLP" if key == "by OTEL_" else "LULL"
    environ = {**trusted.settings, f"{prefix}_CLIENT_CERTIFICATE": str(whole)}
    if key != "in one file":
        private, _, public = whole.read_text().partition("-----BEGIN CERTIFICATE")
        for name, text in (("key", private), ("public", "-----BEGIN CERTIFICATE" + public)):
            (tmp_path / f"{name}.pem").write_text(text)
        environ[f"{prefix}_CLIENT_CERTIFICATE"] = str(tmp_path / "public.pem")
        environ[f"{prefix}_CLIENT_KEY"] = str(tmp_path / "key.pem")
    run(lambda_env(endpoint=trusted.url, environ=environ), otlp.traces("span"), **ONE)
    assert trusted.names() == ["span"]


def test_grpc_with_certificates_on_both_sides(lambda_env, history, tmp_path, authority):
    def parts(name, host):
        path, signed, _ = make_certificate(tmp_path, name, authority, host)
        text = path.read_text()
        cut = text.index("-----BEGIN CERTIFICATE")
        return path, text[:cut].encode(), text[cut:].encode()

    _, key, public = parts("server", "localhost")
    root = authority[0].read_text()
    root = root[root.index("-----BEGIN CERTIFICATE"):].encode()
    backend = GrpcSink(history, grpc.ssl_server_credentials([(key, public)], root, True))
    environ = {"LULL_PROTOCOL": "grpc", "LULL_CERTIFICATE": str(authority[0]),
               "LULL_CLIENT_CERTIFICATE": str(parts("lull", "lull.example")[0])}
    env = lambda_env(endpoint=f"localhost:{backend.port}", environ=environ)
    run(env, otlp.traces("span"), **ONE)
    backend.close()
    assert backend.names() == ["span"]


@pytest.mark.parametrize("wrong", ["absent", "no certificate", "not there"])
def test_a_client_without_proof_gets_nothing(lambda_env, tmp_path, trusted, authority, wrong):
    wants_a_client(trusted, authority)
    file = tmp_path / "client.pem"
    if wrong == "no certificate":
        file.write_text("nothing")
    environ = dict(trusted.settings)
    if wrong != "absent":
        environ["LULL_CLIENT_CERTIFICATE"] = str(file)
    env = lambda_env(endpoint=trusted.url, environ=environ)
    run(env, otlp.traces("span"), invocations=2, **LOST)
    assert trusted.requests == []
    if wrong != "absent":
        assert str(file) in said(env) and "LULL_CLIENT_KEY must name" in said(env)


def test_a_folder_of_certificates(lambda_env, tmp_path, trusted, authority):
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(authority[1].public_bytes(
        serialization.Encoding.PEM))
    subprocess.run(["openssl", "rehash", folder], check=True)
    run(lambda_env(endpoint=trusted.url, environ={"LULL_CERTIFICATE": str(folder)}),
        otlp.traces("span"), **ONE)
    assert trusted.names() == ["span"]


@pytest.mark.parametrize("right", [True, False])
def test_a_server_of_another_name(lambda_env, history, tmp_path, authority, right):
    backend = Sink(history, certificate=make_certificate(tmp_path, "server", authority,
                                                         "otlp.example")[0])
    asked = []
    backend.tls.sni_callback = lambda connection, name, context: asked.append(name)
    environ = {"LULL_CERTIFICATE": str(authority[0]),
               "LULL_SERVER_NAME": "otlp.example" if right else "another.example"}
    env = lambda_env(endpoint=backend.url, environ=environ)
    run(env, otlp.traces("span"), **(ONE if right else LOST))
    backend.close()
    assert set(asked) == {environ["LULL_SERVER_NAME"]}
    assert backend.names() == (["span"] if right else [])
    for request in backend.requests:
        assert request.headers["Host"] == f"otlp.example:{backend.port}"


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_ipv6(lambda_env, history, protocol):
    grpc_too = protocol == "grpc"
    backend = GrpcSink(history, host="[::1]") if grpc_too else Sink(history, ipv6=True)
    run(lambda_env(endpoint=backend.url, environ={"LULL_PROTOCOL": protocol}),
        otlp.traces("span"), **ONE)
    backend.close()
    assert backend.names() == ["span"]


def test_user_and_password_of_the_url(lambda_env, sink):
    """Sent as basic authentication, and never shown, not even where the backend repeats them."""
    secret = "pa@ss:word"
    sink.script(Answer(401, f"{secret} is not the password of alice".encode()))
    env = lambda_env(endpoint=f"http://alice:{urllib.parse.quote(secret, safe='')}"
                              f"@localhost:{sink.port}",
                     environ={"LULL_FLUSH": "end", "LULL_LOG_LEVEL": "debug"})
    run(env, otlp.traces("span"), **ONE)
    wanted = "Basic " + base64.b64encode(f"alice:{secret}".encode()).decode()
    assert {request.headers["Authorization"] for request in sink.requests} == {wanted}
    assert "*** is not the password of ***" in said(env)
    assert "pa@ss" not in said(env) and "pa%40ss" not in said(env) and "alice" not in said(env)
