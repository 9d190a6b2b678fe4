/* SPDX-License-Identifier: Apache-2.0 */
/* A stack trace as a list of objects, one a frame: log4j2's JSON layouts (Powertools for Java has
 * their form, too) and Logback's JsonEncoder write Java's so. */
#ifndef DOMAIN_LOG_FRAMES_H
#define DOMAIN_LOG_FRAMES_H

#include "base/bytes.h"

/* Is the JSON (valid) an array of one such object or more, and of nothing else? */
bool log_frames_are(struct slice json);

/* Appends those frames as text, the way Java prints them, one a line behind what is there. */
void log_frames_put(struct slice json, struct bytes *out);

#endif
