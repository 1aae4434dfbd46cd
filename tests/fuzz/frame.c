/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame, through parser, checksums, pipeline and output, on a
 * port whose far end is not trusted to finish checksums. The first byte
 * chooses the port; frames follow, each with two bytes of length.
 */
#include <stdint.h>
#include <stdlib.h>

#include "switch/base/macros.h"
#include "tests/fake/plane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plane plane;
	uint16_t in;

	if (!size)
		return 0;
	plane_open(&plane);
	in = data[0] % PLANE_PORTS;
	for (int i = 0; i < PLANE_PORTS; i++) {
		plane.port[i].truthful = false;
		plane.port[i].max_len = 65535;
	}
	plane_adopt(&plane);
	for (size_t at = 1; at + 2 < size;) {
		const size_t wanted = (size_t)data[at] << 8 | data[at + 1];
		const size_t len = MIN(wanted, size - at - 2);

		plane_frame(&plane, in, data + at + 2, len);
		for (uint16_t i = 0; i < PLANE_PORTS; i++)
			while (plane_sent(&plane, i))
				;
		at += 2 + len;
	}
	plane_turn(&plane);
	plane_close(&plane);
	return 0;
}
