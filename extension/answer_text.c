/* SPDX-License-Identifier: Apache-2.0 */
#include "answer_text.h"

#include <stdio.h>

#include "domain/secrets.h"

bool answer_is_success(const struct transfer_result *result)
{
	if (result->is_grpc)
		return result->code == GRPC_OK;
	return result->status >= 200 && result->status < 300;
}

const char *answer_status(const struct transfer_result *result, char text[static ANSWER_STATUS])
{
	text[0] = '\0';
	if (result->is_grpc)
		snprintf(text, ANSWER_STATUS, "%s: ", grpc_code_name(result->code));
	else if (result->status)
		snprintf(text, ANSWER_STATUS, "status %u: ", result->status);
	return text;
}

const char *answer_words(const struct export_settings *settings, struct slice message,
			 struct bytes *text)
{
	bytes_add(text, message);
	secrets_hide(settings, text);
	if (text->len > ANSWER_WORDS)
		text->len = ANSWER_WORDS;
	text->len = slice_trim(bytes_slice(text)).len;
	return bytes_cstr(text) ? (const char *)text->data : "";
}
