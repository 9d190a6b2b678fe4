"""The public certificates where there is no layer: at the places the distributions keep them."""

import os
import shlex
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

import otlp
from backend import Sink
from runs import run, said
from test_tls import authority, make_certificate

__all__ = ["authority"]


@pytest.fixture
def lull(lull, tmp_path):
    """In an image of the test's own, whose /etc is the folder `etc`."""
    if os.geteuid() != 0:
        pytest.skip("only root can lay another /etc over this one")
    (tmp_path / "etc").mkdir()
    (tmp_path / "image").mkdir()
    program = shutil.copy(lull, tmp_path / "image")
    script = tmp_path / "lull"
    mount = 'mount --bind "$1" /etc && exec "$2"'
    words = [shutil.which("unshare"), "--mount", "sh", "-c", mount, "sh", tmp_path / "etc", program]
    script.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, words))}\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def backend(history, tmp_path, authority):
    made = Sink(history,
                certificate=make_certificate(tmp_path, "server", authority, "localhost")[0])
    made.authority = authority[1].public_bytes(serialization.Encoding.PEM)
    yield made
    made.close()


RED_HAT = "pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
PLACES = {
    "Debian, Ubuntu, distroless": {"ssl/certs/ca-certificates.crt": None},
    "Alpine": {"ssl/certs/ca-certificates.crt": None, "ssl/cert.pem": "certs/ca-certificates.crt"},
    "Alpine without ca-certificates": {"ssl/cert.pem": None},
    "Amazon Linux 2 and 2023": {
        RED_HAT: None, "pki/tls/certs/ca-bundle.crt": f"/etc/{RED_HAT}",
        "pki/tls/cert.pem": f"/etc/{RED_HAT}", "ssl/certs": "../pki/tls/certs"},
    "Fedora, RHEL": {RED_HAT: None},
    "openSUSE": {"ssl/ca-bundle.pem": None, "ssl/certs": "../pki/trust/pem"},
    "a link that leads nowhere before it": {
        "pki/tls/certs/ca-bundle.crt": "/nowhere", "ssl/certs/ca-certificates.crt": None},
    "a folder of hashes": {"ssl/certs/ca.pem": None},
}


def lay_out(etc, places, authority):
    """A file with the authority, or a link, at each place."""
    for name, target in places.items():
        place = etc / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(target)
        else:
            place.write_bytes(authority)


@pytest.mark.parametrize("distribution", PLACES)
def test_found_where_the_distributions_keep_them(lambda_env, tmp_path, backend, distribution):
    lay_out(tmp_path / "etc", PLACES[distribution], backend.authority)
    if distribution == "a folder of hashes":
        subprocess.run(["openssl", "rehash", tmp_path / "etc/ssl/certs"], check=True)
    environ = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}  # all that can be done is done
    run(lambda_env(endpoint=backend.url, environ=environ), otlp.traces("span"),
        traces={"received": 1, "exported": 1})
    assert backend.names() == ["span"]


@pytest.mark.parametrize("folder", [False, True], ids=["none", "an empty folder"])
def test_none_anywhere(lambda_env, tmp_path, backend, folder):
    """As in an image made FROM scratch."""
    if folder:
        lay_out(tmp_path / "etc", {"ssl/certs/ca.pem": None}, backend.authority)
    env = lambda_env(endpoint=backend.url)
    run(env, otlp.traces("span"), invocations=2,
        traces={"received": 1, "exported": 0, "dropped": {"shutdown": 1}})
    assert backend.requests == []
    warning, = [line for line in said(env).splitlines() if "could not be exported" in line]
    assert "no public certificates" in warning
    assert "LULL_CERTIFICATE" in warning and "layer" in warning
