/* SPDX-License-Identifier: Apache-2.0 */
/* The transfers' inside, for transfer*.c only: what is known of all and of each. */
#ifndef EDGES_TRANSFER_STATE_H
#define EDGES_TRANSFER_STATE_H

#include "domain/config.h"
#include "edges/transfer_certificates.h"
#include "edges/transfer_loop.h"
#include "edges/transfer_result.h"

struct transfer;

struct transfers {
	struct transfer_loop loop;
	/* Its deadline has passed, and nothing has come in that could still be an answer. */
	void (*out_of_time)(struct transfer *t);
	/* Has so much of its answer's body come that no more is to be read? */
	bool (*too_long)(const struct transfer *t);
	struct certificates certificates;
	struct transfer *first; /* all that are under way */
	CURL *spare;            /* a handle not in use, with its buffers; or NULL */
	struct event *release;  /* lets those go on that wait for a connection */
	struct event *read_on;  /* reads certificates, a part in each turn */
	bool certificates_sought;
	const struct config *config; /* borrowed */
	char layer[256];
};

struct transfer {
	struct transfers *all;
	struct transfer *next, *before;
	const struct export_settings *settings;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	struct bytes body;
	struct bytes answer; /* at most TRANSFER_ANSWER_LIMIT of its answer_len */
	size_t answer_len;
	struct event *deadline;
	int64_t due;         /* when it should fire, mono */
	transfer_done *done; /* NULL: it only connects ahead, and nobody is told */
	void *ctx;

	unsigned attempts; /* since it was put on the way; more than one: curl sent it again */
	bool gone_out;     /* this attempt, whole */
	bool maybe_taken;  /* an attempt before went out whole and was not answered */
	bool heads_end;    /* the answer's head is whole */
	bool waiting;      /* for certificates or another's connection, and not known to curl yet */
	bool fresh;        /* on a connection of its own */
	bool again;        /* a freeze came in between: a failure may be its doing */
	bool to_itself;
	unsigned grace;                /* turns of the loop that it got after its deadline */
	enum transfer_failure failure; /* of the last attempt */
	char error[CURL_ERROR_SIZE];
};

#endif
