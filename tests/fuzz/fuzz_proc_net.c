/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of connections out of any bytes: what comes out are whole lines, not more than are to be,
 * and the same whether the table comes at once or line by line. */
#include <stdlib.h>
#include <string.h>

#include "edges/proc_net.h"

static void check(const struct proc_net *net)
{
	size_t lines = 0;

	for (size_t i = 0; i < net->text.len; i++)
		lines += net->text.data[i] == '\n';
	if (lines != (net->count < PROC_NET_MOST ? net->count : PROC_NET_MOST))
		abort();
	if (net->text.len > 0 && net->text.data[net->text.len - 1] != '\n')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_net whole = {.except = "10.0.0.1:80"}, parts = {.except = "10.0.0.1:80"};
	struct slice rest = {data, size};

	proc_net_add(&whole, rest);
	while (rest.len > 0) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.data) + 1 : rest.len;

		proc_net_add(&parts, slice_of(rest.data, len));
		rest = slice_of(rest.data + len, rest.len - len);
	}
	check(&whole);
	if (whole.count != parts.count ||
	    !slice_equal(bytes_slice(&whole.text), bytes_slice(&parts.text)))
		abort();
	bytes_free(&whole.text);
	bytes_free(&parts.text);
	return 0;
}
