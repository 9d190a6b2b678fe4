/* SPDX-License-Identifier: Apache-2.0 */
/* The settings, once they are read. */
#ifndef DOMAIN_CONFIG_H
#define DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log.h"
#include "wire/otlp.h"
#include "wire/otlp_keys.h"

enum compression { COMPRESSION_GZIP, COMPRESSION_NONE };

enum protocol {
	PROTOCOL_BY_PORT, /* not said: as the endpoint's port has it, then one of those below */
	PROTOCOL_HTTP_PROTOBUF,
	PROTOCOL_GRPC,
	PROTOCOL_HTTP_JSON,
};

/* How one signal is exported. Mirrors OTEL_EXPORTER_OTLP_*: each setting also exists for a single
 * signal (LULL_TRACES_TIMEOUT), and OTEL_EXPORTER_OTLP_TIMEOUT is asked where no LULL_ one is
 * set. */
struct export_settings {
	char *endpoint;           /* whole URL with path; NULL: this signal has no destination */
	bool endpoint_whole;      /* it was said for this signal alone */
	char **headers;           /* "name: value", NULL-terminated; NULL where there are none */
	char *certificate;        /* file or folder of CA certificates; NULL: the built-in places */
	char *client_certificate; /* file; NULL: lull does not prove who it is */
	char *client_key;         /* file; NULL: it is in that of the certificate */
	char *server_name;        /* whom the backend must prove to be; NULL: the URL's host */
	int64_t timeout;          /* nanoseconds, one request */
	enum compression compression;
	enum protocol protocol;
	bool insecure; /* gRPC without TLS where the endpoint had no scheme; settled with that */
};

/* A backend, and how each signal goes there. */
struct config_destination {
	char *name; /* NULL where it is the environment's, the only one */
	struct export_settings export[OTLP_SIGNALS];
};

#define CONFIG_DESTINATIONS 8

/* What no destination is called: what goes to none is booked under it. */
#define CONFIG_NOWHERE "nowhere"

/* When data is exported (README, "When it is exported"). */
enum flush_mode {
	FLUSH_ADAPTIVE, /* `end` or `lazy` by what the last gaps between invocations were */
	FLUSH_END,      /* after the handler, before the next event is asked for */
	FLUSH_LAZY,     /* during later invocations, by age and size */
};

struct flush_setting {
	enum flush_mode mode;
	int64_t age; /* nanoseconds: older data is exported while an invocation runs */
};

/* Whether lull makes a span of an invocation (README, "What the platform tells"). */
enum span_setting {
	SPANS_AUTO, /* where nobody else does */
	SPANS_ALWAYS,
	SPANS_NEVER,
};

/* OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE; "lowmemory" is delta for all that we make. */
enum temporality { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA, TEMPORALITY_LOWMEMORY };

#define CONFIG_PROBLEMS 16

struct config {
	bool enabled;
	struct config_destination destinations[CONFIG_DESTINATIONS];
	unsigned destination_count;     /* at least one */
	char *file;                     /* LULL_CONFIG: its path, or the JSON itself; NULL: none */
	bool signals[OTLP_SIGNALS];     /* LULL_SIGNALS */
	bool sdk_disabled;              /* OTEL_SDK_DISABLED */
	bool no_exporter[OTLP_SIGNALS]; /* OTEL_*_EXPORTER=none */
	bool off[OTLP_SIGNALS]; /* by all those: not to be exported, and nobody's endpoint */
	struct flush_setting flush;
	int64_t flush_budget;          /* nanoseconds */
	int64_t flush_before_deadline; /* nanoseconds */
	size_t buffer;                 /* bytes */
	size_t spool;                  /* bytes; 0: none */
	char *spool_folder;
	bool self_metrics;
	bool self_logs;
	bool platform_metrics;
	enum span_setting invocation_spans;
	bool last_words;
	unsigned platform_logs; /* enum platform_log */
	enum temporality temporality;
	bool function_logs;     /* what the function prints is exported */
	int function_log_level; /* OTLP's number of the least severity that is */
	bool parse_json_logs;
	char *correlate;                 /* LULL_CORRELATE; NULL: none */
	struct otlp_keys correlate_keys; /* the names in it */
	enum log_level log_level;
	enum log_format log_format;
	uint16_t http_port;
	uint16_t grpc_port;
	char *https_proxy; /* for backends whose URL is https; NULL: none */
	char *http_proxy;
	char *no_proxy;            /* hosts that are asked without one */
	char *service_name;        /* OTEL_SERVICE_NAME */
	char *resource_attributes; /* OTEL_RESOURCE_ATTRIBUTES */

	/* What was wrong, one line each for people; the default was taken instead. */
	char *problems[CONFIG_PROBLEMS];
	unsigned problem_count;
};

/* Does that signal go anywhere? */
bool config_takes(const struct config *config, enum otlp_signal signal);
/* Does any? */
bool config_exports(const struct config *config);
/* And if not, is that as the settings want it? */
bool config_is_off(const struct config *config);

#endif
