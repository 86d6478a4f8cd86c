/*
 * study_flips.c - what came of the triggers: summary.tsv (one line for each
 * class, source and insertion) and triggers.tsv (one for each word tried).
 * Columns `layer` and `length` may be absent: then it is the last layer of
 * the study and one word.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

static const char *keep_cell(rep_study *s, const lat_table *table,
                             size_t row, const char *names)
{
    const char *cell = rep_cell(table, row, names);
    return cell == NULL ? NULL
                        : lat_arena_copy(&s->arena, cell, strlen(cell));
}

static uint64_t cell_count(const lat_table *table, size_t row,
                           const char *names)
{
    const char *cell = rep_cell(table, row, names);
    uint64_t value = 0;
    if (cell == NULL || !lat_integer_read(cell, strlen(cell), &value))
        return 0;
    return value;
}

/* Tables of one layer need not name it: it is the last. */
static size_t cell_layer(const rep_study *s, const lat_table *table,
                         size_t row)
{
    double number = rep_cell_number(table, row, "layer");
    return number >= 0.0 && number < 1e4
               ? (size_t)number
               : s->layers[REP_TUNED][s->layer_count - 1].number;
}

bool rep_flip_counts(const rep_study *s, const rep_flip *flip)
{
    size_t last = 0;
    for (size_t i = 0; i < s->flip_count; i++)
        if (s->flips[i].layer > last)
            last = s->flips[i].layer;
    return flip->length == 1 && flip->layer == last;
}

static lat_status take_flip(rep_study *s, const lat_table *table, size_t row,
                            lat_error *error)
{
    rep_flip *flip = &s->flips[s->flip_count];
    flip->source = keep_cell(s, table, row, "source");
    flip->insertion = keep_cell(s, table, row, "insertion");
    flip->target = rep_class_find(s, rep_cell(table, row, "class"));
    flip->layer = cell_layer(s, table, row);
    flip->length = rep_cell(table, row, "length") == NULL
                       ? 1 : cell_count(table, row, "length");
    flip->tried = cell_count(table, row, "tried");
    flip->kept = cell_count(table, row, "kept");
    flip->rate = rep_rate_none();
    flip->rate.value = rep_cell_number(table, row, "mean_rate");
    flip->rate.low = rep_cell_number(table, row, "low");
    flip->rate.high = rep_cell_number(table, row, "high");
    flip->best = rep_cell_number(table, row, "best_rate");
    flip->ahead = rep_rate_none();
    flip->ahead.value = rep_cell_number(table, row, "concept_ahead");
    flip->ahead.low = rep_cell_number(table, row, "ahead_low");
    flip->ahead.high = rep_cell_number(table, row, "ahead_high");
    if (flip->source == NULL || flip->insertion == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "triggers/summary.tsv lacks source or "
                             "insertion");
    s->flip_count++;
    return LAT_OK;
}

static lat_status read_summary(rep_study *s, const char *folder,
                               lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "triggers/summary.tsv", error);
    if (!found)
        return status;
    s->flips = lat_arena_array(&s->arena, table.rows, sizeof *s->flips);
    if (s->flips == NULL && table.rows != 0)
        status = lat_error_memory(error, table.rows * sizeof *s->flips);
    for (size_t row = 0; status == LAT_OK && row < table.rows; row++)
        status = take_flip(s, &table, row, error);
    lat_table_free(&table);
    return status;
}

static lat_status read_words(rep_study *s, const char *folder,
                             lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "triggers/triggers.tsv", error);
    if (!found)
        return status;
    s->triggers =
        lat_arena_array(&s->arena, table.rows, sizeof *s->triggers);
    if (s->triggers == NULL && table.rows != 0)
        status = lat_error_memory(error, table.rows * sizeof *s->triggers);
    for (size_t row = 0; status == LAT_OK && row < table.rows; row++) {
        rep_trigger *one = &s->triggers[s->trigger_count];
        one->source = keep_cell(s, &table, row, "source");
        one->word = keep_cell(s, &table, row, "word|words|trigger");
        one->insertion = keep_cell(s, &table, row, "insertion");
        if (one->source == NULL || one->word == NULL ||
            one->insertion == NULL)
            continue;
        const char *concept_cell = rep_cell(&table, row, "concept");
        one->has_concept =
            concept_cell != NULL &&
            lat_integer_read(concept_cell, strlen(concept_cell),
                             &one->concept);
        one->layer = cell_layer(s, &table, row);
        one->target = rep_class_find(s, rep_cell(&table, row, "class"));
        one->eligible = cell_count(&table, row, "eligible");
        one->flipped = cell_count(&table, row, "flipped");
        one->rate = rep_rate_none();
        one->rate.value = rep_cell_number(&table, row, "flip_rate");
        one->rate.low = rep_cell_number(&table, row, "low");
        one->rate.high = rep_cell_number(&table, row, "high");
        s->trigger_count++;
    }
    lat_table_free(&table);
    return status;
}

lat_status rep_read_flips(rep_study *s, const char *folder, lat_error *error)
{
    lat_status status = read_summary(s, folder, error);
    return status == LAT_OK ? read_words(s, folder, error) : status;
}
