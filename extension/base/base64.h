/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/bytes.h"

/* Appends what base64 stands for: the standard alphabet or the URL-safe one, padded or not (RFC
 * 4648, sections 4 and 5). False where it is none; something may have been appended then. */
bool base64_decode(struct slice text, struct bytes *out);

#endif
