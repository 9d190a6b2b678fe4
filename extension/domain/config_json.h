/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the table as the keys of a JSON object: in lower case, each with the text that
 * the environment would have, or what JSON has better: a number, an object of headers. */
#ifndef DOMAIN_CONFIG_JSON_H
#define DOMAIN_CONFIG_JSON_H

#include <jansson.h>

#include "domain/config_table.h"

#define CONFIG_SHOWN 64 /* letters of a value that is wrong */

/* The key of a row of the table. False where a destination has none such. */
bool config_key(const struct setting *row, char key[static SETTING_NAME]);

/* Where in LULL_CONFIG. */
struct config_place {
	struct config *config; /* for what is wrong */
	const char *const *environment;
	struct config_destination *destination; /* NULL: outside of any */
	const char *signal;                     /* "logs": its own settings; NULL: those of all */
};

/* "destination vendor: " or "destination vendor: logs.": what a problem begins with. */
#define CONFIG_PLACE 128
const char *config_where(const struct config_place *place, char text[static CONFIG_PLACE]);

/* Takes all settings of the object to the destination. `keys` (NULL at the end) are somebody
 * else's; what is neither, or has no value that can be used, is among the problems. */
void config_read_keys(const struct config_place *place, json_t *object, const char *const *keys);

#endif
