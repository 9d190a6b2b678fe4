/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_random.h"

#include <openssl/rand.h>

#include "base/log.h"

void transfer_random_renew(void)
{
	/* It seeds the first generator; the others see that, and ask it before their next
	 * number. */
	if (RAND_poll() != 1)
		log_warn("OpenSSL gets no fresh random numbers after the restore of a snapshot");
}
