/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about the usual failures of an export. */
#ifndef CHECK_ADVICE_H
#define CHECK_ADVICE_H

#include "domain/config.h"
#include "edges/transfer_result.h"

/* For people; NULL where nothing is known. */
const char *check_advice(const struct export_settings *settings,
			 const struct transfer_result *result);

#endif
