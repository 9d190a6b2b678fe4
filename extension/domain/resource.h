/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes that say which function and environment telemetry comes from, by the semantic
 * conventions: service.name, cloud.*, faas.*. */
#ifndef DOMAIN_RESOURCE_H
#define DOMAIN_RESOURCE_H

#include "domain/config.h"
#include "wire/otlp.h"

#define RESOURCE_ATTRIBUTES 64

/* Encoded once, added to every resource that lacks them. {0} is empty. */
struct resource {
	struct otlp_attribute attributes[RESOURCE_ATTRIBUTES];
	size_t count;
	size_t configured; /* the first of them were set by the user */
};

/* What the environment tells: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES (dropped whole where it
 * cannot be read, as the specification wants: false), the variables of Lambda. */
bool resource_init(struct resource *resource, const struct config *config,
		   const char *const *environment);
void resource_free(struct resource *resource);

/* What is learnt later: the first value of a key wins. `value` is valid UTF-8 or is mended. */
void resource_add(struct resource *resource, const char *key, struct slice value);

/* What is another than before, as after the restore of a snapshot. What the user has set stays. */
void resource_renew(struct resource *resource, const char *key, struct slice value);

/* From an INVOKE event's invokedFunctionArn: cloud.account.id, and cloud.resource_id without the
 * version or alias, which is faas.version's matter. */
void resource_add_arn(struct resource *resource, struct slice arn);

#endif
