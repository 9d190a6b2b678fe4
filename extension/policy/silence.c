/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/silence.h"

void silence_heard(struct silence *s, enum otlp_signal signal)
{
	s->heard[signal] = true;
}

static enum silence_reason judge(const struct silence *s)
{
	bool other = s->heard[OTLP_LOGS] || s->heard[OTLP_METRICS];

	if (s->heard[OTLP_TRACES])
		return SILENCE_NONE;
	if (s->by_header && s->dropped && !s->sampled && (s->sdk || other))
		return SILENCE_NOT_SAMPLED;
	return s->expected && s->sdk && !other ? SILENCE_NO_OTLP : SILENCE_NONE;
}

static void note_header(struct silence *s, const struct xray_header *header)
{
	bool not_sampled = header->sampled == XRAY_NOT_SAMPLED;

	if (!trace_id_is_set(header->trace_id))
		return;
	s->dropped |= not_sampled;
	s->sampled |= !not_sampled;
}

enum silence_reason silence_ended(struct silence *s, const struct xray_header *header,
				  struct now now)
{
	enum silence_reason reason;

	if (s->said)
		return SILENCE_NONE;
	if (s->ended++ == 0)
		s->since = now.mono;
	note_header(s, header);
	if (s->ended < SILENCE_INVOCATIONS || now.mono - s->since < SILENCE_PATIENCE)
		return SILENCE_NONE;
	reason = judge(s);
	s->said = reason != SILENCE_NONE;
	return reason;
}
