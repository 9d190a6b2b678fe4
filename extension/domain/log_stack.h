/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_LOG_STACK_H
#define DOMAIN_LOG_STACK_H

#include "base/bytes.h"

/* What a stack trace says was thrown, by its first line ("java.io.IOException: no", .NET and Node alike)
 * or, of a Python traceback, by its last. `stack` is what stands between the quotes of a JSON string,
 * and so is what is found. False where there is no such line. */
bool log_stack_error(struct slice stack, struct slice *type, struct slice *message);

#endif
