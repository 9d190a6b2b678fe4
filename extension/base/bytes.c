/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spare.h"

struct slice slice_str(const char *s)
{
	return (struct slice){(const uint8_t *)s, s ? strlen(s) : 0};
}

struct slice slice_of(const void *data, size_t len)
{
	return (struct slice){data, len};
}

struct slice bytes_slice(const struct bytes *b)
{
	return (struct slice){b->data, b->len};
}

static uint64_t eight(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof value);
	return value;
}

/* musl's memcmp() goes byte by byte, and keys are compared by the thousand. */
static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		if (eight(a + i) != eight(b + i))
			return false;
	/* The last eight once more, of which some may have been compared. */
	if (len >= 8)
		return eight(a + len - 8) == eight(b + len - 8);
	while (i < len && a[i] == b[i])
		i++;
	return i == len;
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && is_same(a.data, b.data, a.len);
}

bool slice_is(struct slice a, const char *s)
{
	return slice_equal(a, slice_str(s));
}

bool slice_starts(struct slice a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && (len == 0 || memcmp(a.data, prefix, len) == 0);
}

const uint8_t *slice_find(struct slice hay, struct slice needle)
{
	if (needle.len == 0)
		return hay.data;
	if (hay.len < needle.len)
		return NULL;
	return memmem(hay.data, hay.len, needle.data, needle.len);
}

struct slice slice_take_until(struct slice *rest, uint8_t end)
{
	const uint8_t *at = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
	struct slice taken = slice_of(rest->data, at ? (size_t)(at - rest->data) : rest->len);
	size_t len = taken.len + (at ? 1 : 0);

	*rest = slice_of(rest->data + len, rest->len - len);
	return taken;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice a)
{
	while (a.len > 0 && is_space(a.data[0])) {
		a.data++;
		a.len--;
	}
	while (a.len > 0 && is_space(a.data[a.len - 1]))
		a.len--;
	return a;
}

bool bytes_set_capacity(struct bytes *b, size_t cap)
{
	uint8_t *data = b->data ? NULL : spare_take(&cap);

	if (!data)
		data = realloc(b->data, cap);
	if (!data)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

bool bytes_reserve(struct bytes *b, size_t extra)
{
	size_t need, cap;

	if (b->failed)
		return false;
	if (__builtin_add_overflow(b->len, extra, &need))
		goto fail;
	if (need <= b->cap)
		return true;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < need) {
		if (cap > SIZE_MAX / 2)
			goto fail;
		cap *= 2;
	}
	/* The first reservation is mostly exact: who knows the size says so. */
	if (b->cap == 0 && need > 64)
		cap = need;
	if (bytes_set_capacity(b, cap))
		return true;
fail:
	b->failed = true;
	return false;
}

void bytes_append(struct bytes *b, const void *data, size_t len)
{
	if (len == 0 || !bytes_reserve(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bytes_add(struct bytes *b, struct slice s)
{
	bytes_append(b, s.data, s.len);
}

void bytes_addc(struct bytes *b, uint8_t c)
{
	bytes_append(b, &c, 1);
}

void bytes_addf(struct bytes *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !bytes_reserve(b, (size_t)len + 1)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
}

void bytes_replace(struct bytes *b, size_t len, struct slice by)
{
	size_t rest = b->len - len;

	if (b->failed)
		return;
	/* No more than that: it is rarely done twice. */
	if (rest + by.len > b->cap && !bytes_set_capacity(b, rest + by.len)) {
		b->failed = true;
		return;
	}
	if (rest > 0)
		memmove(b->data + by.len, b->data + len, rest);
	if (by.len > 0)
		memcpy(b->data, by.data, by.len);
	b->len = rest + by.len;
}

const char *bytes_cstr(struct bytes *b)
{
	if (!bytes_reserve(b, 1))
		return NULL;
	b->data[b->len] = 0;
	return (const char *)b->data;
}

void bytes_fit(struct bytes *b)
{
	if (b->len > 0 && b->cap - b->len >= b->cap / 8)
		bytes_set_capacity(b, b->len);
}

void bytes_free(struct bytes *b)
{
	spare_give(b->data, b->cap);
	*b = (struct bytes){0};
}

struct bytes bytes_move(struct bytes *from)
{
	struct bytes b = *from;

	*from = (struct bytes){0};
	return b;
}
