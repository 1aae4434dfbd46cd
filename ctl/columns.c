/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

struct cell {
	char *words;
	enum colour colour;
	bool is_text; /* a line of its own */
};

static void add(struct columns *table, struct cell cell)
{
	struct cell *more;

	more = realloc(table->cells, (table->n_cells + 1) * sizeof(*more));
	if (!more) {
		free(cell.words);
		return;
	}
	table->cells = more;
	more[table->n_cells++] = cell;
}

__attribute__((format(printf, 1, 0))) static char *words_of(const char *format, va_list args)
{
	char *words;

	return vasprintf(&words, format, args) < 0 ? NULL : words;
}

void columns_cell(struct columns *table, enum colour colour, const char *format, ...)
{
	struct cell cell = { .colour = colour };
	va_list args;

	va_start(args, format);
	cell.words = words_of(format, args);
	va_end(args);
	add(table, cell);
}

void columns_text(struct columns *table, enum colour colour, const char *format, ...)
{
	struct cell cell = { .colour = colour, .is_text = true };
	va_list args;

	va_start(args, format);
	cell.words = words_of(format, args);
	va_end(args);
	add(table, cell);
}

/* Characters, not bytes. */
static int width_of(const char *words)
{
	int n = 0;

	for (; words && *words; words++)
		n += (*words & 0xc0) != 0x80;
	return n;
}

static void measure(const struct columns *table, int widths[COLUMNS_MAX])
{
	int column = 0;

	for (size_t i = 0; i < table->n_cells; i++) {
		if (table->cells[i].is_text)
			continue;
		widths[column] = MAX(widths[column], width_of(table->cells[i].words));
		column = (column + 1) % table->n_columns;
	}
}

void put_colour(FILE *file, bool colourful, enum colour colour, const char *words)
{
	static const char *const codes[] = {
		[PLAIN] = "", [GREEN] = "32", [YELLOW] = "33", [RED] = "31", [BOLD] = "1",
	};

	if (colourful && colour != PLAIN)
		fprintf(file, "\033[%sm%s\033[0m", codes[colour], words);
	else
		fputs(words, file);
}

/* The last column has no blanks behind it. */
static void put_cell(const struct columns *table, FILE *file, const struct cell *cell, int column,
                     int width)
{
	const char *words = cell->words ? cell->words : "";
	const bool is_number = table->number >> column & 1;
	const bool is_last = column + 1 == table->n_columns;
	const int blanks = width - width_of(words);

	fprintf(file, "%*s", (column ? 2 : table->indent) + (is_number ? blanks : 0), "");
	put_colour(file, table->colourful, cell->colour, words);
	if (is_last)
		fputc('\n', file);
	else
		fprintf(file, "%*s", is_number ? 0 : blanks, "");
}

void columns_print(struct columns *table, FILE *file)
{
	int widths[COLUMNS_MAX] = { 0 };
	int column = 0;

	measure(table, widths);
	for (size_t i = 0; i < table->n_cells; i++) {
		const struct cell *cell = &table->cells[i];

		if (cell->is_text) {
			fprintf(file, "%*s", table->indent, "");
			put_colour(file, table->colourful, cell->colour,
			           cell->words ? cell->words : "");
			fputc('\n', file);
		} else {
			put_cell(table, file, cell, column, widths[column]);
			column = (column + 1) % table->n_columns;
		}
		free(cell->words);
	}
	free(table->cells);
	table->cells = NULL;
	table->n_cells = 0;
}
