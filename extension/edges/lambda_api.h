/* SPDX-License-Identifier: Apache-2.0 */
/* The client of Lambda's Extensions API and of the Telemetry API's subscription, on the loop: a
 * connection of its own that knows no proxy and no time-out where there must be none.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
#ifndef EDGES_LAMBDA_API_H
#define EDGES_LAMBDA_API_H

#include <event2/event.h>

#include "base/bytes.h"

struct lambda_api;

enum lambda_event_type { LAMBDA_INVOKE, LAMBDA_SHUTDOWN };

/* An event of /next. Slices are valid during the call; {NULL, 0} where absent. */
struct lambda_event {
	enum lambda_event_type type;
	int64_t deadline_ms; /* since 1970 */
	struct slice request_id;
	struct slice function_arn;
	struct slice trace_header; /* X-Amzn-Trace-Id */
	struct slice reason;       /* of SHUTDOWN, in any case of letters */
};

struct lambda_api_handler {
	/* The extension is registered; the account's id where Lambda tells it. */
	void (*registered)(void *ctx, struct slice account_id);
	/* The subscription was answered: is telemetry to come? `status` is 0 where no answer
	 * came. */
	void (*subscribed)(void *ctx, bool accepted, unsigned status);
	void (*event)(void *ctx, const struct lambda_event *event);
	void *ctx;
};

/* last_resort_init() must have found the address. `host` is for the Host header. NULL where memory
 * is short. */
struct lambda_api *lambda_api_new(struct event_base *base, const char *host,
				  const struct lambda_api_handler *handler);
void lambda_api_free(struct lambda_api *api);

/* Registers under that name (the file's own) for INVOKE and SHUTDOWN, on Managed Instances for
 * SHUTDOWN only. Asks again until it is registered: there is nothing else to do. */
void lambda_api_register(struct lambda_api *api, const char *name, bool managed_instances);

/* Subscribes `port` to platform events, and to the function's `lines`, with schema 2025-01-29, or
 * an older one where that is refused. Answered at most LAMBDA_SUBSCRIBE_WAIT ms later. */
#define LAMBDA_SUBSCRIBE_WAIT 2000
void lambda_api_subscribe(struct lambda_api *api, uint16_t port, bool lines);

/* Asks for the next event, without a bound; asks again after any failure. */
void lambda_api_next(struct lambda_api *api);

#endif
