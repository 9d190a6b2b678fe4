"""scripts/bench_compare: what it names and what it leaves alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMPARE = Path(__file__).parents[2] / "scripts" / "bench_compare"
OLD = {
    "start.wall_ms": (0.40, 0.45),
    "start.cpu_ms": (0.35, 0.40),
    "start.minstr": (1.00, 1.01),
    "idle.rss_mb": (1.00, 1.00),
    "requests_100.count": (200.0, 200.0),
    "uncounted.count": (0.0, 0.0),
}


def figure(name, least, median, most=None, program="lull"):
    return {
        "name": name,
        "program": program,
        "n": 9,
        "min": least,
        "median": median,
        "max": median if most is None else most,
    }


@pytest.fixture
def compare(tmp_path):
    """Compares OLD with OLD in which some figures have another (minimum, median) or are absent."""

    def write(path, figures, others=()):
        rows = [figure(name, *values) for name, values in figures.items() if values] + list(others)
        path.write_text(json.dumps({"figures": rows, "skipped": []}), encoding="utf-8")
        return path

    def run(changes, others=()):
        old = write(tmp_path / "old.json", OLD, [figure("start.cpu_ms", 0.1, 0.1, program="peer")])
        new = write(tmp_path / "new.json", OLD | changes, others)
        command = [sys.executable, COMPARE, old, new]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_the_same_is_not_worse(compare):
    result = compare({})
    assert result.returncode == 0
    assert result.stdout == "nothing became worse\n"


@pytest.mark.parametrize(
    ("name", "least", "median"),
    [
        ("start.cpu_ms", 0.42, 0.48),
        ("start.minstr", 1.02, 1.03),
        ("idle.rss_mb", 1.10, 1.10),
        ("requests_100.count", 205.0, 205.0),
    ],
)
def test_what_grew_is_named(compare, name, least, median):
    result = compare({name: (least, median)})
    assert result.returncode == 1
    assert [line.split(":")[:2] for line in result.stdout.splitlines()] == [["worse", f" {name}"]]


@pytest.mark.parametrize(
    ("name", "least", "median"),
    [
        ("start.wall_ms", 4.0, 4.5),  # wall time is never judged
        ("start.cpu_ms", 0.35, 0.80),  # the median alone: other work on the machine
        ("start.cpu_ms", 0.50, 0.40),  # the minimum alone
        ("start.cpu_ms", 0.36, 0.41),  # within what is allowed
        ("start.minstr", 1.005, 1.015),
        ("requests_100.count", 203.0, 203.0),
    ],
)
def test_what_says_nothing_is_left_alone(compare, name, least, median):
    result = compare({name: (least, median)})
    assert result.returncode == 0, result.stdout


def test_of_a_count_the_worst_is_judged(compare):
    result = compare({"uncounted.count": (0.0, 0.0, 7.0)})
    assert result.returncode == 1
    assert result.stdout == "worse: uncounted.count: 0 -> 7 (from nothing)\n"


def test_what_shrank_is_told(compare):
    result = compare({"start.cpu_ms": (0.20, 0.25)})
    assert result.returncode == 0
    assert result.stdout.startswith("better: start.cpu_ms: 0.4 -> 0.25 (-37.5 %)\n")


def test_other_programs_do_not_count(compare):
    assert compare({}, [figure("start.cpu_ms", 9.0, 9.0, program="peer")]).returncode == 0


def test_a_figure_that_is_gone_is_told(compare):
    result = compare({"start.minstr": None})
    assert result.returncode == 0
    assert "not measured any more: start.minstr\n" in result.stdout


def test_nothing_in_common_is_an_error(compare):
    result = compare(dict.fromkeys(OLD), [figure("other.cpu_ms", 1.0, 1.0)])
    assert result.returncode == 2


def test_no_such_file_is_an_error(tmp_path):
    command = [sys.executable, COMPARE, tmp_path / "none", tmp_path / "none"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert "none" in result.stderr
