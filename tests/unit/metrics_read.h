/* SPDX-License-Identifier: Apache-2.0 */
/* A metrics request as protobuf-c reads it, for tests that look data points up. */
#ifndef TESTS_UNIT_METRICS_READ_H
#define TESTS_UNIT_METRICS_READ_H

#include <string.h>

#include "collector_metrics.pb-c.h"
#include "guard.h"
#include "wire/otlp.h"

/* Valid, joinable, with so many data points; frees `out`. */
static inline Otlp__ExportMetricsServiceRequest *metrics_read(struct bytes *out, size_t points)
{
	struct otlp_verdict verdict = otlp_check(OTLP_METRICS, guard_put(bytes_slice(out)));
	Otlp__ExportMetricsServiceRequest *request;

	assert_false(out->failed);
	if (!verdict.valid)
		fail_msg("%s", verdict.why);
	assert_false(verdict.alone);
	assert_int_equal(verdict.items, points);
	request = otlp__export_metrics_service_request__unpack(NULL, out->len, out->data);
	assert_non_null(request);
	bytes_free(out);
	return request;
}

/* The only scope. */
static inline const Otlp__ScopeMetrics *metrics_scope(
	const Otlp__ExportMetricsServiceRequest *request)
{
	assert_int_equal(request->n_resource_metrics, 1);
	assert_null(request->resource_metrics[0]->resource);
	assert_int_equal(request->resource_metrics[0]->n_scope_metrics, 1);
	return request->resource_metrics[0]->scope_metrics[0];
}

/* NULL where there is none of that name. */
static inline const Otlp__Metric *metrics_find(const Otlp__ExportMetricsServiceRequest *request,
					       const char *name)
{
	const Otlp__ScopeMetrics *scope = metrics_scope(request);

	for (size_t i = 0; i < scope->n_metrics; i++)
		if (strcmp(scope->metrics[i]->name, name) == 0)
			return scope->metrics[i];
	return NULL;
}

#endif
