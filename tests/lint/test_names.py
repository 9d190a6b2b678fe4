"""scripts/lint/names on small repositories. The bad names are put together here, so that the
check does not find them in this file."""

import pathlib
import subprocess

import pytest

NAMES = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lint" / "names"


def run_names(root: pathlib.Path, text: str) -> subprocess.CompletedProcess:
    subprocess.run(["git", "init", "--quiet", root], check=True, timeout=60)
    (root / ".gitignore").write_text("build/\n")
    (root / "file.md").write_text("first\n" + text + "\n")
    (root / "build").mkdir()
    (root / "build" / "log").write_text("/" + "work/x\n")
    return subprocess.run([NAMES, root], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "text",
    [
        "deb http://" + "deb." + "debian.org/debian bookworm main",
        "snapshot." + "debian.org",
        "https://" + "pypi" + ".org/simple",
        "files." + "pythonhosted" + ".org",
        "GOPROXY=https://" + "proxy.golang" + ".org",
        '"resolved": "https://' + "registry.npmjs" + '.org/x"',
        "static." + "crates" + ".io",
        "repo1.maven" + ".org",
        "repo.maven" + ".apache.org",
        "cd /" + "work",
        "cd '/" + "work/main'",
        "see (/" + "root/.cache)",
        "PATH=/" + "root/bin:/bin",
    ],
)
def test_bound_to_one_place(tmp_path, text):
    done = run_names(tmp_path, text)
    assert done.returncode == 1
    assert done.stdout == f"file.md:2:{text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "extension/work/x.c and ./root/y",
        '"$HOME/work" ${dir}/work/ */ro' + "ot/",
        "/working /rooted /homework",
        "https://www.debian" + ".example/",
        "opentelemetry.io",
    ],
)
def test_bound_to_nothing(tmp_path, text):
    done = run_names(tmp_path, text)
    assert (done.returncode, done.stdout) == (0, "")
