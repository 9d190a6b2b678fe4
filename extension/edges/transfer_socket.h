/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets to backends. */
#ifndef EDGES_TRANSFER_SOCKET_H
#define EDGES_TRANSFER_SOCKET_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* Is that address lull's own, by its port on this machine? Every export to ourselves would come
 * back as new data, without end. */
bool transfer_socket_is_own(const struct curl_sockaddr *address, uint16_t own_port);

/* A socket for that address, not connected, which notices within some 5 s (within half of
 * `timeout`, in nanoseconds, where that is less) that its peer has vanished. CURL_SOCKET_BAD: none
 * to be had. */
curl_socket_t transfer_socket_open(const struct curl_sockaddr *address, int64_t timeout);

#endif
