/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * replay: does every input that was ever interesting still pass?
 *
 * A main() for the fuzz targets in ordinary builds. It gives the target each
 * file of tests/fuzz/corpus/NAME, NAME being the program's own, and then the
 * beginnings of that file, since what is cut short is what parsers trip over.
 * Without a corpus the target still sees a few inputs that are always there.
 * Says in TAP how many inputs it was.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX  (1 << 20)
#define PREFIX_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The copy has exactly the input's size, so that ASAN sees the first byte
 * read beyond it. */
static int replay(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

static size_t replay_with_beginnings(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (size_t cut = 0; cut < size && cut < PREFIX_MAX; cut++)
		n += replay(data, cut) == 0;
	return n + (replay(data, size) == 0);
}

static size_t replay_fixed(void)
{
	uint8_t bytes[PREFIX_MAX];
	size_t n = 0;

	memset(bytes, 0, sizeof(bytes));
	n += replay_with_beginnings(bytes, sizeof(bytes));
	memset(bytes, 0xff, sizeof(bytes));
	n += replay_with_beginnings(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	return n + replay_with_beginnings(bytes, sizeof(bytes));
}

/* Returns the number of inputs that the file made, or -errno. */
static long replay_file(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return -errno;
	size = fread(input, 1, sizeof(input), file);
	fclose(file);
	return (long)replay_with_beginnings(input, size);
}

/* Adds the corpus to '*n_inputs'. Returns 0, also without a corpus, or -errno. */
static int replay_corpus(const char *folder, size_t *n_inputs)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	long n = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (n >= 0 && (entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		n = replay_file(path);
		if (n > 0)
			*n_inputs += (size_t)n;
	}
	closedir(dir);
	return n < 0 ? (int)n : 0;
}

int main(void)
{
	const char *name = program_invocation_short_name;
	char folder[256];
	size_t n_inputs;
	int ret;

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name);
	n_inputs = replay_fixed();
	ret = replay_corpus(folder, &n_inputs);
	if (ret < 0) {
		printf("not ok 1 - fuzz %s: %s: %s\n", name, folder, strerror(-ret));
		return 1;
	}
	printf("ok 1 - fuzz %s: %zu inputs replayed\n1..1\n", name, n_inputs);
	return 0;
}
