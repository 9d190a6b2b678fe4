/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 on a connection: requests answered in order. Private to the server. */
#ifndef EDGES_HTTP_CONN_H
#define EDGES_HTTP_CONN_H

#include "edges/conn.h"

/* Its owner is the struct http_handler. */
extern const struct conn_protocol http_conn_protocol;

#endif
