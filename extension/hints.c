/* SPDX-License-Identifier: Apache-2.0 */
#include "hints.h"

#include "base/log.h"
#include "domain/sdk_signs.h"

void hints_init(struct hints *h, const struct config *config, const char *const *environment)
{
	struct sdk_spans spans = sdk_spans_in(environment);
	bool traces = config_takes(config, OTLP_TRACES);

	*h = (struct hints){
		.config = config,
		.silence = {.sdk = sdk_signs_in(environment),
			    .expected = traces && spans.expected,
			    .by_header = traces && spans.by_header},
		.lines = config_takes(config, OTLP_LOGS) && config->function_logs,
	};
}

static void say_twice(void)
{
	log_warn("the function's log lines arrive twice, by OTLP from its SDK and as it prints "
		 "them. Set LULL_FUNCTION_LOGS=false to export the SDK's only, or "
		 "OTEL_LOGS_EXPORTER=none and LULL_SIGNALS=traces,logs,metrics to export the "
		 "printed ones only");
}

static void say_no_otlp(const struct hints *h)
{
	log_warn(
		"no OTLP came in the first %u invocations, although the function's variables speak "
		"of an OpenTelemetry SDK. Its exporter has to send to "
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:%u with "
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or to http://localhost:%u with grpc; "
		"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap sets that for the function",
		h->silence.ended, h->config->http_port, h->config->grpc_port);
}

static void say_not_sampled(const struct hints *h)
{
	log_warn("no span came in the first %u invocations: their X-Ray headers say Sampled=0, and "
		 "an SDK that follows them records nothing. Set OTEL_TRACES_SAMPLER=always_on, or "
		 "OTEL_PROPAGATORS=tracecontext,baggage to leave the header aside, or turn on "
		 "active tracing of the function",
		 h->silence.ended);
}

void hints_otlp(struct hints *h, enum otlp_signal signal, struct slice request)
{
	silence_heard(&h->silence, signal);
	if (signal == OTLP_LOGS && h->lines && twins_sdk(&h->twins, request))
		say_twice();
}

void hints_line(struct hints *h, struct slice line)
{
	if (h->lines && twins_printed(&h->twins, line))
		say_twice();
}

void hints_ended(struct hints *h, const struct invocation *invocation, struct now now)
{
	switch (silence_ended(&h->silence, &invocation->header, now)) {
	case SILENCE_NO_OTLP:
		say_no_otlp(h);
		break;
	case SILENCE_NOT_SAMPLED:
		say_not_sampled(h);
		break;
	case SILENCE_NONE:
		break;
	}
}
