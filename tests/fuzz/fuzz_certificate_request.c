/* SPDX-License-Identifier: MIT */
/*
 * fuzz_certificate_request: any bytes as a CertificateRequest. The first byte
 * chooses the version.
 *
 * What must hold: all parts lie inside the message, the authorities fill their
 * list, and no key answers with an algorithm that is not named. A violation
 * aborts.
 */
#include "fuzz.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"
#include "policy/key_type.h"
#include "selection/certificate_request.h"
#include "selection/client_hello.h"

static void check_inside(const struct stls_bytes *part, const uint8_t *data,
			 size_t size)
{
	if (!part->data)
		return;
	CHECK(part->data >= data && part->data <= data + size);
	CHECK(part->len <= (size_t)(data + size - part->data));
}

static void check_request(const struct stls_certificate_request *request)
{
	struct stls_bytes left = request->authorities, name;
	size_t len = 0;
	unsigned key;
	int i;

	while (stls_next_authority(&left, &name))
		len += 2 + name.len;
	CHECK(len == request->authorities.len && left.len == 0);
	for (key = 1; key <= SMTPTLS_KEY_ED448; key <<= 1) {
		CHECK(!stls_request_takes(request, key, 0) ||
		      request->version < STLS_TLS1_2);
		for (i = 0; i < STLS_SIGALGS; i++) {
			if (request->version < STLS_TLS1_2 ||
			    !stls_request_takes(request, key, 1U << i))
				continue;
			CHECK(stls_has_number(&request->sigalgs,
					      stls_sigalg((size_t)i)->code));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t versions[] = { STLS_TLS1_1, STLS_TLS1_2,
					     STLS_TLS1_3 };
	struct stls_certificate_request request;

	if (size == 0)
		return 0;
	if (stls_certificate_request_parse(&request, versions[data[0] % 3],
					   data + 1, size - 1) < 0)
		return 0;
	check_inside(&request.types, data, size);
	check_inside(&request.sigalgs, data, size);
	check_inside(&request.authorities, data, size);
	check_request(&request);
	return 0;
}
