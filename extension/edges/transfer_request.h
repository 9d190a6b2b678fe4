/* SPDX-License-Identifier: Apache-2.0 */
/* The transfers' inside, for transfer*.c only: one request, sent once or twice. */
#ifndef EDGES_TRANSFER_REQUEST_H
#define EDGES_TRANSFER_REQUEST_H

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

/* Makes one, with all options that do not belong to the body. NULL where memory is short. */
struct transfer *request_new(struct transfers *all, const struct export_settings *settings);

/* Is its endpoint one of TLS? */
bool request_is_tls(const struct transfer *t);

/* Puts it on the way, to end by `timeout` (ns) from now; false where that cannot be. */
bool request_send(struct transfer *t, int64_t timeout);

/* Did it go out whole at least once? */
bool request_maybe_taken(const struct transfer *t);

/* A failure is none where a freeze came in between, or where a connection that had been there before
 * broke (`timed_out` says that it did not: who acknowledges all and says nothing is alive): sends it
 * again on a new one. False where the failure is a real one. */
bool request_send_again(struct transfer *t, bool timed_out);

/* Gives it to curl: it has not to wait any more. False where memory is short. */
bool request_begin(struct transfer *t);

/* In transfer_way.c: by which way it goes, and whom it asks for. False where memory is short. */
void proxy_apply(struct transfer *t);
bool server_name_apply(struct transfer *t);

/* Is the proxy on its way, if there is one, itself spoken to by TLS? */
bool proxy_is_tls(const struct transfer *t);

/* In transfer_share.c. Would the two share a connection? */
bool share_alike(const struct export_settings *a, const struct export_settings *b);

/* Are the certificates still to be read, or is another about to make the connection that this one
 * needs? */
bool share_must_wait(const struct transfer *t);

/* Somebody has connected, or has gone: those that waited may go on, in a turn of their own by
 * share_release(), as curl may be calling. */
void share_look(struct transfers *all);
void share_release(evutil_socket_t fd, short what, void *ctx);

/* Reads what certificates are still to be read, by share_read_on(): a part in each turn of the loop,
 * so that what has come in by then is answered. Where memory is too short for that, the deadlines of
 * those that wait are what is left. */
void share_read(struct transfers *all);
void share_read_on(evutil_socket_t fd, short what, void *ctx);

/* Ends it, wherever it is. */
void request_free(struct transfer *t);

#endif
