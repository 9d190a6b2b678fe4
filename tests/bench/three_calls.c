/* SPDX-License-Identifier: Apache-2.0 */
/* The bare minimum to compare an extension's start with: registers, subscribes to telemetry that it
 * never takes, asks for the next event, and exits when it comes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[8192];

/* Sends what is in the buffer and reads a whole answer into it. */
static void call(int fd, size_t len)
{
	char *end, *length;
	ssize_t n;

	if (write(fd, buffer, len) != (ssize_t)len)
		exit(1);
	for (len = 0;; len += (size_t)n) {
		n = read(fd, buffer + len, sizeof buffer - 1 - len);
		if (n <= 0)
			exit(1);
		buffer[len + (size_t)n] = 0;
		end = strstr(buffer, "\r\n\r\n");
		length = strstr(buffer, "Content-Length: ");
		if (end && length &&
		    len + (size_t)n >= (size_t)(end + 4 - buffer) + strtoul(length + 16, NULL, 10))
			return;
	}
}

static size_t request(const char *line, const char *header, const char *value, const char *body)
{
	return (size_t)snprintf(buffer, sizeof buffer,
				"%s HTTP/1.1\r\nHost: sandbox\r\n%s: %s\r\nContent-Length: %zu\r\n"
				"\r\n%s",
				line, header, value, strlen(body), body);
}

int main(void)
{
	const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
	const char *colon = api ? strchr(api, ':') : NULL;
	struct sockaddr_in address = {.sin_family = AF_INET};
	char host[64], identifier[64], *header;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!colon)
		return 2;
	snprintf(host, sizeof host, "%.*s", (int)(colon - api), api);
	address.sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		return 1;
	call(fd, request("POST /2020-01-01/extension/register", "Lambda-Extension-Name",
			 "three_calls", "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"));
	header = strstr(buffer, "Lambda-Extension-Identifier: ");
	if (!header || sscanf(header + 29, "%63[^\r]", identifier) != 1)
		return 1;
	call(fd, request("PUT /2022-07-01/telemetry", "Lambda-Extension-Identifier", identifier,
			 "{\"schemaVersion\":\"2025-01-29\",\"types\":[\"platform\",\"function\"],"
			 "\"destination\":{\"protocol\":\"HTTP\","
			 "\"URI\":\"http://sandbox.localdomain:9/\"}}"));
	call(fd, request("GET /2020-01-01/extension/event/next", "Lambda-Extension-Identifier",
			 identifier, ""));
	return 0;
}
