/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "switch/base/macros.h"

static const unsigned int needed[] = {
	CAP_NET_ADMIN, CAP_NET_RAW,   CAP_BPF,        CAP_PERFMON,
	CAP_IPC_LOCK,  CAP_SYS_ADMIN, CAP_SYS_PTRACE,
};

int rights_check(char *missing, size_t size)
{
	int n_missing = 0;

	missing[0] = '\0';
	if (capng_get_caps_process())
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		const size_t used = strlen(missing);

		if (capng_have_capability(CAPNG_EFFECTIVE, needed[i]))
			continue;
		snprintf(missing + used, size - used, "%sCAP_%s", n_missing++ ? ", " : "",
		         capng_capability_to_name(needed[i]));
	}
	for (char *c = missing; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return n_missing ? -EPERM : 0;
}

int rights_keep(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
		                 needed[i]))
			return -EPERM;
	return capng_apply(CAPNG_SELECT_BOTH) ? -EPERM : 0;
}
