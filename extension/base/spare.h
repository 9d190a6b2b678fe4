/* SPDX-License-Identifier: Apache-2.0 */
/* Large memory that was freed last, for who wants as much next. What malloc gets from the kernel
 * for one buffer comes without pages: each 4 KiB of it is a page fault, which takes longer than to
 * fill them. */
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

/* In place of free(): `size` as it was asked for, or given by spare_take(). NULL is allowed. */
void spare_give(void *memory, size_t size);

#endif
