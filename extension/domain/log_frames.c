/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_frames.h"

#include <ctype.h>

#include "domain/log_value.h"
#include "wire/json_escape.h"
#include "wire/json_scan.h"

/* What a frame tells, under log4j2's name and under Logback's. */
enum { CLASS, METHOD, FILE_NAME, LINE, PARTS };

static const char *const names[PARTS][2] = {
	{"class", "className"},
	{"method", "methodName"},
	{"file", "fileName"},
	{"line", "lineNumber"},
};

struct frame {
	struct slice parts[PARTS]; /* as JSON; {NULL, 0}: not told */
};

static struct frame read_frame(struct slice object)
{
	struct frame f = {0};

	for (unsigned i = 0; i < PARTS; i++) {
		f.parts[i] = json_scan_member(object, names[i][0]);
		if (!f.parts[i].data)
			f.parts[i] = json_scan_member(object, names[i][1]);
	}
	return f;
}

bool log_frames_are(struct slice json)
{
	struct slice element;
	size_t count = 0;

	for (; json_scan_array(&json, &element); count++) {
		struct frame f = read_frame(element);

		if (log_value_quoted(f.parts[CLASS]).len == 0 ||
		    log_value_quoted(f.parts[METHOD]).len == 0)
			return false;
	}
	return count > 0;
}

static void put_quoted(struct slice json, struct bytes *out)
{
	json_unescape(log_value_quoted(json), out);
}

/* Java has no lines of what is native, and says -2. */
static void put_place(const struct frame *f, struct bytes *out)
{
	if (slice_is(f->parts[LINE], "-2")) {
		bytes_addf(out, "Native Method");
		return;
	}
	if (log_value_quoted(f->parts[FILE_NAME]).len == 0) {
		bytes_addf(out, "Unknown Source");
		return;
	}
	put_quoted(f->parts[FILE_NAME], out);
	if (f->parts[LINE].len > 0 && isdigit(f->parts[LINE].data[0])) {
		bytes_addc(out, ':');
		bytes_add(out, f->parts[LINE]);
	}
}

void log_frames_put(struct slice json, struct bytes *out)
{
	struct slice element;

	while (json_scan_array(&json, &element)) {
		struct frame f = read_frame(element);

		bytes_addf(out, "%s\tat ", out->len > 0 ? "\n" : "");
		put_quoted(f.parts[CLASS], out);
		bytes_addc(out, '.');
		put_quoted(f.parts[METHOD], out);
		bytes_addc(out, '(');
		put_place(&f, out);
		bytes_addc(out, ')');
	}
}
