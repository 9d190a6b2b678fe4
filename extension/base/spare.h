/* SPDX-License-Identifier: Apache-2.0 */
/* Large memory for who wants as much next: what was freed last, or was made ready meanwhile. What
 * malloc gets from the kernel for one buffer comes without pages: each 4 KiB of it is a page fault,
 * which takes longer than to fill them, and ten times as long where the host of a virtual machine
 * has to find the page. */
#ifndef BASE_SPARE_H
#define BASE_SPARE_H

#include <stddef.h>

/* What is kept is of such sizes, and so many: half a megabyte at most stays resident. */
#define SPARE_LEAST ((size_t)128 << 10) /* below that malloc keeps it itself */
#define SPARE_MOST ((size_t)256 << 10)
#define SPARES 2

/* At least `size` bytes from malloc, and less than an eighth of them more; `*size` becomes how
 * many. NULL where none are kept that fit. */
void *spare_take(size_t *size);

/* Makes ready, pages and all, as much as spare_take() was last asked for, unless there is as much.
 * For when nobody waits; where memory is short that is as if it had not been called. */
void spare_prepare(void);

/* In place of free(): `size` as it was asked for, or given by spare_take(). NULL is allowed. */
void spare_give(void *memory, size_t size);

#endif
