/* SPDX-License-Identifier: Apache-2.0 */
/* What goes where, for people. */
#ifndef WHERE_H
#define WHERE_H

#include "domain/config.h"

/* Appends "traces to URL, logs to URL, metrics to nowhere"; of several destinations "vendor: traces
 * to URL; own: logs to URL; metrics to nowhere". A signal that is not to be exported is "off". */
void where_add(struct bytes *out, const struct config *config);

#endif
