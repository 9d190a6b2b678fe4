"""scripts/layer on the release binary: what a user deploys, and that it is the same each time."""

import hashlib
import importlib.machinery
import importlib.util
import pathlib
import platform
import re
import shutil
import subprocess
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCH = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
LARGEST = 2_100_000  # bytes
MINUTES = 60
pytestmark = pytest.mark.timeout(300)  # it builds what is not built yet


def build(root: pathlib.Path, arch: str) -> subprocess.CompletedProcess:
    command = [root / "scripts" / "layer" / "build", arch]
    return subprocess.run(command, capture_output=True, text=True, timeout=10 * MINUTES)


@pytest.fixture(scope="module")
def layer() -> pathlib.Path:
    done = build(ROOT, ARCH)
    assert done.returncode == 0, done.stderr
    return ROOT / "build" / f"lull-{ARCH}.zip"


@pytest.fixture(scope="module")
def opt(layer, tmp_path_factory) -> pathlib.Path:
    """The layer unpacked, as Lambda does under /opt."""
    directory = tmp_path_factory.mktemp("opt")
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(directory)
    return directory


def test_layout_modes_and_times(layer):
    with zipfile.ZipFile(layer) as archive:
        entries = archive.infolist()
    program, wrapper, *certificates = entries
    assert (program.filename, wrapper.filename) == ("extensions/lull", "lull-wrap")
    assert program.external_attr >> 16 == wrapper.external_attr >> 16 == 0o100755
    for entry in certificates:
        assert re.fullmatch(r"lull/certs/[0-9a-f]{8}\.[0-9]", entry.filename)
        assert entry.external_attr >> 16 == 0o100644
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_holds_the_binary(opt):
    binary = ROOT / "build" / ARCH / "lull"
    assert (opt / "extensions" / "lull").read_bytes() == binary.read_bytes()


def test_is_small(layer):
    assert layer.stat().st_size <= LARGEST


def test_second_build_is_the_same(layer):
    before = hashlib.sha256(layer.read_bytes()).hexdigest()
    (ROOT / "build" / ARCH / "lull").touch()
    assert build(ROOT, ARCH).returncode == 0
    assert hashlib.sha256(layer.read_bytes()).hexdigest() == before


def verify(directory: pathlib.Path, files: list[pathlib.Path]) -> subprocess.CompletedProcess:
    """Roots verify themselves, but only where OpenSSL finds them in the hashed directory. Each one
    itself, and not another of the same name and key that ends later (-partial_chain)."""
    command = ["openssl", "verify", "-no_check_time", "-no-CAfile", "-no-CAstore",
               "-partial_chain"]
    return subprocess.run(
        [*command, "-CApath", directory, *files], capture_output=True, text=True, timeout=MINUTES
    )


def test_openssl_finds_every_authority(opt, tmp_path):
    files = sorted((opt / "lull" / "certs").iterdir())
    assert len(files) > 100
    done = verify(opt / "lull" / "certs", files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK\n") == len(files)
    assert verify(tmp_path, files[:1]).returncode != 0


def test_says_what_is_missing(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    done = build(tmp_path, "arm64")
    assert done.returncode == 1
    assert done.stderr == "layer: build/arm64/lull is not there: make ARCH=arm64\n"
    assert build(tmp_path, "riscv64").returncode == 2


def certdata(label: str, serial: str, trust: str) -> str:
    identity = (
        "CKA_ISSUER MULTILINE_OCTAL\n\\060\\001\nEND\n"
        f"CKA_SERIAL_NUMBER MULTILINE_OCTAL\n{serial}\nEND\n"
    )
    value = f"CKA_VALUE MULTILINE_OCTAL\n\\101\n{serial}\nEND\n"
    return (
        f'\n# one\nCKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\nCKA_LABEL UTF8 "{label}"\n'
        f"{identity}{value}"
        f'\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\nCKA_LABEL UTF8 "{label}"\n'
        f"{identity}CKA_TRUST_SERVER_AUTH CK_TRUST {trust}\n"
    )


def test_only_what_is_trusted_for_servers():
    loader = importlib.machinery.SourceFileLoader(
        "layer_certs", str(ROOT / "scripts" / "layer" / "certs")
    )
    certs = importlib.util.module_from_spec(importlib.util.spec_from_loader("layer_certs", loader))
    loader.exec_module(certs)
    text = "# CKA_CLASS\nBEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST\n"
    text += certdata("Good CA", "\\102", "CKT_NSS_TRUSTED_DELEGATOR")
    text += certdata("Mail CA", "\\103", "CKT_NSS_MUST_VERIFY_TRUST")
    text += certdata("Bad CA", "\\104", "CKT_NSS_NOT_TRUSTED")
    text += certdata("Expired CA", "\\105", "CKT_NSS_TRUSTED_DELEGATOR")
    # One label twice, as Mozilla has it: what is not trusted must not borrow the other's trust.
    text += certdata("Good CA", "\\106", "CKT_NSS_NOT_TRUSTED")
    assert certs.trusted(text, {'"Expired CA"'}) == [b"AB"]
