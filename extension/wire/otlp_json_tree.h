/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text as jansson's tree, within bounds: private to wire/otlp_json_*. */
#ifndef WIRE_OTLP_JSON_TREE_H
#define WIRE_OTLP_JSON_TREE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "wire/otlp_json_result.h"

struct otlp_json_tree {
	json_t *root; /* an object. Borrowed: no reference to any part may be given back or kept */
	struct arena memory;
};

/* Parses a text that is one object; what is refused and mended otlp_json_decode() says. The tree is
 * to be freed whatever the result is. */
enum otlp_json_result otlp_json_tree_load(struct slice text, struct otlp_json_tree *tree,
					  const char **why);
void otlp_json_tree_free(struct otlp_json_tree *tree);

#endif
