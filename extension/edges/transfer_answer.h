/* SPDX-License-Identifier: Apache-2.0 */
/* What came back, in the terms of struct transfer_result: for transfer.c only. */
#ifndef EDGES_TRANSFER_ANSWER_H
#define EDGES_TRANSFER_ANSWER_H

#include "edges/grpc_response.h"
#include "edges/transfer_state.h"

/* Has so much come of its body that no more of it is to be read? */
bool transfer_answer_too_long(const struct transfer *t);

/* Is the answer not whole although the connection says so? Then why, for people; else NULL. */
const char *transfer_answer_missing(const struct transfer *t);

/* Fills in all but `error` and `maybe_taken`. What it points to is in `t` and `*grpc`, which is to
 * be freed with grpc_response_free(). */
void transfer_answer_read(const struct transfer *t, struct transfer_result *result,
			  struct grpc_response *grpc);

#endif
