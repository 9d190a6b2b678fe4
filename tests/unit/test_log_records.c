/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "collector_logs.pb-c.h"
#include "domain/log_records.h"
#include "guard.h"
#include "log_show.h"
#include "otlp_count.h"
#include "short_memory.h"
#include "version.h"
#include "wire/otlp.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define REQUEST "8286a188-ba32-4475-8077-530cd35c09a9"
#define OTHER "00000000-AAAA-bbbb-CCCC-000000000001"
#define OBSERVED UINT64_C(1700000000000000000)
#define AT UINT64_C(1767323045000000000) /* 2026-01-02T03:04:05Z, the events' own time */

/* An environment that knows both requests, the second of which runs if that can be told. */
static const struct invocations running = {
	.ring = {{.request_id = OTHER}, {.request_id = REQUEST, .started = true}},
	.count = 2,
	.current = 2,
};
static const struct invocations idle = {
	.ring = {{.request_id = OTHER}},
	.count = 1,
};

static void add(void *ctx, const struct telemetry_event *event)
{
	log_records_add(ctx, event, OBSERVED);
}

/* The request made of one posted body, as protobuf-c reads it; NULL where memory was short. */
static Otlp__ExportLogsServiceRequest *converted(const char *body, const struct invocations *table)
{
	struct log_records records = {.invocations = table, .parse_json = true};
	Otlp__ExportLogsServiceRequest *request = NULL;
	struct bytes out = {0};
	struct otlp_verdict verdict;
	size_t count;

	telemetry_each(slice_str(body), add, &records);
	count = records.count;
	if (log_records_finish(&records, &out)) {
		verdict = otlp_check(OTLP_LOGS, guard_put(bytes_slice(&out)));
		if (!verdict.valid)
			fail_msg("%s: %s", body, verdict.why);
		assert_false(verdict.alone);
		assert_int_equal(verdict.items, count);
		request = otlp__export_logs_service_request__unpack(NULL, out.len, out.data);
		assert_non_null(request);
	}
	assert_int_equal(records.count, 0);
	assert_null(records.object.members);
	bytes_free(&out);
	return request;
}

static void free_request(Otlp__ExportLogsServiceRequest *request)
{
	otlp__export_logs_service_request__free_unpacked(request, NULL);
}

static const Otlp__LogRecord *only_record(const Otlp__ExportLogsServiceRequest *request)
{
	assert_non_null(request);
	assert_int_equal(request->n_resource_logs, 1);
	assert_int_equal(request->resource_logs[0]->n_scope_logs, 1);
	assert_int_equal(request->resource_logs[0]->scope_logs[0]->n_log_records, 1);
	return request->resource_logs[0]->scope_logs[0]->log_records[0];
}

struct line_case {
	const char *record; /* JSON */
	const char *shown;
	uint64_t nanos; /* behind AT */
};

static void check_case(const struct line_case *c, const struct invocations *table)
{
	Otlp__ExportLogsServiceRequest *request;
	const Otlp__LogRecord *r;
	struct bytes body = {0}, shown = {0};

	bytes_addf(&body,
		   "[{\"time\":\"2026-01-02T03:04:05Z\",\"type\":\"function\",\"record\":%s}]",
		   c->record);
	request = converted(bytes_cstr(&body), table);
	r = only_record(request);
	assert_true(r->observed_time_unix_nano == OBSERVED);
	log_show(&shown, r);
	assert_string_equal(bytes_cstr(&shown), c->shown);
	assert_true(r->time_unix_nano == AT + c->nanos);
	free_request(request);
	bytes_free(&body);
	bytes_free(&shown);
}

/* ---- Text ---- */

#define OF_REQUEST "|faas.invocation_id='" REQUEST "'"
#define OF_OTHER "|faas.invocation_id='" OTHER "'"

static const struct line_case texts[] = {
	/* Python's runtime: logging, and print */
	{"\"[INFO]\\t2026-01-02T03:04:06.123Z\\t" OTHER "\\thello\\n\"", "9|INFO|'hello'" OF_OTHER,
	 1123000000},
	{"\"[WARNING]\\t2026-01-02T03:04:06.123Z\\t" OTHER "\\ta\\tb\\n\"",
	 "13|WARNING|'a\tb'" OF_OTHER, 1123000000},
	{"\"[CRITICAL]\\t2026-01-02T03:04:06.000Z\\t" OTHER "\\t\\n\"", "21|CRITICAL|''" OF_OTHER,
	 1000000000},
	{"\"printed\\n\"", "0||'printed'" OF_REQUEST, 0},
	{"\"[ERROR] ValueError: no\\nTraceback (most recent call last):\\n\\u00a0 File\"",
	 "17|ERROR|'ValueError: no\nTraceback (most recent call last):\n\xc2\xa0 File'|"
	 "exception.type='ValueError'|exception.message='no'" OF_REQUEST,
	 0},
	/* what Lambda's runtime for Node says of an error: its other members are not the line's */
	{"\"Invoke Error \\t{\\\"errorType\\\":\\\"E\\\",\\\"errorMessage\\\":\\\"m\\\",\\\"level\\\":\\\"debug\\\"}\"",
	 "0||'Invoke Error \t{\"errorType\":\"E\",\"errorMessage\":\"m\",\"level\":\"debug\"}'"
	 "|exception.type='E'|exception.message='m'" OF_REQUEST,
	 0},
	{"\"Invoke Error \\t{\\\"errorType\\\":\\\"E\\\"\"",
	 "0||'Invoke Error \t{\"errorType\":\"E\"'" OF_REQUEST, 0},
	{"\"row \\t{\\\"error\\\":\\\"E\\\"}\"", "0||'row \t{\"error\":\"E\"}'" OF_REQUEST, 0},
	/* Node's runtime */
	{"\"2026-01-02T03:04:06.123Z\\t" OTHER "\\tINFO\\thello\\n\"", "9|INFO|'hello'" OF_OTHER,
	 1123000000},
	{"\"2026-01-02T03:04:06.123Z\\t" OTHER "\\tERROR\\tInvoke Error \\t{\\\"a\\\":1}\\n\"",
	 "17|ERROR|'Invoke Error \t{\"a\":1}'" OF_OTHER, 1123000000},
	{"\"2026-01-02T03:04:06.123Z\\t" OTHER "\\tERROR\\tINFO\\tDEBUG\\n\"",
	 "17|ERROR|'INFO\tDEBUG'" OF_OTHER, 1123000000},
	/* Older Nodes have no level; outside of a request there is none */
	{"\"2026-01-02T03:04:06.123Z\\t" OTHER "\\thello\"", "0||'hello'" OF_OTHER, 1123000000},
	{"\"2026-01-02T03:04:06.123Z\\tundefined\\tINFO\\thello\"", "9|INFO|'hello'" OF_REQUEST,
	 1123000000},
	/* What only looks like it is the message, whole */
	{"\"INFO\\thello\"", "0||'INFO\thello'" OF_REQUEST, 0},
	{"\"[INFO]\\t2026-01-02T03:04:06.123Z\\tnot-an-id\\thello\"",
	 "0||'[INFO]\t2026-01-02T03:04:06.123Z\tnot-an-id\thello'" OF_REQUEST, 0},
	{"\"" OTHER "\\thello\"", "0||'" OTHER "\thello'" OF_REQUEST, 0},
	{"\"2026-01-02T03:04:06.123Z\\t2026-01-02T03:04:06.123Z\\t" OTHER "\\tx\"",
	 "0||'2026-01-02T03:04:06.123Z\t2026-01-02T03:04:06.123Z\t" OTHER "\tx'" OF_REQUEST, 0},
	{"\"[INFO]\\t2026-01-02T03:04:06.123Z\\t" OTHER "\"",
	 "0||'[INFO]\t2026-01-02T03:04:06.123Z\t" OTHER "'" OF_REQUEST, 0},
	{"\"2026-01-02T03:04:06.123Z\\t8286a188-ba32-4475-8077-530cd35c09ag\\tINFO\\tx\"",
	 "0||'2026-01-02T03:04:06.123Z\t8286a188-ba32-4475-8077-530cd35c09ag\tINFO\tx'" OF_REQUEST,
	 0},
	{"\"2026-01-02T03:04:06.123Z\\tg286a188-ba32-4475-8077-530cd35c09a9\\tINFO\\tx\"",
	 "0||'2026-01-02T03:04:06.123Z\tg286a188-ba32-4475-8077-530cd35c09a9\tINFO\tx'" OF_REQUEST,
	 0},
	/* A level in capitals behind a time or in brackets is one, a word that is written like it
	 * is not */
	{"\"2026-01-02 03:04:06,123 ERROR in module\"", "17|ERROR|'in module'" OF_REQUEST,
	 1123000000},
	{"\"2026-01-02 03:04:06,123 error in module\"",
	 "0||'2026-01-02 03:04:06,123 error in module'" OF_REQUEST, 0},
	{"\"2026-01-02 03:04:06 is when it was\"",
	 "0||'2026-01-02 03:04:06 is when it was'" OF_REQUEST, 0},
	{"\"2026/01/02 03:04:06 it was\"", "0||'it was'" OF_REQUEST, 1000000000},
	{"\"[WARN] low\"", "13|WARN|'low'" OF_REQUEST, 0},
	{"\"[warn] low\"", "0||'[warn] low'" OF_REQUEST, 0},
	{"\"[WARN]low\"", "0||'[WARN]low'" OF_REQUEST, 0},
	{"\"[WARNED] of it\"", "0||'[WARNED] of it'" OF_REQUEST, 0},
	{"\"ERROR: it failed\"", "0||'ERROR: it failed'" OF_REQUEST, 0},
	{"\"INFORMATION for you\"", "0||'INFORMATION for you'" OF_REQUEST, 0},
	{"\"ERROR:shop.orders:it failed\"", "17|ERROR|'it failed'|logger='shop.orders'" OF_REQUEST,
	 0},
	/* Ruby's Logger has words of its own for levels, and this one where it knows none */
	{"\"A, [2026-01-02T03:04:06.123000 #7]   ANY -- shop: m\"",
	 "0|ANY|'m'|logger='shop'|process.pid=7" OF_REQUEST, 1123000000},
	{"\"A, [2026-01-02T03:04:06.123000 #7]   Any -- : m\"",
	 "0||'A, [2026-01-02T03:04:06.123000 #7]   Any -- : m'" OF_REQUEST, 0},
	{"\"A, [2026-01-02T03:04:06.123000 #7]  -- : m\"",
	 "0||'A, [2026-01-02T03:04:06.123000 #7]  -- : m'" OF_REQUEST, 0},
	/* Rust's runtime: its span and no other */
	{"\" INFO Lambda runtime invoke{requestId=\\\"" OTHER
	 "\\\" xrayTraceId=\\\"x\\\"}: taken n=1\"",
	 "9|INFO|'taken n=1'" OF_OTHER, 0},
	{"\"ERROR Lambda runtime invoke{requestId=\\\"" OTHER "\\\"}:stock{n=1}: low\"",
	 "17|ERROR|'stock{n=1}: low'" OF_OTHER, 0},
	{"\" INFO Lambda runtime invoke{requestId=\\\"" OTHER "\\\"\"",
	 "0||' INFO Lambda runtime invoke{requestId=\"" OTHER "\"'" OF_REQUEST, 0},
	{"\" INFO request{requestId=\\\"" OTHER "\\\"}: low\"",
	 "0||' INFO request{requestId=\"" OTHER "\"}: low'" OF_REQUEST, 0},
	/* key=value: all of the line, with a level and a message, or nothing of it */
	{"\"level=info msg=hello order=7 ratio=0.5 paid=true id=007 none= at=\\\"a \\\\\\\"b\\\"\"",
	 "9|info|'hello'|order=7|ratio=0.50d|paid=true|id='007'|none=''|at='a \"b'" OF_REQUEST, 0},
	{"\"level=info msg=hello and more\"", "0||'level=info msg=hello and more'" OF_REQUEST, 0},
	{"\"a=1 b=2\"", "0||'a=1 b=2'" OF_REQUEST, 0},
	{"\"level=info msg=\\\"no end\"", "0||'level=info msg=\"no end'" OF_REQUEST, 0},
	{"\"level=info msg=\\\"Go's \\\\x41\\\"\"", "9|info|'Go's \\x41'" OF_REQUEST, 0},
	/* JSON behind a prefix: its own fields come first */
	{"\"2026-01-02T03:04:06.123Z\\t" OTHER
	 "\\tINFO\\t{\\\"level\\\":\\\"warn\\\",\\\"order\\\":7,"
	 "\\\"msg\\\":\\\"m\\\"}\"",
	 "13|warn|'m'|order=7" OF_OTHER, 1123000000},
	/* Line ends only */
	{"\"two\\r\\n\\r\\n\"", "0||'two'" OF_REQUEST, 0},
	{"\" \\t x \\n\"", "0||' \t x '" OF_REQUEST, 0},
	{"\"\\n\"", "0||''" OF_REQUEST, 0},
	{"\"\"", "0||''" OF_REQUEST, 0},
	{"\"\\t\\t\\t\"", "0||'\t\t\t'" OF_REQUEST, 0},
	/* A NUL ends nothing */
	{"\"a\\u0000b\"",
	 "0||'a\xef\xbf\xbd"
	 "b'" OF_REQUEST,
	 0},
	{"\"lone \\ud800\"", "0||'lone \xef\xbf\xbd'" OF_REQUEST, 0},
	{"\"invalid \xff\"", "0||'invalid \xef\xbf\xbd'" OF_REQUEST, 0},
	/* No string and no object: its text */
	{"7", "0||'7'" OF_REQUEST, 0},
	{"null", "0||'null'" OF_REQUEST, 0},
	{"[1, \"a\"]", "0||'[1, \"a\"]'" OF_REQUEST, 0},
	{"{\"a\":\"\xff\",}", "0||'{\"a\":\"\xef\xbf\xbd\",}'" OF_REQUEST, 0},
};

static void test_texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(texts); i++)
		check_case(&texts[i], &running);
}

static void test_no_current(void **state)
{
	static const struct line_case cases[] = {
		{"\"printed\"", "0||'printed'", 0},
		{"{\"message\":\"m\"}", "0||'m'", 0},
		{"\"[INFO]\\t2026-01-02T03:04:06Z\\t" OTHER "\\tx\"", "9|INFO|'x'" OF_OTHER,
		 1000000000},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		check_case(&cases[i], &idle);
}

/* ---- JSON ---- */

static const struct line_case objects[] = {
	/* Lambda's own JSON format, Python and Node */
	{"{\"timestamp\":\"2026-01-02T03:04:06Z\",\"level\":\"INFO\",\"message\":\"hello\","
	 "\"logger\":\"root\",\"requestId\":\"" OTHER "\"}",
	 "9|INFO|'hello'|logger='root'" OF_OTHER, 1000000000},
	{"{\"timestamp\":\"2026-01-02T03:04:06.5Z\",\"level\":\"error\",\"requestId\":\"" OTHER
	 "\",\"message\":{\"name\":\"E\",\"n\":1}}",
	 "17|error|{name:'E',n:1}" OF_OTHER, 1500000000},
	/* Java */
	{"{\"timestamp\":\"2026-01-02T03:04:06.5Z\",\"message\":\"hello\",\"level\":\"INFO\","
	 "\"AWSRequestId\":\"" OTHER "\"}",
	 "9|INFO|'hello'" OF_OTHER, 1500000000},
	{"{\"message\":\"m\",\"AWSRequestId\":\"x\",\"requestId\":\"" OTHER "\"}",
	 "0||'m'|AWSRequestId='x'" OF_OTHER, 0},
	/* every type keeps its own */
	{"{\"message\":\"m\",\"i\":-1,\"d\":1.5,\"t\":true,\"f\":false,\"n\":null,\"s\":\"\","
	 "\"l\":[1,\"x\",[true]],\"o\":{\"k\":{\"z\":0}}}",
	 "0||'m'|i=-1|d=1.50d|t=true|f=false|n=empty|s=''|l=[1,'x',[true]]|o={k:{z:0}}" OF_REQUEST,
	 0},
	/* a message of any type */
	{"{\"message\":[1,2]}", "0||[1,2]" OF_REQUEST, 0},
	{"{\"message\":\"\"}", "0||''" OF_REQUEST, 0},
	/* without one it is the line */
	{"{\"msg\":\"hello\", \"level\":\"warn\"}", "13|warn|'hello'" OF_REQUEST, 0},
	{"{\"order\":7, \"level\":\"warn\"}",
	 "13|warn|'{\"order\":7, \"level\":\"warn\"}'|order=7" OF_REQUEST, 0},
	{"{}", "0||'{}'" OF_REQUEST, 0},
	/* levels that are none, or no text */
	{"{\"message\":\"m\",\"level\":\"gold\"}", "0|gold|'m'" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"level\":99}", "0||'m'|level=99" OF_REQUEST, 0},
	/* timestamps that are none */
	{"{\"message\":\"m\",\"timestamp\":\"noon\"}", "0||'m'|timestamp='noon'" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"timestamp\":17673}", "0||'m'|timestamp=17673" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"timestamp\":1767323046}", "0||'m'" OF_REQUEST, 1000000000},
	/* a request id that is none, or of a request that nobody knows: API Gateway's look alike */
	{"{\"message\":\"m\",\"requestId\":\"8286a188-ba32-4475-8077-530cd35c09a0\"}",
	 "0||'m'|requestId='8286a188-ba32-4475-8077-530cd35c09a0'" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"requestId\":7}", "0||'m'|requestId=7" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"requestId\":\"\"}", "0||'m'|requestId=''" OF_REQUEST, 0},
	/* An object that was printed, in the runtime's own, as long as that says nothing else */
	{"{\"timestamp\":\"2026-01-02T03:04:06Z\",\"level\":\"INFO\",\"requestId\":\"" OTHER "\","
	 "\"message\":\"{\\\"msg\\\":\\\"m\\\",\\\"level\\\":\\\"warn\\\",\\\"order\\\":7}\"}",
	 "13|warn|'m'|order=7" OF_OTHER, 1000000000},
	{"{\"level\":\"INFO\",\"message\":\"{\\\"order\\\":7}\"}",
	 "9|INFO|'{\"order\":7}'|order=7" OF_REQUEST, 0},
	{"{\"message\":\"{\\\"order\\\":7}\",\"logger\":\"l\"}",
	 "0||'{\"order\":7}'|logger='l'" OF_REQUEST, 0},
	{"{\"message\":\"{no\"}", "0||'{no'" OF_REQUEST, 0},
	/* what loggers have for what people add is the line's own, if it is theirs and its names
	 * are free */
	{"{\"level\":\"INFO\",\"fields\":{\"message\":\"m\",\"order\":7,\"error\":\"no\"},\"target\":\"t\"}",
	 "9|INFO|'m'|target='t'|order=7|exception.message='no'" OF_REQUEST, 0},
	{"{\"level\":\"INFO\",\"fields\":{\"message\":\"m\",\"order\":7,\"target\":\"x\"},\"target\":\"t\"}",
	 "9|INFO|'m'|fields={order:7,target:'x'}|target='t'" OF_REQUEST, 0},
	{"{\"level\":\"INFO\",\"fields\":{\"order\":7},\"message\":\"m\"}",
	 "9|INFO|'m'|fields={order:7}" OF_REQUEST, 0},
	{"{\"fields\":{\"order\":7},\"msg\":\"m\"}", "0||'m'|fields={order:7}" OF_REQUEST, 0},
	{"{\"level\":\"INFO\",\"msg\":\"m\",\"fields\":7}", "9|INFO|'m'|fields=7" OF_REQUEST, 0},
	{"{\"level\":\"INFO\",\"msg\":\"m\",\"fields\":[{\"a\":1},2]}",
	 "9|INFO|'m'|fields=[{a:1},2]" OF_REQUEST, 0},
	{"{\"loggerName\":\"l\",\"message\":\"m\",\"mdc\":{\"AWSRequestId\":\"" OTHER "\",\"a\":1},"
	 "\"kvpList\":[{\"b\":2},{},{\"c\":{\"d\":3}}]}",
	 "0||'m'|loggerName='l'|a=1|b=2|c={d:3}" OF_OTHER, 0},
	{"{\"loggerName\":\"l\",\"message\":\"m\",\"mdc\":{\"a\":1},\"kvpList\":[{\"a\":2}]}",
	 "0||'m'|loggerName='l'|kvpList=[{a:2}]|a=1" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"mdc\":{\"a\":1},\"contextMap\":null}",
	 "0||'m'|mdc={a:1}|contextMap=empty" OF_REQUEST, 0},
	{"{\"loggerName\":\"l\",\"message\":\"m\",\"mdc\":{\"mdc\":{\"a\":1}}}",
	 "0||'m'|loggerName='l'|mdc={mdc:{a:1}}" OF_REQUEST, 0},
	/* Java's frames as objects become the trace as Java prints it; what is none of them
	 * stays */
	{"{\"message\":\"m\",\"thrown\":{\"name\":\"a.E\",\"message\":\"no \\\"x\\\"\",\"extendedStackTrace\":["
	 "{\"class\":\"a.B\",\"method\":\"c\",\"file\":\"B.java\",\"line\":7,\"exact\":true},"
	 "{\"class\":\"N\",\"method\":\"<init>\",\"file\":\"N.java\",\"line\":-2},"
	 "{\"class\":\"S\",\"method\":\"s\",\"file\":\"S.java\",\"line\":-1},"
	 "{\"class\":\"U\",\"method\":\"u\",\"file\":null,\"line\":1}]}}",
	 "0||'m'|exception.type='a.E'|exception.message='no \"x\"'"
	 "|exception.stacktrace='a.E: no \"x\"\n\tat a.B.c(B.java:7)\n\tat N.<init>(Native Method)"
	 "\n\tat S.s(S.java)\n\tat U.u(Unknown Source)'" OF_REQUEST,
	 0},
	{"{\"message\":\"m\",\"throwable\":{\"className\":\"E\",\"stepArray\":["
	 "{\"className\":\"B\",\"methodName\":\"c\",\"fileName\":\"B.java\",\"lineNumber\":7}]}}",
	 "0||'m'|exception.type='E'|exception.stacktrace='E\n\tat B.c(B.java:7)'" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"stackTrace\":[{\"class\":\"B\",\"method\":\"c\"}]}",
	 "0||'m'|exception.stacktrace='\tat B.c(Unknown Source)'" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"stackTrace\":[{\"class\":\"B\",\"method\":\"c\"},{\"class\":\"B\"}]}",
	 "0||'m'|stackTrace=[{class:'B',method:'c'},{class:'B'}]" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"stackTrace\":[{\"class\":\"B\",\"method\":\"c\"},7]}",
	 "0||'m'|stackTrace=[{class:'B',method:'c'},7]" OF_REQUEST, 0},
	{"{\"message\":\"m\",\"stackTrace\":[]}", "0||'m'|stackTrace=[]" OF_REQUEST, 0},
	/* mended, and kept apart */
	{"{\"message\":\"\\ud800\",\"n\":1e400,\"x\":\"a\\u0000\\u0000b\"}",
	 "0||'\xef\xbf\xbd'|n='1e400'|x='a\xef\xbf\xbd\xef\xbf\xbd"
	 "b'" OF_REQUEST,
	 0},
	{"{\"\":1,\"caf\xc3\xa9\":2}",
	 "0||'{\"\":1,\"caf\xc3\xa9\":2}'|=1|caf\xc3\xa9=2" OF_REQUEST, 0},
};

static void test_objects(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(objects); i++)
		check_case(&objects[i], &running);
}

/* However deep it is: a message that backends take (otlp_check in converted()). */
static void test_deep_objects(void **state)
{
	static const char *const open[] = {"{\"k\":", "[", "[{\"k\":"};
	static const char *const close[] = {"}", "]", "}]"};
	size_t kind, depth, i;

	(void)state;
	for (kind = 0; kind < LENGTH(open); kind++) {
		for (depth = 1; depth < 130; depth++) {
			Otlp__ExportLogsServiceRequest *request;
			struct bytes body = {0};

			bytes_addf(&body,
				   "[{\"type\":\"function\",\"record\":{\"message\":\"m\",\"x\":");
			for (i = 0; i < depth; i++)
				bytes_addf(&body, "%s", open[kind]);
			bytes_addf(&body, "7");
			for (i = 0; i < depth; i++)
				bytes_addf(&body, "%s", close[kind]);
			bytes_addf(&body, "}}]");
			request = converted(bytes_cstr(&body), &idle);
			assert_int_equal(only_record(request)->n_attributes, 1);
			free_request(request);
			bytes_free(&body);
		}
	}
}

/* What is no event at all is a record all the same, of its text. */
static void test_broken(void **state)
{
	static const struct {
		const char *body;
		const char *shown;
	} cases[] = {
		{"not found\n", "0||'not found'" OF_REQUEST},
		{"[{\"typ\":\"function\"}]", "0||'{\"typ\":\"function\"}'" OF_REQUEST},
		{"[\"\xc3\"]", "0||'\"\xef\xbf\xbd\"'" OF_REQUEST},
		/* a function's record that is missing */
		{"[{\"type\":\"function\"}]", "0||''" OF_REQUEST},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		Otlp__ExportLogsServiceRequest *request = converted(cases[i].body, &running);
		struct bytes shown = {0};

		log_show(&shown, only_record(request));
		assert_string_equal(bytes_cstr(&shown), cases[i].shown);
		assert_true(only_record(request)->time_unix_nano == 0);
		free_request(request);
		bytes_free(&shown);
	}
}

/* Many in one post: in order, under one scope that says who made them. */
static void test_many(void **state)
{
	Otlp__ExportLogsServiceRequest *request;
	struct bytes body = {0};
	Otlp__ScopeLogs *scope;
	size_t i, n = 1000;

	(void)state;
	for (i = 0; i < n; i++)
		bytes_addf(&body, "%c{\"type\":\"function\",\"record\":\"line %zu\\n\"}",
			   i ? ',' : '[', i);
	bytes_addc(&body, ']');
	request = converted(bytes_cstr(&body), &running);
	assert_int_equal(request->n_resource_logs, 1);
	assert_null(request->resource_logs[0]->resource);
	scope = request->resource_logs[0]->scope_logs[0];
	assert_string_equal(scope->scope->name, "lull");
	assert_string_equal(scope->scope->version, LULL_VERSION);
	assert_int_equal(scope->n_log_records, n);
	for (i = 0; i < n; i++) {
		char line[32];

		snprintf(line, sizeof line, "line %zu", i);
		assert_string_equal(scope->log_records[i]->body->string_value, line);
	}
	free_request(request);
	bytes_free(&body);
}

static void test_none(void **state)
{
	struct log_records records = {0};
	struct bytes out = {0};

	(void)state;
	assert_true(log_records_finish(&records, &out));
	assert_int_equal(out.len, 0);
	bytes_free(&out);
}

/* Lines of every kind, so many that everything must grow. */
static size_t many_kinds(struct bytes *body)
{
	size_t i, n = 0;

	for (i = 0; i < 40; i++) {
		const struct line_case *c = &texts[i % LENGTH(texts)];

		bytes_addf(body, "%c{\"type\":\"function\",\"record\":%s}", i ? ',' : '[',
			   c->record);
		c = &objects[i % LENGTH(objects)];
		bytes_addf(body, ",{\"type\":\"function\",\"record\":%s}", c->record);
		n += 2;
	}
	bytes_addc(body, ']');
	return n;
}

/* Whichever allocation fails: it is said, all are counted, and nothing leaks. */
static void test_short_memory(void **state)
{
	struct bytes body = {0};
	size_t n = many_kinds(&body);
	int at, failed = 0;

	(void)state;
	for (at = 1; at < 10000; at++) {
		struct log_records records = {.invocations = &running, .parse_json = true};
		struct bytes out = {0};
		bool ok;

		short_memory_at = at;
		telemetry_each(bytes_slice(&body), add, &records);
		assert_int_equal(records.count, n);
		ok = log_records_finish(&records, &out);
		assert_int_equal(otlp_count(OTLP_LOGS, bytes_slice(&out)), ok ? n : 0);
		bytes_free(&out);
		if (short_memory_at > 0)
			break;
		/* A text that cannot be mended for want of memory is kept as it is. */
		failed += !ok;
	}
	short_memory_at = 0;
	assert_in_range(failed, 4, 1000);
	bytes_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),   cmocka_unit_test(test_no_current),
		cmocka_unit_test(test_objects), cmocka_unit_test(test_deep_objects),
		cmocka_unit_test(test_broken),  cmocka_unit_test(test_many),
		cmocka_unit_test(test_none),    cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
