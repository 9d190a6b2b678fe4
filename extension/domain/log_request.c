/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_request.h"

#include "collector_logs.pb-c.h"
#include "version.h"

void log_request_pack(Otlp__LogRecord **records, size_t count, struct bytes *out)
{
	Otlp__ExportLogsServiceRequest request = OTLP__EXPORT_LOGS_SERVICE_REQUEST__INIT;
	Otlp__ResourceLogs resource = OTLP__RESOURCE_LOGS__INIT, *resources[] = {&resource};
	Otlp__InstrumentationScope name = OTLP__INSTRUMENTATION_SCOPE__INIT;
	Otlp__ScopeLogs scope = OTLP__SCOPE_LOGS__INIT, *scopes[] = {&scope};

	if (out->failed)
		return;
	name.name = "lull";
	name.version = LULL_VERSION;
	scope.scope = &name;
	scope.log_records = records;
	scope.n_log_records = count;
	resource.scope_logs = scopes;
	resource.n_scope_logs = 1;
	request.resource_logs = resources;
	request.n_resource_logs = 1;
	if (bytes_reserve(out, otlp__export_logs_service_request__get_packed_size(&request)))
		out->len += otlp__export_logs_service_request__pack(&request, out->data + out->len);
}
