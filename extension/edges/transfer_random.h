/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGES_TRANSFER_RANDOM_H
#define EDGES_TRANSFER_RANDOM_H

/* TLS takes fresh random numbers from the kernel from now on: what it had was in the snapshot, too,
 * which others were restored from. */
void transfer_random_renew(void);

#endif
