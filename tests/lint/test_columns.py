"""scripts/lint/columns: what it must let pass and what it must name."""

import pathlib
import subprocess
import sys

import pytest

COLUMNS = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lint" / "columns"


def run_columns(root: pathlib.Path, line: str) -> subprocess.CompletedProcess:
    (root / "base").mkdir()
    (root / "base" / "bytes.h").write_text("/* short */\n" + line + "\n", encoding="utf-8")
    command = [sys.executable, COLUMNS, root]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "line",
    [
        "/* " + "x" * 94 + " */",
        "\t/* " + "x" * 86 + " */",
        "/* " + "é" * 94 + " */",
        '\t"' + "x" * 120 + '"',
        '\t"' + 'a \\"quoted\\" word, ' * 8 + '"};',
        '\treturn "' + "x" * 120 + '";',
        '\t{"' + "x" * 120 + '",',
    ],
)
def test_these_pass(tmp_path, line):
    done = run_columns(tmp_path, line)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "width"),
    [
        ("/* " + "x" * 95 + " */", 101),
        ("\t/* " + "x" * 87 + " */", 101),
        ("int a; /* " + "x" * 100 + " */", 113),
        ('\t"' + "x" * 80 + '", call(of, more)', 106),
        ('\t{"' + "x" * 80 + '", call(of, more)', 107),
        (" * https://example.com/" + "x" * 90, 113),
    ],
)
def test_these_are_named(tmp_path, line, width):
    done = run_columns(tmp_path, line)
    assert done.returncode == 1
    message = f"{tmp_path}/base/bytes.h:2: {width} columns, more than 100\n"
    assert done.stderr == message


def test_every_tree_is_looked_at(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = run_columns(tmp_path / "good", "int a;")
    bad = run_columns(tmp_path / "bad", "/* " + "x" * 98 + " */")
    both = subprocess.run([COLUMNS, tmp_path / "good", tmp_path / "bad"], capture_output=True,
                          text=True, timeout=60)
    assert (good.returncode, bad.returncode, both.returncode) == (0, 1, 1)
    assert both.stderr == bad.stderr


def test_an_empty_tree_is_no_success(tmp_path):
    (tmp_path / "good").mkdir()
    run_columns(tmp_path / "good", "int a;")
    (tmp_path / "empty").mkdir()
    command = [COLUMNS, tmp_path / "good", tmp_path / "empty"]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 1
