/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program that is measured keeps files: under build/, gone when the benchmark ends. */
#ifndef BENCH_FOLDER_H
#define BENCH_FOLDER_H

/* Its absolute path; it is not there until the program makes it, as in a new environment of
 * Lambda. */
const char *folder_path(void);

/* Whatever a program has left there goes. */
void folder_clear(void);

/* That folder with all in it; nothing where there is none. */
void folder_remove(const char *name);

#endif
