/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsers of single values, as people write them in settings: false, and the value left
 * alone, for anything else. */
#ifndef DOMAIN_CONFIG_VALUES_H
#define DOMAIN_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "500ms", "10s", "2m" or "2min", a bare number is milliseconds; above 0. In nanoseconds. */
bool config_parse_duration(const char *text, int64_t *value);

/* "1000", "64KB", "16MB" (or K, KiB, M, MiB), of 1,024; above 0. In bytes. */
bool config_parse_size(const char *text, size_t *value);

/* 1 to 65535. */
bool config_parse_port(const char *text, uint16_t *value);

/* true, 1, yes, on, false, 0, no, off in any case of letters. */
bool config_parse_bool(const char *text, bool *value);

/* One of `words` in any case of letters: its index. */
bool config_parse_word(const char *text, const char *const *words, unsigned count, unsigned *value);

#endif
