/* SPDX-License-Identifier: Apache-2.0 */
#include "otlp_count.h"

size_t otlp_count(enum otlp_signal signal, struct slice request)
{
	struct otlp_iter iter = otlp_items(signal, request);
	struct otlp_item item;
	size_t count = 0;

	while (otlp_next(&iter, &item))
		count++;
	return count;
}
