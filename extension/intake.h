/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: OTLP from the function, telemetry from Lambda. Data goes into the store, and what
 * the platform says goes to the table of invocations and to the owner. */
#ifndef INTAKE_H
#define INTAKE_H

#include "domain/config.h"
#include "domain/join.h"
#include "edges/grpc_server.h"
#include "edges/otlp_http.h"
#include "edges/telemetry_http.h"
#include "policy/store.h"

struct intake {
	const struct config *config;
	struct store *store;
	struct resource *resource;
	struct invocations *invocations;
	/* Data was taken and is not yet acknowledged. */
	void (*accepted)(void *ctx);
	/* More memory is held for half-received bodies (intake_held()). */
	void (*grew)(void *ctx);
	/* A platform event; `invocation` is the one it is of, or NULL. */
	void (*platform)(void *ctx, const struct telemetry_event *event,
			 const struct invocation *invocation);
	/* A line of the function's, of that invocation or NULL; OTLP of its; and of its spans the
	 * one that ended last. */
	void (*line)(void *ctx, const struct telemetry_event *event,
		     const struct invocation *invocation);
	void (*otlp)(void *ctx, enum otlp_signal signal, struct slice request);
	void (*last_span)(void *ctx, const struct last_span *last);
	void *ctx;

	/* Private. */
	struct http_server *http, *telemetry;
	struct grpc_server *grpc;
	struct otlp_sink otlp_sink;
	struct telemetry_sink telemetry_sink;
};

/* All above must be set. False where memory is short. */
bool intake_init(struct intake *intake, struct event_base *base);
void intake_free(struct intake *intake);

/* Listens; what is in the way is said (see ports_listen_otlp()). Returns the port of the telemetry,
 * or 0. */
uint16_t intake_listen(struct intake *intake, const char *folder, const char *name);

/* Requests of the function begun and not yet answered. */
unsigned intake_pending(const struct intake *intake);

/* Bytes held for half-received bodies. */
size_t intake_held(const struct intake *intake);

#endif
