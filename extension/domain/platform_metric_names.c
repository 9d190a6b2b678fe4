/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_metric_names.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (1 << 20)

/* What the conventions have no name for is ours to name, and stays out of their namespaces
 * (semantic conventions, "Recommendations for Application Developers"). */
const struct metric_name platform_counts[PLATFORM_COUNTS] = {
	[COUNT_COLDSTARTS] = {"faas.coldstarts", "{coldstart}",
			      "Number of invocation cold starts."},
	[COUNT_INVOCATIONS] = {"faas.invocations", "{invocation}",
			       "Number of successful invocations."},
	[COUNT_ERRORS] = {"faas.errors", "{error}", "Number of invocation errors."},
	[COUNT_TIMEOUTS] = {"faas.timeouts", "{timeout}", "Number of invocation timeouts."},
	[COUNT_OUT_OF_MEMORY] = {"lull.faas.out_of_memory", "{invocation}",
				 "Number of invocations that ran out of memory."},
};

const struct metric_name platform_memory_limit = {"lull.faas.memory.limit", "By",
						  "Memory that the function has."};

/* Upper bounds of all buckets but the last. */
static const double seconds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
				 0.5,   0.75, 1,     2.5,  5,     7.5, 10};
static const double memory[] = {16 * MIB,     32 * MIB,     64 * MIB,    128 * MIB,    256 * MIB,
				512 * MIB,    768 * MIB,    1024 * MIB,  2048.0 * MIB, 3072.0 * MIB,
				4096.0 * MIB, 6144.0 * MIB, 8192.0 * MIB};
/* To the 6 MB of a response, and the 200 MB of a streamed one. */
static const double response[] = {256,       1 << 10,  4 << 10,   16 << 10, 64 << 10,
				  256 << 10, 1 * MIB,  2 * MIB,   4 * MIB,  6 * MIB,
				  20 * MIB,  50 * MIB, 100 * MIB, 200 * MIB};

const struct platform_bounds platform_distributions[PLATFORM_DISTRIBUTIONS] = {
#define SECONDS seconds, LENGTH(seconds)
	[DISTRIBUTION_INVOKE] = {{"faas.invoke_duration", "s",
				  "Measures the duration of the function's logic execution."},
				 SECONDS},
	[DISTRIBUTION_INIT] = {{"faas.init_duration", "s",
				"Measures the duration of the function's initialization, such as a "
				"cold start."},
			       SECONDS},
	[DISTRIBUTION_MEMORY] = {{"faas.mem_usage", "By",
				  "Distribution of max memory usage per invocation."},
				 memory,
				 LENGTH(memory)},
	[DISTRIBUTION_BILLED] = {{"lull.faas.billed_duration", "s",
				  "Duration that is billed for an invocation."},
				 SECONDS},
	[DISTRIBUTION_LATENCY] = {{"lull.faas.response.latency", "s",
				   "Time from the start of an invocation to the first byte of its "
				   "response."},
				  SECONDS},
	[DISTRIBUTION_RESPONSE] = {{"lull.faas.response.duration", "s",
				    "Time from the first byte of a response to the last."},
				   SECONDS},
	[DISTRIBUTION_PRODUCED] = {{"lull.faas.response.size", "By", "Size of the responses."},
				   response,
				   LENGTH(response)},
	[DISTRIBUTION_EXTENSION] = {{"lull.faas.extension_overhead", "s",
				     "Time that extensions held an invocation after its handler."},
				    SECONDS},
	[DISTRIBUTION_RUNTIME] = {{"lull.faas.runtime_overhead", "s",
				   "Time from the response to the runtime asking for the next "
				   "event."},
				  SECONDS},
	[DISTRIBUTION_RESTORE] = {{"lull.faas.restore_duration", "s",
				   "Duration of the restore of a snapshot."},
				  SECONDS},
#undef SECONDS
};
_Static_assert(LENGTH(seconds) < PLATFORM_BUCKETS && LENGTH(memory) < PLATFORM_BUCKETS &&
		       LENGTH(response) < PLATFORM_BUCKETS,
	       "one bucket more than bounds");
