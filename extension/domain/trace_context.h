/* SPDX-License-Identifier: Apache-2.0 */
/* Trace and span ids, and the two forms in which they are written: W3C Trace Context's hexadecimal,
 * and the X-Ray header that Lambda hands on. */
#ifndef DOMAIN_TRACE_CONTEXT_H
#define DOMAIN_TRACE_CONTEXT_H

#include <string.h>

#include "base/bytes.h"

#define TRACE_ID_SIZE 16
#define SPAN_ID_SIZE 8

/* All zero is no id, by W3C's rule and OTLP's. {0} knows nothing. */
struct trace_context {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
};

bool trace_id_is_set(const uint8_t id[static TRACE_ID_SIZE]);
bool span_id_is_set(const uint8_t id[static SPAN_ID_SIZE]);

static inline bool trace_id_equal(const uint8_t a[static TRACE_ID_SIZE],
				  const uint8_t b[static TRACE_ID_SIZE])
{
	return memcmp(a, b, TRACE_ID_SIZE) == 0;
}

static inline bool span_id_equal(const uint8_t a[static SPAN_ID_SIZE],
				 const uint8_t b[static SPAN_ID_SIZE])
{
	return memcmp(a, b, SPAN_ID_SIZE) == 0;
}

/* An id from its hexadecimal digits, in any case of letters. False, and `id` all zero, where it is
 * none: another length, another character, nothing but zeros. */
bool trace_id_parse(struct slice hex, uint8_t id[static TRACE_ID_SIZE]);
bool span_id_parse(struct slice hex, uint8_t id[static SPAN_ID_SIZE]);

/* In small letters, terminated. */
void trace_id_print(const uint8_t id[static TRACE_ID_SIZE], char hex[static 2 * TRACE_ID_SIZE + 1]);
void span_id_print(const uint8_t id[static SPAN_ID_SIZE], char hex[static 2 * SPAN_ID_SIZE + 1]);

/* What X-Ray decided on its trace, as far as the header says. */
enum xray_sampled { XRAY_UNDECIDED, XRAY_NOT_SAMPLED, XRAY_SAMPLED };

/* What an X-Amzn-Trace-Id says. */
struct xray_header {
	uint8_t trace_id[TRACE_ID_SIZE]; /* Root; all zero: nothing is known */
	uint8_t parent[SPAN_ID_SIZE];    /* Parent; all zero: none */
	enum xray_sampled sampled;
};

/* Reads "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1": Root must be
 * there, the others may, in any order and among others. Where one of the three is not as it must
 * be, or there twice, the whole is not to be trusted: false, and `header` is {0}.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
bool xray_header_parse(struct slice text, struct xray_header *header);

#endif
