/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_names.h"

#include <ctype.h>

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(struct slice a, size_t i, struct slice b, size_t k)
{
	return toupper(a.data[i]) == toupper(b.data[k]);
}

unsigned config_distance(struct slice a, struct slice b)
{
	/* The last three rows of the table: what it takes from the first i letters to the first
	 * k. */
	unsigned rows[3][CONFIG_NAME + 1];

	a.len = a.len < CONFIG_NAME ? a.len : CONFIG_NAME;
	b.len = b.len < CONFIG_NAME ? b.len : CONFIG_NAME;
	for (unsigned k = 0; k <= b.len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t k = 1; k <= b.len; k++) {
			row[k] = smaller(above[k], row[k - 1]) + 1;
			row[k] = smaller(row[k], above[k - 1] + !same(a, i - 1, b, k - 1));
			if (i > 1 && k > 1 && same(a, i - 1, b, k - 2) && same(a, i - 2, b, k - 1))
				row[k] = smaller(row[k], second[k - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}
