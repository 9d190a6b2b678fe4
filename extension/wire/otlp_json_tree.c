/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_json_tree.h"

#include <ctype.h>
#include <string.h>

/* ---- Memory ---- */

/* While a text is parsed jansson's memory comes from an arena. It counts what the tree takes, so
 * that it can be bounded; and a tree of many small things is made and freed in a third less
 * time. */
static struct {
	struct arena *arena;
	size_t left;
} heap;

static void *heap_alloc(size_t size)
{
	if (size > heap.left) {
		heap.left = 0;
		return NULL;
	}
	heap.left -= size;
	return arena_alloc(heap.arena, size);
}

static void heap_free(void *memory)
{
	(void)memory; /* all at once, with the arena */
}

static json_t *parse(struct slice text, struct arena *arena, json_error_t *error)
{
	json_malloc_t usual_alloc;
	json_free_t usual_free;
	json_t *root;

	arena_free(arena);
	heap.arena = arena;
	heap.left = OTLP_JSON_TREE_LIMIT;
	json_get_alloc_funcs(&usual_alloc, &usual_free);
	json_set_alloc_funcs(heap_alloc, heap_free);
	root = json_loadb((const char *)text.data, text.len,
			  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
	json_set_alloc_funcs(usual_alloc, usual_free);
	return root;
}

/* ---- Mending ---- */

#define ESCAPE 6 /* the length of \u0000 */

/* The UTF-16 unit of the escape at `p`, or 0 where there is none. */
static unsigned escaped_unit(const uint8_t *p, const uint8_t *end)
{
	unsigned unit = 0;

	if (end - p < ESCAPE || p[0] != '\\' || p[1] != 'u')
		return 0;
	for (int i = 2; i < ESCAPE; i++) {
		if (!isxdigit(p[i]))
			return 0;
		unit = unit << 4 |
		       (unsigned)(isdigit(p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return unit;
}

/* Behind what starts at `p`, which is no quotation mark; `*alone` where it is half a pair. */
static const uint8_t *next_in_string(const uint8_t *p, const uint8_t *end, bool *alone)
{
	unsigned unit = escaped_unit(p, end);

	*alone = false;
	if (unit < 0xd800 || unit > 0xdfff)
		return *p == '\\' && end - p > 1 ? p + 2 : p + 1;
	if (unit < 0xdc00 && (escaped_unit(p + ESCAPE, end) & 0xfc00) == 0xdc00)
		return p + 2 * (ptrdiff_t)ESCAPE;
	*alone = true;
	return p + ESCAPE;
}

/* Copies the string that starts at `p`. */
static const uint8_t *mend_string(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	bytes_addc(out, *p++);
	while (p < end && *p != '"') {
		bool alone;
		const uint8_t *next = next_in_string(p, end, &alone);

		if (alone)
			bytes_append(out, "\\ufffd", ESCAPE);
		else
			bytes_append(out, p, (size_t)(next - p));
		p = next;
	}
	if (p < end)
		bytes_addc(out, *p++);
	return p;
}

/* Copies the number that starts at `p`, as a string if it may not fit into the 64 bits of jansson's
 * integers: those of 18 digits do. (JSON.stringify(1e20) is 21 digits, and no double is meant to be
 * refused. That a string field takes such a number then, too, does no harm.) */
static const uint8_t *mend_number(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	const uint8_t *start = p, *digits;
	bool large;

	p += *p == '-';
	for (digits = p; p < end && isdigit(*p);)
		p++;
	large = p - digits > 18 && (p == end || !strchr(".eE", *p));
	if (large)
		bytes_addc(out, '"');
	bytes_append(out, start, (size_t)(p - start));
	if (large)
		bytes_addc(out, '"');
	/* A fraction or exponent is not the start of another number. */
	while (p < end && (isalnum(*p) || *p == '.' || *p == '+' || *p == '-'))
		bytes_addc(out, *p++);
	return p;
}

static void mend(struct slice text, struct bytes *out)
{
	const uint8_t *p = text.data, *end = p + text.len;

	while (p < end) {
		if (*p == '"')
			p = mend_string(p, end, out);
		else if (isdigit(*p) || *p == '-')
			p = mend_number(p, end, out);
		else
			bytes_addc(out, *p++);
	}
}

/* ---- Both ---- */

static const char *reason(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return "the JSON is not UTF-8";
	case json_error_duplicate_key:
		return "a key stands twice in one JSON object";
	case json_error_numeric_overflow:
		return "a number is larger than any field can hold";
	case json_error_stack_overflow:
		return "the JSON is nested too deep";
	default:
		return "the body is not JSON";
	}
}

static bool may_be_mended(const json_error_t *error)
{
	/* Half a surrogate pair is a syntax error for jansson. */
	return json_error_code(error) == json_error_numeric_overflow ||
	       json_error_code(error) == json_error_invalid_syntax;
}

static enum otlp_json_result judge(const struct otlp_json_tree *tree, const struct bytes *mended,
				   const json_error_t *error, const char **why)
{
	if (tree->memory.failed || mended->failed) {
		*why = "memory is short";
		return OTLP_JSON_NO_MEMORY;
	}
	if (!tree->root && heap.left == 0) {
		*why = "too many values in one JSON request: send less at once";
		return OTLP_JSON_TOO_LARGE;
	}
	*why = tree->root ? "the JSON is not an object" : reason(error);
	if (!json_is_object(tree->root))
		return OTLP_JSON_BAD;
	*why = NULL;
	return OTLP_JSON_OK;
}

enum otlp_json_result otlp_json_tree_load(struct slice text, struct otlp_json_tree *tree,
					  const char **why)
{
	enum otlp_json_result result;
	struct bytes mended = {0};
	json_error_t error = {0}; /* jansson sets no code where memory is short */

	*tree = (struct otlp_json_tree){0};
	if (text.len > OTLP_JSON_LIMIT) {
		*why = "a request in JSON may have 4 MiB: send less at once";
		return OTLP_JSON_TOO_LARGE;
	}
	/* For jansson a NUL is the end, whatever follows. */
	if (text.len == 0 || memchr(text.data, 0, text.len)) {
		*why = "the body is not JSON";
		return OTLP_JSON_BAD;
	}
	tree->root = parse(text, &tree->memory, &error);
	if (!tree->root && may_be_mended(&error)) {
		mend(text, &mended);
		if (!mended.failed && !slice_equal(text, bytes_slice(&mended)))
			tree->root = parse(bytes_slice(&mended), &tree->memory, &error);
	}
	result = judge(tree, &mended, &error, why);
	bytes_free(&mended);
	return result;
}

void otlp_json_tree_free(struct otlp_json_tree *tree)
{
	arena_free(&tree->memory);
	*tree = (struct otlp_json_tree){0};
}
