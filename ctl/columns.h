/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/*
 * columns: how do rows of words become a table?
 *
 * Cells are added one after another; every column becomes as wide as its
 * widest cell. Lines of free text may stand between the rows. A table goes
 * bad quietly when memory ends: then it prints what it has.
 */
#define COLUMNS_MAX 12

enum colour { PLAIN, GREEN, YELLOW, RED, BOLD };

struct columns {
	struct cell *cells; /* row by row; a line of text takes one cell */
	size_t n_cells;
	int n_columns;
	int indent;      /* blanks before every row */
	bool colourful;  /* the terminal takes colours */
	unsigned number; /* bit n: column n holds numbers, aligned to the right */
};

/* Adds a row: 'n_columns' times columns_cell(), left to right. */
void columns_cell(struct columns *table, enum colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a line of text below the last whole row. */
void columns_text(struct columns *table, enum colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes the table and frees what it holds. */
void columns_print(struct columns *table, FILE *file);

/* Writes words in a colour. */
void put_colour(FILE *file, bool colourful, enum colour colour, const char *words);
