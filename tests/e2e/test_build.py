"""The binaries themselves: static, without a trace of where they were built."""

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHES = ["x86_64", "arm64"]
HOST = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def binary(arch):
    return ROOT / "build" / arch / "lull"


@pytest.mark.parametrize("arch", ARCHES)
def test_static_in_truth(arch):
    headers = subprocess.run(
        ["readelf", "-lWd", binary(arch)], capture_output=True, text=True, check=True
    ).stdout
    assert "LOAD" in headers
    assert "INTERP" not in headers
    assert "NEEDED" not in headers


@pytest.mark.parametrize("arch", ARCHES)
def test_no_path_of_the_builder_is_in_it(arch):
    content = binary(arch).read_bytes()
    for path in (ROOT, Path.home() / ".cache", os.environ.get("LULL_CACHE")):
        assert not path or str(path).encode() not in content


@pytest.mark.timeout(300)
def test_the_same_bytes_from_another_directory(tmp_path):
    """make in a copy of the sources; the libraries are those of the cache."""
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in ("Makefile", "extension", "scripts"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name)
        else:
            shutil.copy(source, copy / name)
    version = subprocess.run(
        [binary(HOST), "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    subprocess.run(
        ["make", "-j2", f"build/{HOST}/lull", f"VERSION={version}"],
        cwd=copy, env=environ, check=True, stdout=subprocess.DEVNULL,
    )
    both = [hashlib.sha256(p.read_bytes()).hexdigest()
            for p in (binary(HOST), copy / "build" / HOST / "lull")]
    assert both[0] == both[1]


@pytest.mark.parametrize("arch", ARCHES)
def test_what_runs_first_lies_together(arch):
    """Nearly all functions of scripts/link/order are there still, and before all others."""
    lines = (ROOT / "scripts" / "link" / "order").read_text(encoding="ascii").splitlines()
    order = {line for line in lines if not line.startswith("#")}
    # As nm has it; a copy of a function has its kind behind a dot.
    names = [line.split()[2].partition(".")[0] for line in subprocess.run(
        ["nm", "--numeric-sort", f"{binary(arch)}.full"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines() if line.split()[1] in "tT" and not line.split()[2].startswith("$")]
    found = order & set(names)
    assert len(found) > 0.8 * len(order), "call scripts/link/trace"
    first = names[:len(found)]
    assert sum(name in found for name in first) > 0.8 * len(first)
