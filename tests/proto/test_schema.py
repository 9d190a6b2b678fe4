"""Our own .proto files against the official descriptors, in both directions.

Compared is all that decides bytes and JSON: full names, numbers, types, labels, oneofs, presence,
enum values, reserved numbers. Not compared: order of declaration, comments, options, services.
"""

import importlib
import pathlib
import re
import subprocess

import pytest
from google.protobuf import any_pb2, descriptor_pb2
from google.rpc import status_pb2

PROTO_DIR = pathlib.Path(__file__).resolve().parents[2] / "extension" / "proto"

OFFICIAL = {
    "any.proto": any_pb2,
    "status.proto": status_pb2,
} | {
    ours: importlib.import_module(f"opentelemetry.proto.{module}_pb2")
    for ours, module in {
        "common.proto": "common.v1.common",
        "resource.proto": "resource.v1.resource",
        "trace.proto": "trace.v1.trace",
        "logs.proto": "logs.v1.logs",
        "metrics.proto": "metrics.v1.metrics",
        "collector_trace.proto": "collector.trace.v1.trace_service",
        "collector_logs.proto": "collector.logs.v1.logs_service",
        "collector_metrics.proto": "collector.metrics.v1.metrics_service",
    }.items()
}

FIELD = descriptor_pb2.FieldDescriptorProto


def compile_protos(directory: pathlib.Path, out: pathlib.Path) -> dict[str, dict]:
    """Facts by file name, as protoc-c (the compiler of the build) understands the files."""
    names = sorted(path.name for path in directory.glob("*.proto"))
    command = ["protoc-c", f"--proto_path={directory}", f"--descriptor_set_out={out}", *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    assert sorted(file.name for file in files) == names
    return {file.name: file_facts(file) for file in files}


def official_facts(module) -> dict:
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    return file_facts(file)


def file_facts(file: descriptor_pb2.FileDescriptorProto) -> dict:
    """One flat table: ("field", "pkg.Message", number) -> what it is, and so on."""
    facts: dict = {("syntax",): file.syntax}
    for message in file.message_type:
        message_facts(facts, file.package, message)
    for enum in file.enum_type:
        enum_facts(facts, file.package, enum)
    return facts


def message_facts(facts: dict, scope: str, message: descriptor_pb2.DescriptorProto) -> None:
    full = f"{scope}.{message.name}"
    reserved = {n for r in message.reserved_range for n in range(r.start, r.end)}
    facts["message", full] = (reserved, set(message.reserved_name))
    for field in message.field:
        facts["field", full, field.number] = {
            "name": field.name,
            "json_name": camel_case(field),
            "type": FIELD.Type.Name(field.type),
            "type_name": field.type_name,
            "label": FIELD.Label.Name(field.label),
            "oneof": oneof_of(message, field),
            "packed": field.options.packed if field.options.HasField("packed") else None,
            "deprecated": field.options.deprecated,
        }
    for nested in message.nested_type:
        message_facts(facts, full, nested)
    for enum in message.enum_type:
        enum_facts(facts, full, enum)


def enum_facts(facts: dict, scope: str, enum: descriptor_pb2.EnumDescriptorProto) -> None:
    full = f"{scope}.{enum.name}"
    reserved = {(r.start, r.end) for r in enum.reserved_range}
    facts["enum", full] = (reserved, set(enum.reserved_name))
    for value in enum.value:
        facts["value", full, value.name] = (value.number, value.options.deprecated)


def camel_case(field: descriptor_pb2.FieldDescriptorProto) -> str:
    """Descriptors embedded in Python leave json_name out where it is the default."""
    default = re.sub(r"_(.)", lambda match: match[1].upper(), field.name)
    return field.json_name or default


def oneof_of(message: descriptor_pb2.DescriptorProto, field: FIELD) -> str | None:
    """The oneof's name; a field of its own presence is "presence" in either notation."""
    if not field.HasField("oneof_index"):
        return None
    members = [f for f in message.field if f.HasField("oneof_index")]
    alone = sum(f.oneof_index == field.oneof_index for f in members) == 1
    name = message.oneof_decl[field.oneof_index].name
    if alone and (field.proto3_optional or name == f"has_{field.name}"):
        return "presence"
    return name


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> dict[str, dict]:
    return compile_protos(PROTO_DIR, tmp_path_factory.mktemp("schema") / "ours.pb")


def test_every_file_is_compared(ours):
    assert sorted(ours) == sorted(OFFICIAL)


@pytest.mark.parametrize("name", OFFICIAL)
def test_same_as_official(ours, name):
    assert ours[name] == official_facts(OFFICIAL[name])


@pytest.mark.parametrize(
    ("name", "pattern", "replacement"),
    [
        ("trace.proto", "bytes span_id = 2;", "bytes span_id = 17;"),
        ("trace.proto", "fixed32 flags = 16;", "uint32 flags = 16;"),
        ("trace.proto", "STATUS_CODE_ERROR = 2", "STATUS_CODE_ERROR = 3"),
        ("trace.proto", "  reserved 1000;\n", ""),
        ("metrics.proto", "repeated double explicit_bounds", "double explicit_bounds"),
        ("metrics.proto", "  oneof has_min {\n    double min = 11;\n  }", "  double min = 11;"),
        ("logs.proto", "string event_name = 12;", ""),
        ("common.proto", "string_value = 1;", "string_value = 1; int32 extra = 99;"),
        ("collector_logs.proto", "rejected_log_records", "rejected_records"),
        ("resource.proto", "KeyValue attributes", "EntityRef attributes"),
    ],
)
def test_a_difference_is_seen(tmp_path, name, pattern, replacement):
    """The comparison itself: each kind of slip in one file must show, and only there."""
    changed = tmp_path / "proto"
    changed.mkdir()
    for path in PROTO_DIR.glob("*.proto"):
        text = path.read_text()
        if path.name == name:
            assert pattern in text
            text = text.replace(pattern, replacement, 1)
        (changed / path.name).write_text(text)
    facts = compile_protos(changed, tmp_path / "changed.pb")
    differing = {file for file in OFFICIAL if facts[file] != official_facts(OFFICIAL[file])}
    assert differing == {name}
