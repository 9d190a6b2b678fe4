/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

void random_bytes(uint8_t *bytes, size_t size)
{
	size_t have = 0;

	/* So few bytes come whole and at once, but for a machine that has just begun to start. */
	while (have < size) {
		ssize_t got = getrandom(bytes + have, size - have, 0);

		if (got < 0 && errno != EINTR)
			return;
		have += got > 0 ? (size_t)got : 0;
	}
}

void random_uuid(char uuid[static RANDOM_UUID])
{
	static const size_t dashes = 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10;
	uint8_t bytes[16] = {0};
	size_t at = 0;

	random_bytes(bytes, sizeof bytes);
	bytes[6] = (uint8_t)(0x40 | (bytes[6] & 0x0f));
	bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f));
	for (size_t i = 0; i < sizeof bytes; i++) {
		if (dashes >> i & 1)
			uuid[at++] = '-';
		at += (size_t)snprintf(uuid + at, RANDOM_UUID - at, "%02x", bytes[i]);
	}
}
