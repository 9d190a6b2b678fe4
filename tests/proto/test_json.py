"""OTLP JSON against the official mapping: json_format of the official messages, with the OTLP
specification's exception for ids. Messages of all signals come from a seeded generator that walks
the official descriptors, so that every field there is gets its turn."""

import base64
import json
import math
import random
import struct
import subprocess
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as Field
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "unit" / "otlp_json"
SIGNALS = ("traces", "logs", "metrics")
REQUESTS = {
    "traces": trace_service_pb2.ExportTraceServiceRequest,
    "logs": logs_service_pb2.ExportLogsServiceRequest,
    "metrics": metrics_service_pb2.ExportMetricsServiceRequest,
}
IDS = {"traceId", "spanId", "parentSpanId"}
MESSAGES = 1000  # of each signal, in each test that compares


class Program:
    """lull's mapping in a process of its own."""

    def __init__(self):
        assert PROGRAM.is_file(), f"{PROGRAM} is not there: run make e2e"
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, direction, signal, body):
        self.process.stdin.write(
            struct.pack("<cBI", direction, SIGNALS.index(signal), len(body)) + body)
        self.process.stdin.flush()
        head = self.process.stdout.read(5)
        assert len(head) == 5, "the program died"
        sign, length = struct.unpack("<cI", head)
        return sign == b"+", self.process.stdout.read(length)

    def encode(self, signal, message):
        """The JSON text of a message, or of its bytes."""
        ok, text = self.ask(b"e", signal,
                            message if isinstance(message, bytes) else message.SerializeToString())
        assert ok, text
        return text

    def decode(self, signal, text):
        """The message of a JSON text, or of what is dumped as one."""
        ok, body = self.ask(b"d", signal, as_text(text))
        assert ok, body
        return REQUESTS[signal].FromString(body)

    def refusal(self, signal, text):
        ok, why = self.ask(b"d", signal, as_text(text))
        assert not ok, f"taken: {as_text(text)[:200]}"
        return why.decode()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0


def as_text(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def program():
    started = Program()
    yield started
    started.close()


# ---- Messages at random ----

INTEGERS = {
    Field.TYPE_INT32: (-(1 << 31), (1 << 31) - 1), Field.TYPE_SINT32: (-(1 << 31), (1 << 31) - 1),
    Field.TYPE_UINT32: (0, (1 << 32) - 1), Field.TYPE_FIXED32: (0, (1 << 32) - 1),
    Field.TYPE_INT64: (-(1 << 63), (1 << 63) - 1), Field.TYPE_SFIXED64: (-(1 << 63), (1 << 63) - 1),
    Field.TYPE_UINT64: (0, (1 << 64) - 1), Field.TYPE_FIXED64: (0, (1 << 64) - 1),
}
DOUBLES = (0.0, -0.0, 1.0, -1.5, 0.1, 1e20, 1e-7, 1e15, 2.0**53 + 2, 5e-324, 1.7976931348623157e308,
           math.nan, math.inf, -math.inf, 123456789.123456789)
TEXTS = ("", "a", "GET /orders", "ü 漢 🛒", '"\\/\b\f\n\r\t', "\0", "\x01\x1f\x7f", "a" * 200,
         "\u2028\uffff\ufffd\U0010ffff")


class Maker:
    """Fills messages. `seen` collects the fields that got a value."""

    def __init__(self, seed, seen):
        self.random = random.Random(seed)
        self.seen = seen

    def fill(self, message, depth=0):
        for field in message.DESCRIPTOR.fields:
            is_message = field.type == Field.TYPE_MESSAGE
            # The way to the items nearly always, or most messages would be empty.
            likely = 0.9 if depth < 3 and is_message else 0.5 if depth < 9 else 0.1
            if self.random.random() < likely:
                self.seen.add((field.full_name, field.number))
                self.set(message, field, depth)
        return message

    def set(self, message, field, depth):
        count = self.random.choice((0, 1, 2, 3))
        if field.is_repeated:
            values = getattr(message, field.name)
            for _ in range(count):
                if field.type == Field.TYPE_MESSAGE:
                    self.fill(values.add(), depth + 1)
                else:
                    values.append(self.value(field))
        elif field.type == Field.TYPE_MESSAGE:
            child = getattr(message, field.name)
            child.SetInParent()
            self.fill(child, depth + 1)
        else:
            setattr(message, field.name, self.value(field))

    def value(self, field):
        pick = self.random
        if field.type in INTEGERS:
            low, high = INTEGERS[field.type]
            return pick.choice((0, 1, low, high, high - 1, pick.randint(low, high)))
        if field.type == Field.TYPE_DOUBLE:
            bits = struct.unpack("<d", pick.randbytes(8))[0]
            return pick.choice((*DOUBLES, bits, round(pick.uniform(-1e6, 1e6), 3)))
        if field.type == Field.TYPE_BOOL:
            return pick.random() < 0.5
        if field.type == Field.TYPE_ENUM:  # an open enum takes any number
            numbers = [value.number for value in field.enum_type.values]
            return pick.choice((*numbers, 77, -5))
        if field.type == Field.TYPE_STRING:
            return pick.choice(TEXTS)
        assert field.type == Field.TYPE_BYTES, field.full_name
        return pick.randbytes(pick.choice((0, 1, 2, 3, 8, 16, 50)))


def made(signal, seen=None):
    seen = set() if seen is None else seen
    for seed in range(MESSAGES):
        yield Maker(f"{signal} {seed}", seen).fill(REQUESTS[signal]())


def official(message, **options):
    """The official mapping as Python objects, ids in hexadecimal."""
    return with_ids(json_format.MessageToDict(message, use_integers_for_enums=True, **options))


def with_ids(value):
    if isinstance(value, list):
        return [with_ids(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {key: base64.b64decode(member).hex() if key in IDS or camel(key) in IDS
            else with_ids(member) for key, member in value.items()}


def camel(name):
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def same(one, other):
    """Equal as messages; NaN is equal to itself, and -0.0 is not 0.0."""
    return one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


# ---- Both directions ----


@pytest.mark.parametrize("signal", SIGNALS)
def test_encoded_as_the_official_mapping_has_it(program, signal):
    items = 0
    for message in made(signal):
        text = program.encode(signal, message)
        assert json.loads(text) == official(message)
        items += len(text) > 500
    assert items > MESSAGES / 4


@pytest.mark.parametrize("names", [False, True], ids=["camelCase", "original_names"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_decoded_from_the_official_mapping(program, signal, names):
    for message in made(signal):
        objects = official(message, preserving_proto_field_name=names)
        assert same(program.decode(signal, objects), message), objects


@pytest.mark.parametrize("signal", SIGNALS)
def test_there_and_back(program, signal):
    for message in made(signal):
        assert same(program.decode(signal, program.encode(signal, message)), message)


@pytest.mark.parametrize("signal", SIGNALS)
def test_defaults_spelled_out_are_the_same_message(program, signal):
    for message in made(signal):
        objects = official(message, always_print_fields_with_no_presence=True)
        assert same(program.decode(signal, objects), message)


@pytest.mark.parametrize("signal", SIGNALS)
def test_any_order_and_more_keys_than_there_are_fields(program, signal):
    shuffle = random.Random(signal)

    def strange(value):
        if isinstance(value, list):
            return [strange(element) for element in value]
        if not isinstance(value, dict):
            return value
        pairs = [(key, strange(member)) for key, member in value.items()]
        pairs += [("unknown", {"traceId": [None, 1e5, "x"]}), ("_", None), ("", [[{}]])]
        shuffle.shuffle(pairs)
        return dict(pairs)

    for message in made(signal):
        assert same(program.decode(signal, strange(official(message))), message)


@pytest.mark.parametrize("signal", SIGNALS)
def test_requests_one_behind_the_other_are_one(program, signal):
    """What lull joins: and a message that stands twice is merged, as readers of protobuf do it."""
    messages = list(made(signal))
    for one, other in zip(messages, messages[1:], strict=False):
        whole = one.SerializeToString() + other.SerializeToString()
        assert json.loads(program.encode(signal, whole)) == official(
            REQUESTS[signal].FromString(whole))


def test_every_field_was_tried():
    seen, reachable = set(), set()
    for signal in SIGNALS:
        for _ in made(signal, seen):
            pass
        collect(REQUESTS[signal].DESCRIPTOR, reachable)
    assert seen == reachable


def collect(descriptor, found):
    for field in descriptor.fields:
        if (field.full_name, field.number) not in found:
            found.add((field.full_name, field.number))
            if field.type == Field.TYPE_MESSAGE:
                collect(field.message_type, found)


# ---- Wire bytes that no encoder writes, and all readers take ----


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def delimited(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def shuffled(body, pick):
    """The same fields of the outermost message, those of one number in their order."""
    fields, at = [], 0
    while at < len(body):
        start = at
        tag, at = read_varint(body, at)
        kind = tag & 7
        if kind == 0:
            _, at = read_varint(body, at)
        elif kind == 2:
            length, at = read_varint(body, at)
            at += length
        else:
            at += 8 if kind == 1 else 4
        fields.append((tag, body[start:at]))
    tags = [tag for tag, _ in fields]
    pick.shuffle(tags)
    queues = {tag: [whole for other, whole in fields if other == tag] for tag in set(tags)}
    return b"".join(queues[tag].pop(0) for tag in tags)


def read_varint(body, at):
    value = shift = 0
    while True:
        value |= (body[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if body[at - 1] < 0x80:
            return value, at


def test_any_order_on_the_wire(program):
    """Two spans, one behind the other, of one message: fields in any order, twice, merged."""
    pick = random.Random(5)
    for number in range(300):
        spans = [Maker(f"wire {number} {half}", set()).fill(
            REQUESTS["traces"]().resource_spans.add().scope_spans.add().spans.add(), 5)
            for half in range(2)]
        span = shuffled(b"".join(span.SerializeToString() for span in spans), pick)
        whole = delimited(1, delimited(2, delimited(2, span)))
        assert json.loads(program.encode("traces", whole)) == official(
            REQUESTS["traces"].FromString(whole))


def log_body(value):
    return delimited(1, delimited(2, delimited(2, delimited(5, value))))


@pytest.mark.parametrize("value", [
    delimited(1, b"text") + b"\x10\x01",  # string, then bool: the last of a oneof counts
    delimited(5, b"") + b"\x10\x00" + delimited(5, delimited(1, b"\x18\x05")),
    delimited(5, delimited(1, b"\x18\x05")) + delimited(5, delimited(1, b"\x18\x06")),  # merged
    delimited(1, b""), b"\x10\x00", b"\x18\x00", delimited(7, b""), delimited(6, b""), b"",
    b"\x40" + varint(1 << 40 | 3),  # an int32 of more than 32 bits
    b"\x10" + varint(1 << 40),  # true
    b"\x9a\x06\x03abc" + b"\x18\x05",  # an unknown field
])
def test_odd_values_on_the_wire(program, value):
    whole = log_body(value)
    assert json.loads(program.encode("logs", whole)) == official(
        REQUESTS["logs"].FromString(whole))


@pytest.mark.parametrize("count", [1 << 40 | 3, 1 << 40, (1 << 64) - 1])
def test_more_bits_on_the_wire_than_the_field_has(program, count):
    span = b"\x50" + varint(count) + b"\x30" + varint(count)  # dropped_attributes_count, kind
    whole = delimited(1, delimited(2, delimited(2, span)))
    assert json.loads(program.encode("traces", whole)) == official(
        REQUESTS["traces"].FromString(whole))


def test_packed_or_not(program):
    for point in (delimited(6, bytes(8) + b"\1" * 8) + b"\x31" + b"\2" * 8, delimited(6, b""),
                  b"\x31" + b"\2" * 8 + b"\x31" + b"\3" * 8):
        metric = delimited(9, delimited(1, point))
        whole = delimited(1, delimited(2, delimited(2, metric)))
        assert json.loads(program.encode("metrics", whole)) == official(
            REQUESTS["metrics"].FromString(whole))


def test_ill_formed_utf8_is_replaced(program):
    whole = log_body(delimited(1, b"a\xff\xc0b\xed\xa0\x80"))
    record = json.loads(program.encode("logs", whole))["resourceLogs"][0]["scopeLogs"][0]
    assert record["logRecords"][0]["body"]["stringValue"] == "a\ufffd\ufffdb" + "\ufffd" * 3


# ---- What people write ----


def span_of(program, text):
    """`text` is JSON of a Span."""
    whole = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + as_text(text) + b"]}]}]}"
    return program.decode("traces", whole).resource_spans[0].scope_spans[0].spans[0]


def value_of(program, text):
    """`text` is JSON of an AnyValue."""
    span = span_of(program, b'{"attributes":[{"key":"k","value":' + text + b"}]}")
    return span.attributes[0].value


@pytest.mark.parametrize(("text", "number"), [
    (b"5", 5), (b'"5"', 5), (b"5.0", 5), (b"5e3", 5000), (b"-0", 0), (b'"-7"', -7),
    (b"9223372036854775807", (1 << 63) - 1), (b'"9223372036854775807"', (1 << 63) - 1),
    (b"-9223372036854775808", -(1 << 63)), (b'"-9223372036854775808"', -(1 << 63)),
])
def test_integers(program, text, number):
    assert value_of(program, b'{"intValue":' + text + b"}").int_value == number


@pytest.mark.parametrize(("text", "number"), [
    (b"18446744073709551615", (1 << 64) - 1), (b'"18446744073709551615"', (1 << 64) - 1),
    (b"9223372036854775808", 1 << 63), (b"1.8446744073709550e19", 18446744073709549568),
])
def test_unsigned_integers_are_exact(program, text, number):
    assert span_of(program, b'{"startTimeUnixNano":' + text + b"}").start_time_unix_nano == number


@pytest.mark.parametrize(("text", "number"), [
    (b"100000000000000000000", 1e20), (b"-100000000000000000000", -1e20), (b'"1e20"', 1e20),
    (b"3", 3.0), (b"1e308", 1e308), (b"1e-400", 0.0), (b'"-Infinity"', -math.inf), (b'"2.5"', 2.5),
    (b"0.1", 0.1), (b"9007199254740993", 9007199254740992.0),
])
def test_doubles(program, text, number):
    assert value_of(program, b'{"doubleValue":' + text + b"}").double_value == number


def test_one_that_is_mended_changes_no_other(program):
    reals = (b"1234567890123456789.5", b"-12345678901234567890e2", b"1e-7", b"12345678901234567")
    values = b",".join(b'{"doubleValue":' + real + b"}" for real in reals)
    value = value_of(program, b'{"arrayValue":{"values":[' + values + rb',{"stringValue":"\ud83d"},'
                     rb'{"stringValue":"12345678901234567890, -1"}]}}').array_value
    assert [v.double_value for v in value.values[:4]] == [float(real) for real in reals]
    assert [v.string_value for v in value.values[4:]] == ["\ufffd", "12345678901234567890, -1"]


@pytest.mark.parametrize(("text", "data"), [
    (b"", b""), (b"+/8=", b"\xfb\xff"), (b"-_8", b"\xfb\xff"), (b"YQ==", b"a"), (b"YQ", b"a"),
    (b"YWJj", b"abc"),
])
def test_bytes(program, text, data):
    assert value_of(program, b'{"bytesValue":"' + text + b'"}').bytes_value == data


def test_ids_of_any_case(program):
    span = span_of(program, {"traceId": "0123456789ABCDEFabcdef0123456789", "span_id": "A1" * 8})
    assert span.trace_id.hex() == "0123456789abcdefabcdef0123456789"
    assert span.span_id.hex() == "a1" * 8


def test_enums_by_name_too(program):
    assert [span_of(program, {"kind": kind}).kind
            for kind in (3, "3", "SPAN_KIND_CLIENT", 3.0, -1)] == [3, 3, 3, 3, -1]


@pytest.mark.parametrize(("text", "string"), [
    (rb'"cut \ud83d"', "cut \ufffd"), (rb'"\ude00\ud83d\ude00"', "\ufffd😀"),
    (rb'"\ude00\ude00"', "\ufffd\ufffd"),
    (rb'"\ud83d\ud83d\ude00\\ud83d"', "\ufffd😀\\ud83d"), (rb'"\ud83d\u0041\n\""', "\ufffdA\n\""),
    (rb'"a\u0000b"', "a\0b"), (rb'"\ud83d 12345678901234567890"', "\ufffd 12345678901234567890"),
])
def test_strings(program, text, string):
    assert value_of(program, b'{"stringValue":' + text + b"}").string_value == string


@pytest.mark.parametrize("text", [
    b"{}", b" \t\r\n{ } ", b'{"resourceSpans":null}', b'{"resourceSpans":[]}', b'{"x":[[[1e5]]]}',
])
def test_nothing_in_it(program, text):
    assert not program.decode("traces", text).ByteSize()


def test_null_is_absent(program):
    span = span_of(program, {"traceId": None, "trace_id": "ab", "kind": None, "status": None,
                             "attributes": None, "name": "n", "flags": None})
    assert span.trace_id == b"\xab"
    assert not span.HasField("status")
    value = value_of(program, b'{"stringValue":null,"boolValue":false}')
    assert value.WhichOneof("value") == "bool_value"


# ---- What is refused ----


@pytest.mark.parametrize(("text", "word"), [
    (b"", "not JSON"), (b" ", "not JSON"), (b"{", "not JSON"), (b"{}{}", "not JSON"),
    (b"[]", "object"), (b"null", "not JSON"), (b"\0", "not JSON"), (b"{}\0", "not JSON"),
    (b'{"a":01}', "not JSON"), (b"{'a':1}", "not JSON"), (b'{"a":1,}', "not JSON"),
    (b'{"a":"\x01"}', "not JSON"), (b'{"a":"\\u12', "not JSON"), (b'{"a":"\\', "not JSON"),
    (b'{"a":NaN}', "not JSON"), (b"\xef\xbb\xbf{}", "not JSON"), (b'{"a":-}', "not JSON"),
    (b'{"a":"\xff"}', "UTF-8"), (b'{"\xed\xa0\x80":1}', "UTF-8"), (b'{"a":"\xc3"}', "UTF-8"),
    (b'{"a":1e400}', "number"), (b'{"a":-1e999999999}', "number"), (b'{"a":1,"a":1}', "twice"),
    (b'{"resourceSpans":[],"resource_spans":[]}', "twice"),
    (b'{"a":' * 3000 + b"1" + b"}" * 3000, "deep"), (b'{"a":' + b"[" * 100000, "deep"),
    (b'{"resourceSpans":{}}', "array"), (b'{"resourceSpans":[null]}', "object"),
    (b'{"resourceSpans":[[]]}', "object"), (b'{"resourceSpans":["x"]}', "object"),
])
def test_no_request(program, text, word):
    assert word in program.refusal("traces", text)


@pytest.mark.parametrize(("span", "word"), [
    ('{"traceId":"abc"}', "odd"), ('{"spanId":"zz"}', "hexadecimal"), ('{"traceId":7}', "string"),
    ('{"traceId":"AAAAAAAAAAAAAAAAAAAAAQ=="}', "hexadecimal"), ('{"name":7}', "string"),
    ('{"kind":"SPAN_KIND_NONE"}', "enum"), ('{"kind":2147483648}', "range"),
    ('{"kind":""}', "integer"), ('{"kind":true}', "integer"), ('{"status":[]}', "object"),
    ('{"status":{"code":1.5}}', "integer"), ('{"flags":-1}', "range"),
    ('{"flags":4294967296}', "range"), ('{"flags":"0x10"}', "integer"),
    ('{"flags":" 1"}', "integer"), ('{"flags":"+1"}', "integer"), ('{"flags":"-"}', "integer"),
    ('{"startTimeUnixNano":18446744073709551616}', "range"),
    ('{"startTimeUnixNano":"18446744073709551616"}', "range"),
    ('{"startTimeUnixNano":1.8446744073709552e19}', "range"),
    ('{"startTimeUnixNano":"1e3"}', "integer"), ('{"startTimeUnixNano":1e20}', "range"),
    ('{"startTimeUnixNano":"-1"}', "range"), ('{"startTimeUnixNano":-1}', "range"),
    ('{"startTimeUnixNano":"1\\u0000"}', "integer"), ('{"startTimeUnixNano":1e400}', "number"),
    ('{"links":[{},null]}', "object"), ('{"links":{}}', "array"), ('{"name":["a"]}', "string"),
])
def test_no_span(program, span, word):
    text = '{"resourceSpans":[{"scopeSpans":[{"spans":[' + span + "]}]}]}"
    assert word in program.refusal("traces", text.encode())


@pytest.mark.parametrize(("value", "word"), [
    ('{"stringValue":"a","intValue":1}', "oneof"), ('{"int_value":1,"intValue":1}', "twice"),
    ('{"intValue":9223372036854775808}', "range"), ('{"intValue":-9223372036854775809}', "range"),
    ('{"intValue":1e19}', "range"), ('{"intValue":0.5}', "integer"), ('{"intValue":{}}', "integer"),
    ('{"doubleValue":1e400}', "number"), ('{"doubleValue":"1e400"}', "range"),
    ('{"doubleValue":"inf"}', "number"), ('{"doubleValue":"0x1p3"}', "number"),
    ('{"doubleValue":""}', "number"), ('{"doubleValue":"1 "}', "number"),
    ('{"doubleValue":"1e5e5"}', "number"), ('{"doubleValue":null,"boolValue":1}', "true"),
    ('{"doubleValue":"1\\u00002"}', "number"), ('{"doubleValue":' + "9" * 400 + "}", "range"),
    ('{"boolValue":"true"}', "true"), ('{"bytesValue":"a"}', "base64"),
    ('{"bytesValue":"YQ="}', "base64"), ('{"bytesValue":"Y Q="}', "base64"),
    ('{"bytesValue":"===="}', "base64"), ('{"bytesValue":"YQ==YQ=="}', "base64"),
    ('{"arrayValue":{"values":[null]}}', "object"), ('{"arrayValue":[]}', "object"),
    ('"text"', "object"),
])
def test_no_value(program, value, word):
    text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + value + "}]}]}]}"
    assert word in program.refusal("logs", text.encode())


def nested(arrays, maps):
    """A request of 5 + 2 * arrays + 3 * maps messages, one within the other."""
    request = REQUESTS["logs"]()
    value = request.resource_logs.add().scope_logs.add().log_records.add().body
    for _ in range(arrays):
        value = value.array_value.values.add()
    for _ in range(maps):
        value = value.kvlist_value.values.add().value
    value.bool_value = True
    return request


def nested_text(arrays, maps):
    value = '{"arrayValue":{"values":[' * arrays + '{"kvlistValue":{"values":[{"value":' * maps
    value += '{"boolValue":true}' + "}]}}" * maps + "]}}" * arrays
    return f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{value}}}]}}]}}]}}'.encode()


def nested_bytes(arrays, maps):
    value = b"\x10\x01"
    for _ in range(maps):
        value = delimited(6, delimited(1, delimited(2, value)))
    for _ in range(arrays):
        value = delimited(5, delimited(1, value))
    return log_body(value)


def test_depth(program):
    """100 messages, and no more."""
    deepest, text = nested_bytes(46, 1), nested_text(46, 1)
    assert program.decode("logs", text).SerializeToString() == deepest
    assert program.encode("logs", deepest) == text
    assert nested(46, 1).SerializeToString() == deepest
    for arrays, maps in ((48, 0), (45, 2), (0, 40)):
        assert "100 deep" in program.refusal("logs", nested_text(arrays, maps))
        assert not program.ask(b"e", "logs", nested_bytes(arrays, maps))[0]


def test_bytes_that_are_no_message(program):
    for body in (b"\xff", delimited(1, b"\x12\x05"), log_body(b"\x1a\x05a")):
        assert not program.ask(b"e", "logs", body)[0]


def test_sizes(program):
    room = 4 << 20
    text = b'{"a":"%s"}' % (b"x" * (room - 8))
    assert len(text) == room
    assert not program.decode("traces", text).ByteSize()
    assert "4 MiB" in program.refusal("traces", text + b" ")
    assert "too many values" in program.refusal("traces", b'{"a":[' + b"{}," * (1 << 20) + b"1]}")
    assert not program.decode("traces", b'{"a":[' + b"{}," * (1 << 16) + b"1]}").ByteSize()
