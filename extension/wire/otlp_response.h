/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend says to an export: an Export*ServiceResponse, a google.rpc.Status, or words. */
#ifndef WIRE_OTLP_RESPONSE_H
#define WIRE_OTLP_RESPONSE_H

#include "wire/otlp.h"

enum otlp_form { OTLP_TEXT, OTLP_PROTOBUF, OTLP_JSON };

struct otlp_response {
	uint64_t rejected;    /* items that were not taken, of a success */
	struct slice message; /* for people, of any length; within the body or `decoded` */
	struct bytes decoded; /* what was JSON */
};

/* Reads as much as can be made out of `body`, which may have been cut at its end. To be freed with
 * otlp_response_free(). */
void otlp_response_read(struct otlp_response *response, enum otlp_signal signal, bool success,
			enum otlp_form form, struct slice body);
void otlp_response_free(struct otlp_response *response);

#endif
