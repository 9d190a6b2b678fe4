/* SPDX-License-Identifier: Apache-2.0 */
/* What invoked the function: faas.trigger, as its span says it. Lambda tells nobody.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/faas/ */
#ifndef DOMAIN_FAAS_TRIGGER_H
#define DOMAIN_FAAS_TRIGGER_H

#include "base/bytes.h"

enum faas_trigger {
	TRIGGER_UNKNOWN, /* nobody says, or a word of the sender's own: there may be any number */
	TRIGGER_DATASOURCE,
	TRIGGER_HTTP,
	TRIGGER_PUBSUB,
	TRIGGER_TIMER,
	TRIGGER_OTHER,
};
#define FAAS_TRIGGERS 6

enum faas_trigger faas_trigger_of(struct slice word);

/* NULL of the unknown one. */
const char *faas_trigger_name(enum faas_trigger trigger);

#endif
