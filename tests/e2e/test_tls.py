"""TLS to the backend: only one that can prove itself gets anything."""

import datetime
import ipaddress
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import otlp
from backend import Sink
from runs import PATIENT, run, said


def make_certificate(directory, name, issuer=None, host=None, days=1):
    """A CA where there is no issuer, else a server's certificate. Returns (path, cert, key).
    `days` until it ends; it began two days ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
    )
    if host:
        names = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    signed = builder.sign(issuer[2] if issuer else key, hashes.SHA256())
    path = directory / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path, signed, key


def make_layer_certificates(layer, authority):
    """The hashed folder of a layer, with that authority as the only one."""
    name = subprocess.run(["openssl", "x509", "-noout", "-subject_hash", "-in", authority[0]],
                          capture_output=True, text=True, check=True).stdout.strip()
    certificates = layer / "lull" / "certs"
    certificates.mkdir(parents=True)
    (certificates / f"{name}.0").write_bytes(
        authority[1].public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def authority(tmp_path):
    return make_certificate(tmp_path, "ca")


@pytest.mark.parametrize("name", ["LULL_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"])
def test_tls(lambda_env, history, tmp_path, authority, name):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    run(lambda_env(endpoint=backend.url, environ={name: str(authority[0])}), otlp.traces("span"),
        invocations=2, traces={"received": 1, "exported": 1})
    backend.close()
    assert backend.names() == ["span"]


def test_the_hashed_folder_of_the_layer(lambda_env, history, tmp_path, authority):
    """As the layer has it: extensions/lull, and lull/certs beside that folder."""
    make_layer_certificates(tmp_path, authority)
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    run(lambda_env(endpoint=backend.url, copy=True), otlp.traces("span"),
        traces={"received": 1, "exported": 1})
    backend.close()
    assert backend.names() == ["span"]


def test_a_new_handshake_after_each_freeze(lambda_env, history, tmp_path, authority):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    environ = {**PATIENT, "LULL_CERTIFICATE": str(authority[0])}
    env = lambda_env(endpoint=backend.url, environ=environ)
    with env:
        for number in range(3):
            otlp.send(env.port, otlp.traces(f"span {number}"), otlp.logs(f"line {number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
            env.freeze()
            time.sleep(1.1)  # how long it is frozen, not a wait
            env.thaw()
        env.finish(traces={"received": 3, "exported": 3}, logs={"received": 3, "exported": 3})
    backend.close()
    assert backend.names() == [f"span {number}" for number in range(3)]


def test_a_certificate_file_that_is_not_there_is_named(lambda_env, history, tmp_path, authority):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    env = lambda_env(endpoint=backend.url, environ={"LULL_CERTIFICATE": "/nowhere/ca.pem"})
    run(env, otlp.traces("span"), traces={"received": 1, "exported": 0, "dropped": 1})
    backend.close()
    assert "/nowhere/ca.pem" in said(env)


@pytest.fixture
def bundle(tmp_path, authority):
    """A file of many authorities, the right one behind all others."""
    (tmp_path / "others").mkdir()
    others = [make_certificate(tmp_path / "others", f"other {n}")[1] for n in range(100)]
    path = tmp_path / "bundle.pem"
    path.write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM)
                              for c in [*others, authority[1]]))
    return path


def test_a_file_of_many_authorities(lambda_env, history, tmp_path, authority, bundle):
    """It is read a part at a time: whatever needs it waits for the last one, on each connection."""
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    env = lambda_env(endpoint=backend.url, environ={**PATIENT, "LULL_CERTIFICATE": str(bundle)})
    with env:
        for number in range(2):
            otlp.send(env.port, otlp.traces(f"span {number}"), otlp.logs(f"line {number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
            backend.drop_connections()
        env.finish(traces={"received": 2, "exported": 2}, logs={"received": 2, "exported": 2})
    backend.close()
    assert "could not be exported" not in said(env)


def test_each_signal_trusts_its_own_file(lambda_env, history, tmp_path, authority, bundle):
    """One host, and what one signal trusts it by is nothing to another."""
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    foreign = make_certificate(tmp_path, "foreign")[0]
    environ = {**PATIENT, "LULL_CERTIFICATE": str(bundle), "LULL_LOGS_CERTIFICATE": str(foreign)}
    env = lambda_env(endpoint=backend.url, environ=environ)
    with env:
        for number in range(2):
            otlp.send(env.port, otlp.traces(f"span {number}"))
            otlp.send(env.port, otlp.logs(f"line {number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
        env.finish(traces={"received": 2, "exported": 2},
                   logs={"received": 2, "exported": 0, "dropped": 2})
    backend.close()
    assert backend.of("logs") == []


@pytest.mark.parametrize("end", [b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                 None], ids=["broken", "empty"])
def test_a_file_that_holds_something_else_is_named(
    lambda_env, history, tmp_path, authority, bundle, end
):
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    backend = Sink(history, certificate=certificate)
    bundle.write_bytes(bundle.read_bytes() + end if end else b"")
    env = lambda_env(endpoint=backend.url, environ={"LULL_CERTIFICATE": str(bundle)})
    run(env, otlp.traces("span"), traces={"received": 1, "exported": 0, "dropped": 1})
    backend.close()
    assert str(bundle) in said(env)


@pytest.mark.parametrize("wrong", ["name", "authority", "time", "no authority"])
def test_a_backend_that_cannot_prove_itself_gets_nothing(
    lambda_env, history, tmp_path, authority, wrong
):
    """Refused, and what was for it is kept until the right one is there."""
    right = make_certificate(tmp_path, "right", authority, "localhost")[0]
    other = make_certificate(tmp_path, "other")
    served = {
        "name": make_certificate(tmp_path, "elsewhere", authority, "elsewhere.example")[0],
        "authority": make_certificate(tmp_path, "foreign", other, "localhost")[0],
        "time": make_certificate(tmp_path, "expired", authority, "localhost", days=-1)[0],
        "no authority": right,
    }[wrong]
    backend = Sink(history, certificate=served)
    environ = dict(PATIENT)
    if wrong != "no authority":
        environ["LULL_CERTIFICATE"] = str(authority[0])
    env = lambda_env(endpoint=backend.url, environ=environ)
    with env:
        otlp.send(env.port, otlp.traces("span"))
        env.invoke()
        env.wait_idle()
        assert backend.requests == []
        if wrong == "no authority":
            env.invoke()
            env.finish(traces={"received": 1, "exported": 0, "dropped": 1})
        else:
            backend.tls.load_cert_chain(right)
            env.invoke()
            env.finish(traces={"received": 1, "exported": 1})
            assert backend.names() == ["span"]
    backend.close()
    assert "certificate" in said(env).lower() or "ssl" in said(env).lower()
