"""scripts/lint/layers on small trees: what it must let pass and what it must name."""

import pathlib
import subprocess
import sys

import pytest

LAYERS = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lint" / "layers"

GOOD = {
    "base/bytes.h": "#include <stddef.h>\n",
    "base/bytes.c": '#include "base/bytes.h"\n#include <string.h>\n',
    "wire/otlp.h": '#include "base/bytes.h"\n#include "trace.pb-c.h"\n',
    "wire/otlp.c": '#include "wire/otlp.h"\n#include "wire/pb.h"\n',
    "wire/pb.h": '#include "base/bytes.h"\n',
    "domain/config.h": '#include "wire/otlp.h"\n',
    "policy/flush.h": '#include "domain/config.h"\n',
    "edges/server.c": '#include "domain/config.h"\n#include <event2/event.h>\n',
    "agent.h": '#include "policy/flush.h"\n#include <event2/event.h>\n',
    "main.c": '#include "agent.h"\n#include "version.h"\n',
}


def run_layers(root: pathlib.Path, tree: dict[str, str]) -> subprocess.CompletedProcess:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [sys.executable, LAYERS, root]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_good_tree_passes(tmp_path):
    done = run_layers(tmp_path, GOOD)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("base/bytes.c", '#include "wire/pb.h"', 'base must not include "wire/pb.h"'),
        ("wire/pb.h", '#include "domain/config.h"', 'wire must not include "domain/config.h"'),
        ("policy/flush.h", '#include "edges/x.h"', 'policy must not include "edges/x.h"'),
        ("edges/server.c", '#include "policy/flush.h"', 'edges must not include "policy/flush.h"'),
        ("edges/server.c", '#include "agent.h"', 'edges must not include "agent.h"'),
        ("edges/server.c", '  #  include  "agent.h" /* x */', 'edges must not include "agent.h"'),
        ("base/bytes.h", '#include "trace.pb-c.h"', "base knows no messages"),
        ("policy/flush.h", "#include <curl/curl.h>", "<curl/curl.h> is for edges only"),
        ("domain/config.h", "#include <sys/socket.h>", "<sys/socket.h> is for edges only"),
        ("wire/otlp.c", '#include "pb.h"', '"pb.h" is no file'),
        ("wire/otlp.c", '#include "wire/gone.h"', '"wire/gone.h" is no file'),
    ],
)
def test_fault_is_named_with_its_line(tmp_path, name, line, message):
    tree = GOOD | {"edges/x.h": "", name: GOOD[name] + "\n" + line + "\n"}
    done = run_layers(tmp_path, tree)
    number = GOOD[name].count("\n") + 2
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/{name}:{number}: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("tree", "ring"),
    [
        ({"wire/pb.h": '#include "wire/otlp.h"\n'}, "wire/otlp > wire/pb > wire/otlp"),
        ({"wire/pb.c": '#include "wire/otlp.h"\n'}, "wire/otlp > wire/pb > wire/otlp"),
        (
            {"edges/a.h": '#include "edges/b.h"\n', "edges/b.c": '#include "edges/c.h"\n'}
            | {"edges/c.h": '#include "edges/a.h"\n', "edges/b.h": ""},
            "edges/a > edges/b > edges/c > edges/a",
        ),
        (
            {"wire/pb_read.c": '#include "wire/otlp.h"\n'},
            "wire/otlp > wire/pb > wire/otlp",
        ),
    ],
)
def test_ring_within_a_folder(tmp_path, tree, ring):
    done = run_layers(tmp_path, GOOD | tree)
    assert done.returncode == 1
    assert done.stderr.endswith(f"include each other: {ring}\n")


def test_what_a_comment_includes_does_not_count(tmp_path):
    text = '/*\n#include "agent.h"\n*/\n// #include "agent.h"\n'
    done = run_layers(tmp_path, GOOD | {"base/bytes.c": text})
    assert (done.returncode, done.stderr) == (0, "")


def test_unknown_folder(tmp_path):
    done = run_layers(tmp_path, GOOD | {"util/misc.c": ""})
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path}/util/misc.c: util is no layer\n"


def test_an_empty_tree_is_no_success(tmp_path):
    assert run_layers(tmp_path, {}).returncode == 1
