/* SPDX-License-Identifier: Apache-2.0 */
#include "log_show.h"

static void show_value(struct bytes *out, const Otlp__AnyValue *v)
{
	size_t i;

	switch (v->value_case) {
	case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
		bytes_addf(out, "'%s'", v->string_value);
		break;
	case OTLP__ANY_VALUE__VALUE_INT_VALUE:
		bytes_addf(out, "%jd", (intmax_t)v->int_value);
		break;
	case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
		bytes_addf(out, "%.2fd", v->double_value);
		break;
	case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
		bytes_addf(out, "%s", v->bool_value ? "true" : "false");
		break;
	case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
		bytes_addc(out, '[');
		for (i = 0; i < v->array_value->n_values; i++) {
			if (i > 0)
				bytes_addc(out, ',');
			show_value(out, v->array_value->values[i]);
		}
		bytes_addc(out, ']');
		break;
	case OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
		bytes_addc(out, '{');
		for (i = 0; i < v->kvlist_value->n_values; i++) {
			bytes_addf(out, "%s%s:", i ? "," : "", v->kvlist_value->values[i]->key);
			show_value(out, v->kvlist_value->values[i]->value);
		}
		bytes_addc(out, '}');
		break;
	default:
		bytes_addf(out, "empty");
	}
}

static void show_id(struct bytes *out, const char *name, const ProtobufCBinaryData *id)
{
	if (id->len > 0)
		bytes_addf(out, "|%s=", name);
	for (size_t i = 0; i < id->len; i++)
		bytes_addf(out, "%02x", id->data[i]);
}

void log_show(struct bytes *out, const Otlp__LogRecord *r)
{
	size_t i;

	bytes_addf(out, "%d|%s|", (int)r->severity_number, r->severity_text);
	if (r->body)
		show_value(out, r->body);
	for (i = 0; i < r->n_attributes; i++) {
		bytes_addf(out, "|%s=", r->attributes[i]->key);
		show_value(out, r->attributes[i]->value);
	}
	show_id(out, "trace", &r->trace_id);
	show_id(out, "span", &r->span_id);
	if (r->flags)
		bytes_addf(out, "|flags=%u", r->flags);
}
