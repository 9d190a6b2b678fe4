/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_conn.h"

#include <stdlib.h>
#include <string.h>

#include "edges/grpc_session.h"

/* So much is written at once, where there is so much. */
#define WRITE_SIZE ((size_t)16 << 10)

struct grpc_conn {
	struct conn conn;
	struct grpc_session session;
};

static struct grpc_session *session_of(struct conn *conn)
{
	return &((struct grpc_conn *)conn)->session;
}

static const struct grpc_session *session_in(const struct conn *conn)
{
	return &((const struct grpc_conn *)conn)->session;
}

static struct conn *make(struct conn_shared *shared)
{
	struct grpc_conn *grpc = calloc(1, sizeof(*grpc));

	if (!grpc)
		return NULL;
	grpc_session_init(&grpc->session, shared->owner, &shared->bodies);
	return &grpc->conn;
}

static void free_conn(struct conn *conn)
{
	grpc_session_free(session_of(conn));
	free(conn);
}

/* Gathers frames to be written together. */
static void output(struct conn *conn)
{
	struct slice next;

	while (conn->out.len < WRITE_SIZE && !conn->out.failed) {
		next = grpc_session_output(session_of(conn));
		if (next.len == 0)
			break;
		bytes_add(&conn->out, next);
	}
	if (conn->out.failed)
		conn->state = CONN_DEAD;
	else if (conn->state == CONN_OPEN && grpc_session_ended(session_of(conn)))
		conn->state = CONN_CLOSING;
}

/* Most likely an exporter of OTLP/HTTP with the wrong port: it understands this. */
static void say_not_http2(struct conn *conn)
{
	bytes_addf(&conn->out,
		   "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
		   "Connection: close\r\n\r\n%s",
		   strlen(GRPC_ONLY), GRPC_ONLY);
	conn->state = conn->out.failed ? CONN_DEAD : CONN_CLOSING;
}

static bool input(struct conn *conn, struct slice input)
{
	switch (grpc_session_feed(session_of(conn), input)) {
	case GRPC_FED:
		break;
	case GRPC_NOT_HTTP2:
		say_not_http2(conn);
		break;
	case GRPC_BROKEN:
		conn->state = CONN_DEAD;
		break;
	}
	return true;
}

static bool busy(const struct conn *conn)
{
	return session_in(conn)->unanswered > 0;
}

static size_t held(const struct conn *conn)
{
	return grpc_session_held(session_in(conn));
}

static void turn_away(struct conn *conn, const char *message)
{
	bool said = grpc_session_go_away(session_of(conn), NGHTTP2_ENHANCE_YOUR_CALM, message);

	conn->state = said ? CONN_CLOSING : CONN_DEAD;
}

/* Its calls are told UNAVAILABLE. */
static void give_way(struct conn *conn)
{
	grpc_session_give_way(session_of(conn));
}

static void dismiss(struct conn *conn)
{
	grpc_session_go_away(session_of(conn), NGHTTP2_NO_ERROR, "others need the connection");
}

const struct conn_protocol grpc_conn_protocol = {
	.make = make,
	.free = free_conn,
	.input = input,
	.output = output,
	.busy = busy,
	.held = held,
	.turn_away = turn_away,
	.give_way = give_way,
	.dismiss = dismiss,
};
