/* SPDX-License-Identifier: Apache-2.0 */
/* Log records of the function's SDK whose text the function prints as well: each is then exported
 * twice. Pure, and looks at the beginning only, so that it costs nothing later. */
#ifndef POLICY_TWINS_H
#define POLICY_TWINS_H

#include "base/bytes.h"

#define TWINS_KEPT 8             /* of each kind: the two come in either order, and in batches */
#define TWINS_ENOUGH 3           /* so many pairs are no chance */
#define TWINS_LOOKED 200         /* so many of each kind are looked at */
#define TWINS_BODY ((size_t)128) /* bytes: so much of a record's body */
#define TWINS_BODY_LEAST 8       /* shorter ones are in too many lines */
#define TWINS_LINE ((size_t)512) /* bytes: so much of a line */

enum twin_kind { TWIN_PRINTED, TWIN_SDK };

/* The last ones that have no twin yet. */
struct twin_ring {
	unsigned count; /* ever looked at */
	struct twin {
		size_t len; /* 0: none */
		uint8_t text[TWINS_LINE];
	} last[TWINS_KEPT];
};

/* {0} is the beginning. */
struct twins {
	struct twin_ring rings[2]; /* by enum twin_kind */
	unsigned pairs;
};

/* The function printed a line, as the platform tells it, in JSON. Returns true once: when it has
 * been seen often enough that lines come from the SDK, too. */
bool twins_printed(struct twins *twins, struct slice line);

/* An ExportLogsServiceRequest of the function's came; the same. */
bool twins_sdk(struct twins *twins, struct slice request);

#endif
