/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP JSON for the tests in Python: frames in, frames out, until the input ends. A frame in is the
 * direction ('d'ecode, 'e'ncode), the signal (0 traces, 1 logs, 2 metrics), the length (4 bytes,
 * little-endian) and the bytes; a frame out is '+' or '-', the length, and the bytes or why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/otlp_json.h"

struct request {
	char direction;
	uint8_t signal;
	struct bytes body;
};

static bool read_exactly(void *to, size_t len)
{
	return fread(to, 1, len, stdin) == len;
}

/* False at the end of the input; what is cut off ends the program. */
static bool read_request(struct request *request)
{
	uint8_t head[6];
	uint32_t len = 0;

	if (!read_exactly(head, 1))
		return false;
	if (!read_exactly(head + 1, sizeof(head) - 1))
		exit(2);
	for (int i = 0; i < 4; i++)
		len |= (uint32_t)head[2 + i] << (8 * i);
	request->direction = (char)head[0];
	request->signal = head[1];
	request->body.len = 0;
	if (!bytes_reserve(&request->body, len + 1) || !read_exactly(request->body.data, len))
		exit(2);
	request->body.len = len;
	return true;
}

static void write_answer(bool ok, struct slice body)
{
	uint8_t head[5] = {ok ? '+' : '-'};

	for (int i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(body.len >> (8 * i));
	fwrite(head, 1, sizeof(head), stdout);
	fwrite(body.data, 1, body.len, stdout);
	fflush(stdout);
}

int main(void)
{
	struct request request = {0};
	struct bytes out = {0};

	while (read_request(&request)) {
		enum otlp_signal signal = (enum otlp_signal)request.signal;
		struct slice body = bytes_slice(&request.body);
		const char *why = "no message, or too deep";
		bool ok;

		out.len = 0;
		if (request.direction == 'd')
			ok = otlp_json_decode(signal, body, &out, &why) == OTLP_JSON_OK;
		else
			ok = otlp_json_encode(signal, body, &out);
		write_answer(ok, ok ? bytes_slice(&out) : slice_str(why));
	}
	bytes_free(&request.body);
	bytes_free(&out);
	return 0;
}
