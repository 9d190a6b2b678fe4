/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC on a connection: the session behind the socket. Private to the server. */
#ifndef EDGES_GRPC_CONN_H
#define EDGES_GRPC_CONN_H

#include "edges/conn.h"

/* Its owner is the struct otlp_sink. */
extern const struct conn_protocol grpc_conn_protocol;

#endif
