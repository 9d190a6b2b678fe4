/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/fuzz_correlate.c"

#include "guard.h"
#include "wire/otlp_value.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* All members of a header as "key<value>", those that cannot be decoded as "key!". */
static void read_all(struct slice header, struct bytes *out)
{
	struct slice key, value;

	while (baggage_next(&header, &key, &value)) {
		struct bytes text = {0};

		bytes_add(out, key);
		if (baggage_decode(value, &text))
			bytes_addf(out, "<%.*s>", (int)text.len, (const char *)text.data);
		else
			bytes_addc(out, '!');
		bytes_free(&text);
	}
}

static void test_headers(void **state)
{
	static const struct {
		const char *header, *members;
	} cases[] = {
		{"", ""},
		{"k=v", "k<v>"},
		{"a=1,b=2,c=3", "a<1>b<2>c<3>"},
		/* the specification's own examples */
		{"key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
		 "key1<value1>key2<value2>key3<value3>"},
		{"userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false",
		 "userId<Am\xc3\xa9lie>serverNode<DF 28>isProduction<false>"},
		{"k=v%3Bp%2Cq%3D1", "k<v;p,q=1>"},
		{"k=a=b==", "k<a=b==>"},
		{" \tk\t =\t v\t ;p=1", "k<v>"},
		{"K=1,k=2,k=3", "K<1>k<2>k<3>"},
		{"k=a+b", "k<a+b>"},
		/* none, and what is beside it */
		{"k", ""},
		{"k;p=1", ""},
		{"=v", ""},
		{" =v,k=w", "k<w>"},
		{",,k=v,", "k<v>"},
		{"no,k=v", "k<v>"},
		{"k=", "k!"},
		{"k=;p", "k!"},
		{"k=%,a=%4,b=%4g,c=%zz", "k!a!b!c!"},
		{"k=%00,a=%0a,b=%1f", "k!a!b!"},
		{"k=%ff,a=\xc3", "k!a!"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bytes members = {0};

		read_all(guard_put(slice_str(cases[i].header)), &members);
		assert_true(slice_is(bytes_slice(&members), cases[i].members));
		bytes_free(&members);
	}
}

/* What the fuzzer is fed: every beginning of a record that has all there is to be found, and with
 * one bit another. */
static void test_as_the_fuzzer_does(void **state)
{
	static const char *const members[][2] = {
		{"faas.invocation_id", "\"" REQUEST "\""},
		{"baggage", "\"k=a%20b;p,correlationId=c\""},
		{"order", "{\"id\":7}"},
		{"Scopes", "[{\"correlationId\":true}]"},
		{"a", "{\"b\":{\"c\":1.5}}"},
		{"k", "\"v\""},
	};
	struct bytes record = {0};

	(void)state;
	for (size_t i = 0; i < LENGTH(members); i++)
		otlp_put_member(&record, 6, slice_str(members[i][0]), slice_str(members[i][1]));
	for (size_t len = 1; len <= record.len; len++) {
		LLVMFuzzerTestOneInput(guard_put(slice_of(record.data, len)).data, len);
		record.data[len - 1] ^= (uint8_t)(1 << len % 8);
		LLVMFuzzerTestOneInput(guard_put(bytes_slice(&record)).data, record.len);
		record.data[len - 1] ^= (uint8_t)(1 << len % 8);
	}
	for (const char *c = "k=%41;p, order.id = %zz,=,"; *c; c++)
		LLVMFuzzerTestOneInput(guard_put(slice_str(c)).data, strlen(c));
	bytes_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_as_the_fuzzer_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
