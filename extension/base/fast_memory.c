/* SPDX-License-Identifier: Apache-2.0 */
/* memcpy() and memmove() in place of musl's on x86_64, whose `rep movsq` takes longer to start than
 * a copy of a few bytes should take in all, and parsing is made of such copies: CONTRIBUTING.md has
 * the figures. musl's for arm64 are fast. The linker takes what the program defines before it looks
 * into libc.a. With FAST_MEMORY_PREFIX the functions have names of their own, for their test. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

/* The address sanitizer has its own, which check their arguments. */
#if defined(__x86_64__) && (defined(FAST_MEMORY_PREFIX) || !defined(SANITIZED))
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef FAST_MEMORY_PREFIX
#define NAME2(prefix, name) prefix##name
#define NAME1(prefix, name) NAME2(prefix, name)
#define NAME(name) NAME1(FAST_MEMORY_PREFIX, name)
#else
#define NAME(name) name
#endif

/* A compiler that saw a copy in the loops below would make it a call of memmove(): of itself. */
#ifdef __clang__
#define AS_WRITTEN
#else
#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/* Integers at any address, of any type. */
typedef uint16_t __attribute__((may_alias, aligned(1))) any16;
typedef uint32_t __attribute__((may_alias, aligned(1))) any32;
typedef uint64_t __attribute__((may_alias, aligned(1))) any64;

#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(void *)(p), v)
#define STORE_ALIGNED(p, v) _mm_store_si128((__m128i *)(void *)(p), v)

void *NAME(memmove)(void *to, const void *from, size_t len);
void *NAME(memcpy)(void *restrict to, const void *restrict from, size_t len);

/* All is loaded before anything is stored, here and below: so overlap does no harm. The two halves
 * overlap themselves where `len` is no power of two. */
static inline void upto16(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len >= 8) {
		uint64_t first = *(const any64 *)from, last = *(const any64 *)(from + len - 8);

		*(any64 *)to = first;
		*(any64 *)(to + len - 8) = last;
	} else if (len >= 4) {
		uint32_t first = *(const any32 *)from, last = *(const any32 *)(from + len - 4);

		*(any32 *)to = first;
		*(any32 *)(to + len - 4) = last;
	} else if (len >= 2) {
		uint16_t first = *(const any16 *)from, last = *(const any16 *)(from + len - 2);

		*(any16 *)to = first;
		*(any16 *)(to + len - 2) = last;
	} else if (len == 1) {
		*to = *from;
	}
}

static inline void upto64(uint8_t *to, const uint8_t *from, size_t len)
{
	__m128i first = LOAD(from), last = LOAD(from + len - 16);

	if (len > 32) {
		__m128i second = LOAD(from + 16), third = LOAD(from + len - 32);

		STORE(to + 16, second);
		STORE(to + len - 32, third);
	}
	STORE(to, first);
	STORE(to + len - 16, last);
}

/* 64 bytes at a time to aligned addresses. The ends, which need not be aligned, are loaded before
 * and stored after. */
static AS_WRITTEN void *forward(uint8_t *to, const uint8_t *from, size_t len)
{
	__m128i first = LOAD(from), a, b, c, d;
	__m128i l0 = LOAD(from + len - 64), l1 = LOAD(from + len - 48);
	__m128i l2 = LOAD(from + len - 32), l3 = LOAD(from + len - 16);
	uint8_t *end = to + len;
	size_t at = 16 - ((uintptr_t)to & 15);

	for (; at + 64 < len; at += 64) {
		a = LOAD(from + at);
		b = LOAD(from + at + 16);
		c = LOAD(from + at + 32);
		d = LOAD(from + at + 48);
		STORE_ALIGNED(to + at, a);
		STORE_ALIGNED(to + at + 16, b);
		STORE_ALIGNED(to + at + 32, c);
		STORE_ALIGNED(to + at + 48, d);
	}
	STORE(to, first);
	STORE(end - 64, l0);
	STORE(end - 48, l1);
	STORE(end - 32, l2);
	STORE(end - 16, l3);
	return to;
}

static AS_WRITTEN void *backward(uint8_t *to, const uint8_t *from, size_t len)
{
	__m128i last = LOAD(from + len - 16), a, b, c, d;
	__m128i f0 = LOAD(from), f1 = LOAD(from + 16), f2 = LOAD(from + 32), f3 = LOAD(from + 48);
	size_t at = len - ((uintptr_t)(to + len) & 15);

	for (; at > 64; at -= 64) {
		a = LOAD(from + at - 16);
		b = LOAD(from + at - 32);
		c = LOAD(from + at - 48);
		d = LOAD(from + at - 64);
		STORE_ALIGNED(to + at - 16, a);
		STORE_ALIGNED(to + at - 32, b);
		STORE_ALIGNED(to + at - 48, c);
		STORE_ALIGNED(to + at - 64, d);
	}
	STORE(to + len - 16, last);
	STORE(to, f0);
	STORE(to + 16, f1);
	STORE(to + 32, f2);
	STORE(to + 48, f3);
	return to;
}

/* In a function of its own: of a memmove() between restricted pointers gcc makes a memcpy(), which
 * in memcpy() itself would have no end. */
static inline __attribute__((always_inline)) void *copy(void *to, const void *from, size_t len)
{
	if (len > 64)
		return (uintptr_t)to - (uintptr_t)from >= len ? forward(to, from, len)
							      : backward(to, from, len);
	if (len > 16)
		upto64(to, from, len);
	else
		upto16(to, from, len);
	return to;
}

void *NAME(memmove)(void *to, const void *from, size_t len)
{
	copy(to, from, len);
	return to;
}

/* The same: the check for overlap costs nothing beside a copy. */
void *NAME(memcpy)(void *restrict to, const void *restrict from, size_t len)
{
	copy(to, from, len);
	return to;
}
#endif
