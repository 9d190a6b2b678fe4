/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_valid.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/json_escape.h"

/* ---- Strings ---- */

#define EACH UINT64_C(0x0101010101010101)
#define HIGH (EACH * 0x80)

/* The high bit of every byte that is none of the plain ones; above the first of them there may be
 * too many. */
static uint64_t odd_bytes(uint64_t word)
{
	uint64_t quote = word ^ EACH * '"', backslash = word ^ EACH * '\\';

	return (((quote - EACH) & ~quote) | ((backslash - EACH) & ~backslash) |
		((word - EACH * 0x20) & ~word) | word) &
	       HIGH;
}

/* Behind all that may stand in a string as it is: at a quote, a backslash, a control character, a
 * byte above 0x7f, or at `end`. */
static const uint8_t *plain(const uint8_t *p, const uint8_t *end)
{
	uint64_t word, odd;

	/* Both architectures are little-endian: the first byte is the lowest. */
	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, sizeof word);
		odd = odd_bytes(word);
		if (odd)
			return p + __builtin_ctzll(odd) / 8;
	}
	while (p < end && *p != '"' && *p != '\\' && *p >= 0x20 && *p < 0x80)
		p++;
	return p;
}

const uint8_t *json_string_end(const uint8_t *p, const uint8_t *end)
{
	for (p++; (p = plain(p, end)) < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && ++p == end)
			break;
	}
	return end;
}

/* Behind the closing quote of the string whose contents start at `p`, or NULL. */
static const uint8_t *string(const uint8_t *p, const uint8_t *end)
{
	while ((p = plain(p, end)) < end && *p != '"') {
		uint32_t code;
		size_t len = 0;

		if (*p == '\\')
			len = json_escape(p, end, &code);
		else if (*p >= 0x80)
			len = utf8_sequence(p, end);
		if (len == 0)
			return NULL;
		p += len;
	}
	return p < end ? p + 1 : NULL;
}

/* ---- Numbers ---- */

bool json_number_is_real(struct slice number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.data[i] == '.' || (number.data[i] | 0x20) == 'e')
			return true;
	return false;
}

bool json_number_fits(struct slice number)
{
	char text[JSON_NUMBER_SIZE] = "";

	/* Up to 18 digits always do. */
	if (number.len <= 18 && !memchr(number.data, 'e', number.len) &&
	    !memchr(number.data, 'E', number.len))
		return true;
	if (number.len >= sizeof text)
		return false;
	memcpy(text, number.data, number.len);
	if (json_number_is_real(number))
		return __builtin_isfinite(strtod(text, NULL));
	errno = 0;
	(void)strtoll(text, NULL, 10);
	return errno != ERANGE;
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
	while (p < end && isdigit(*p))
		p++;
	return p;
}

/* Behind the digits, of which there is one at least, or NULL. */
static const uint8_t *some_digits(const uint8_t *p, const uint8_t *end)
{
	return p < end && isdigit(*p) ? digits(p, end) : NULL;
}

static const uint8_t *number(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else
		p = some_digits(p, end);
	if (p && p < end && *p == '.')
		p = some_digits(p + 1, end);
	if (p && p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = some_digits(p, end);
	}
	return p && json_number_fits(slice_of(start, (size_t)(p - start))) ? p : NULL;
}

/* ---- All of it ---- */

struct walk {
	const uint8_t *p, *end;
	unsigned depth;
	uint8_t objects[JSON_VALID_DEPTH / 8]; /* a bit for each level: is it an object? */
};

static bool in_object(const struct walk *w)
{
	return w->objects[(w->depth - 1) / 8] >> (w->depth - 1) % 8 & 1;
}

static uint8_t next(struct walk *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' || *w->p == '\n' || *w->p == '\r'))
		w->p++;
	return w->p < w->end ? *w->p : 0;
}

static bool key(struct walk *w)
{
	if (next(w) != '"' || !(w->p = string(w->p + 1, w->end)) || next(w) != ':')
		return false;
	w->p++;
	return true;
}

static bool open(struct walk *w, bool object)
{
	unsigned at = w->depth++;

	if (at >= JSON_VALID_DEPTH)
		return false;
	w->objects[at / 8] = (uint8_t)((w->objects[at / 8] & ~(1 << at % 8)) | object << at % 8);
	w->p++;
	return true;
}

static bool word(struct walk *w, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(w->end - w->p) < len || memcmp(w->p, text, len) != 0)
		return false;
	w->p += len;
	return true;
}

static bool scalar(struct walk *w, uint8_t first)
{
	switch (first) {
	case '"':
		w->p = string(w->p + 1, w->end);
		break;
	case 't':
		return word(w, "true");
	case 'f':
		return word(w, "false");
	case 'n':
		return word(w, "null");
	default:
		w->p = number(w->p, w->end);
	}
	return w->p != NULL;
}

/* Behind a value: the brackets that close, and the comma. False where no other value is due; then
 * `w->p` says whether all is well. */
static bool another(struct walk *w)
{
	while (w->depth > 0) {
		uint8_t c = next(w);

		if (c == ',') {
			w->p++;
			if (!in_object(w) || key(w))
				return true;
			c = 0;
		}
		if (c != (in_object(w) ? '}' : ']')) {
			w->p = NULL;
			return false;
		}
		w->p++;
		w->depth--;
	}
	return false;
}

enum step { STEP_FAILED, STEP_DONE, STEP_OPENED };

/* A value is due; of an array or object it is the beginning that is taken, to its first value. */
static enum step value(struct walk *w)
{
	uint8_t c = next(w);

	if (c != '{' && c != '[')
		return scalar(w, c) ? STEP_DONE : STEP_FAILED;
	if (!open(w, c == '{'))
		return STEP_FAILED;
	/* Empty: another() closes it. */
	if (next(w) == (c == '{' ? '}' : ']'))
		return STEP_DONE;
	return c == '[' || key(w) ? STEP_OPENED : STEP_FAILED;
}

bool json_valid(struct slice text)
{
	struct walk w = {.p = text.data, .end = text.data + text.len};
	enum step step;

	if (text.len == 0)
		return false;
	do {
		step = value(&w);
		if (step == STEP_FAILED)
			return false;
	} while (step == STEP_OPENED || another(&w));
	return w.p && next(&w) == 0 && w.p == w.end;
}
