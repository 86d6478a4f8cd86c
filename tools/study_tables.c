/*
 * study_tables.c - the tables of a study that stand beside its concepts:
 * base with tuned (overlap-types.tsv, matches.tsv), human-defined labels
 * (human.tsv, human-concepts.tsv), polarity (polarity.tsv, concepts.tsv).
 *
 * A row about a layer or concept that the study does not have is passed
 * over: tables may have been made by hand.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

/* Is this row at the study's theta?  Texts may differ: 0.9 and 0.90. */
static bool at_theta(const rep_study *s, const lat_table *table, size_t row)
{
    double theta = rep_cell_number(table, row, "theta");
    return isnan(theta) || theta == s->theta.value;
}

static size_t row_layer(const rep_study *s, const lat_table *table,
                        size_t row, const char *names)
{
    double number = rep_cell_number(table, row, names);
    return number >= 0 && number < 1e4
               ? rep_layer_find(s, (uint64_t)number) : s->layer_count;
}

/* The concept of a row with columns side, layer, concept; NULL for none. */
static rep_concept *row_concept(rep_study *s, const lat_table *table,
                                size_t row)
{
    int side = rep_side_find(rep_cell(table, row, "side"));
    size_t i = row_layer(s, table, row, "layer");
    const char *id = rep_cell(table, row, "concept|id");
    uint64_t number = 0;
    if (side < 0 || i == s->layer_count || id == NULL ||
        !lat_integer_read(id, strlen(id), &number))
        return NULL;
    rep_layer *layer = &s->layers[side][i];
    uint32_t c = lat_concepts_find(&layer->concepts, number);
    return c == LAT_NO_CONCEPT ? NULL : &layer->about[c];
}

/* ---- Base with tuned --------------------------------------------------- */

rep_rate rep_cell_rate(const lat_table *table, size_t row,
                       const char *const names[6])
{
    rep_rate rate = {rep_cell_number(table, row, names[0]),
                     rep_cell_number(table, row, names[1]),
                     rep_cell_number(table, row, names[2]),
                     rep_cell_number(table, row, names[3]),
                     rep_cell_number(table, row, names[4]),
                     rep_cell_number(table, row, names[5])};
    return rate;
}

static lat_status read_pairs(rep_study *s, const char *folder,
                             lat_error *error)
{
    static const char *const tuned[6] = {
        "tuned_to_base_percent", "tuned_low", "tuned_high",
        "tuned_chance_mean", "tuned_chance_low", "tuned_chance_high"};
    static const char *const base[6] = {
        "base_to_tuned_percent", "base_low", "base_high",
        "base_chance_mean", "base_chance_low", "base_chance_high"};
    lat_table table = {0};
    size_t n = s->layer_count;
    s->pairs = lat_arena_array(&s->arena, n * n, sizeof *s->pairs);
    if (s->pairs == NULL)
        return lat_error_memory(error, n * n * sizeof *s->pairs);
    for (size_t i = 0; i < n * n; i++)
        s->pairs[i] = (rep_pair){rep_rate_none(), rep_rate_none(), NAN};
    bool found = false;
    lat_status status = LAT_OK;
    if (!s->recut)
        status = rep_table_open(&table, &found, folder,
                                "align/overlap-types.tsv", error);
    if (!found)
        return status;
    for (size_t row = 0; row < table.rows; row++) {
        size_t i = row_layer(s, &table, row, "base_layer");
        size_t j = row_layer(s, &table, row, "tuned_layer");
        if (i == n || j == n || !at_theta(s, &table, row))
            continue;
        rep_pair *pair = &s->pairs[i * n + j];
        pair->tuned_to_base = rep_cell_rate(&table, row, tuned);
        pair->base_to_tuned = rep_cell_rate(&table, row, base);
        pair->cka = rep_cell_number(&table, row, "cka");
        s->has_pairs = true;
    }
    lat_table_free(&table);
    return LAT_OK;
}

static uint8_t fate_number(const char *name)
{
    if (name == NULL)
        return LAT_FATE_NONE;
    if (strcmp(name, "kept") == 0)
        return LAT_FATE_KEPT;
    if (strcmp(name, "split") == 0)
        return LAT_FATE_SPLIT;
    if (strcmp(name, "merged") == 0)
        return LAT_FATE_MERGED;
    if (strcmp(name, "new") == 0 || strcmp(name, "lost") == 0)
        return LAT_FATE_GONE;
    return LAT_FATE_NONE;
}

static lat_status read_matches(rep_study *s, const char *folder,
                               lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "align/matches.tsv", error);
    if (!found)
        return status;
    for (size_t row = 0; row < table.rows; row++) {
        rep_concept *one = row_concept(s, &table, row);
        const char *best = rep_cell(&table, row, "best");
        if (one == NULL || best == NULL)
            continue;
        one->has_match =
            lat_integer_read(best, strlen(best), &one->match);
        one->match_share = rep_cell_number(&table, row, "share");
        one->match_jaccard = rep_cell_number(&table, row, "jaccard");
        one->fate = fate_number(rep_cell(&table, row, "fate"));
        s->has_matches = true;
    }
    lat_table_free(&table);
    return LAT_OK;
}

/* ---- Human-defined labels ---------------------------------------------- */

rep_family *rep_find_family(const rep_study *s, const char *name,
                            const char *rule)
{
    for (size_t f = 0; f < s->family_count; f++)
        if (strcmp(s->families[f].name, name) == 0 &&
            strcmp(s->families[f].rule, rule) == 0)
            return &s->families[f];
    return NULL;
}

static lat_status add_family(rep_study *s, const char *name,
                             const char *rule, lat_error *error)
{
    rep_family *family = &s->families[s->family_count];
    family->name = lat_arena_copy(&s->arena, name, strlen(name));
    family->rule = lat_arena_copy(&s->arena, rule, strlen(rule));
    bool good = family->name != NULL && family->rule != NULL;
    for (int side = 0; side < REP_SIDES; side++) {
        rep_rate *rates =
            lat_arena_array(&s->arena, 2 * s->layer_count, sizeof *rates);
        good = good && rates != NULL;
        for (size_t i = 0; rates != NULL && i < 2 * s->layer_count; i++)
            rates[i] = rep_rate_none();
        family->aligned[side] = rates;
        family->covered[side] = rates == NULL ? NULL
                                              : rates + s->layer_count;
    }
    if (!good)
        return lat_error_memory(error, 64 * s->layer_count);
    s->family_count++;
    return LAT_OK;
}

static lat_status take_family(rep_study *s, const lat_table *table,
                              size_t row, size_t room, lat_error *error)
{
    static const char *const aligned[6] = {
        "percent_aligned", "aligned_low", "aligned_high",
        "aligned_chance_mean", "aligned_chance_low", "aligned_chance_high"};
    static const char *const covered[6] = {
        "percent_covered", "covered_low", "covered_high",
        "covered_chance_mean", "covered_chance_low", "covered_chance_high"};
    const char *name = rep_cell(table, row, "family");
    const char *rule = rep_cell(table, row, "rule");
    int side = rep_side_find(rep_cell(table, row, "side"));
    size_t i = row_layer(s, table, row, "layer");
    lat_status status = LAT_OK;
    if (name == NULL || side < 0 || i == s->layer_count)
        return LAT_OK;
    rule = rule == NULL ? "occurrence" : rule;
    if (rep_find_family(s, name, rule) == NULL && s->family_count < room)
        status = add_family(s, name, rule, error);
    rep_family *family = rep_find_family(s, name, rule);
    if (status != LAT_OK || family == NULL)
        return status;
    family->aligned[side][i] = rep_cell_rate(table, row, aligned);
    family->covered[side][i] = rep_cell_rate(table, row, covered);
    return LAT_OK;
}

static lat_status read_families(rep_study *s, const char *folder,
                                lat_error *error)
{
    enum { MOST_FAMILIES = 256 };
    lat_table table = {0};
    bool found = false;
    lat_status status =
        rep_table_open(&table, &found, folder, "align/human.tsv", error);
    if (!found)
        return status;
    size_t room = table.rows < MOST_FAMILIES ? table.rows : MOST_FAMILIES;
    s->families = lat_arena_array(&s->arena, room, sizeof *s->families);
    if (s->families == NULL && room != 0)
        status = lat_error_memory(error, room * sizeof *s->families);
    for (size_t row = 0; status == LAT_OK && row < table.rows; row++)
        status = take_family(s, &table, row, room, error);
    lat_table_free(&table);
    return status;
}

/* Names in this table repeat a few hundred labels hundreds of thousands of
 * times: each is kept once. */
typedef struct label_work {
    rep_study *study;
    lat_intern *names, *winners; /* winners: side, layer, family, label */
    const char **kept;           /* names' texts in the arena */
    uint32_t *wins;              /* concepts that each winner explains */
    size_t room;
    bool failed;                 /* out of memory */
} label_work;

static const char *keep_name(label_work *w, const char *text)
{
    size_t before = lat_intern_count(w->names);
    size_t number = lat_intern_add(w->names, text, strlen(text));
    if (number >= w->room)
        return NULL;
    if (number == before)
        w->kept[number] =
            lat_arena_copy(&w->study->arena, text, strlen(text));
    return w->kept[number];
}

/* Number of the row's label among the winners; SIZE_MAX when the row does
 * not count (type rule, no label) or memory is out. */
static size_t winner_of(label_work *w, const lat_table *table, size_t row)
{
    const char *side = rep_cell(table, row, "side");
    const char *layer = rep_cell(table, row, "layer");
    const char *family = rep_cell(table, row, "family");
    const char *label = rep_cell(table, row, "label|winner");
    const char *rule = rep_cell(table, row, "rule");
    if (side == NULL || layer == NULL || family == NULL || label == NULL ||
        label[0] == '\0' || (rule != NULL && strcmp(rule, "type") == 0) ||
        isnan(rep_cell_number(table, row, "share")) ||
        rep_cell_number(table, row, "skipped") > 0.0)
        return SIZE_MAX;
    char *key = lat_format("%s\t%s\t%s\t%s", side, layer, family, label);
    size_t number = key == NULL
                        ? SIZE_MAX
                        : lat_intern_add(w->winners, key, strlen(key));
    w->failed = w->failed || number == SIZE_MAX;
    lat_free(key);
    return number < w->room ? number : SIZE_MAX;
}

/* A concept has a label of every family.  The one shown reaches the rule's
 * theta and explains the fewest other concepts of the layer: "inner word"
 * would be true of nearly all. */
static bool says_more(const label_work *w, const rep_concept *one,
                      double share, bool aligned, size_t winner)
{
    if (one->label == NULL || aligned != one->label_aligned)
        return one->label == NULL || aligned;
    if (aligned && w->wins[winner] != one->label_wins)
        return w->wins[winner] < one->label_wins;
    return share > one->label_share;
}

static lat_status take_labels(label_work *w, const lat_table *table,
                              lat_error *error)
{
    for (size_t row = 0; row < table->rows; row++) {
        size_t winner = winner_of(w, table, row);
        if (winner != SIZE_MAX)
            w->wins[winner]++;
    }
    for (size_t row = 0; row < table->rows; row++) {
        rep_concept *one = row_concept(w->study, table, row);
        size_t winner = winner_of(w, table, row);
        double share = rep_cell_number(table, row, "share");
        bool aligned = rep_cell_number(table, row, "aligned") > 0.0;
        if (one == NULL || winner == SIZE_MAX ||
            !says_more(w, one, share, aligned, winner))
            continue;
        one->label_aligned = aligned;
        one->label = keep_name(w, rep_cell(table, row, "label|winner"));
        one->family = keep_name(w, rep_cell(table, row, "family"));
        one->label_share = share;
        one->label_wins = w->wins[winner];
        w->failed = w->failed || one->label == NULL || one->family == NULL;
    }
    return w->failed ? lat_error_memory(error, 64) : LAT_OK;
}

static lat_status read_labels(rep_study *s, const char *folder,
                              lat_error *error)
{
    lat_table table = {0};
    label_work w = {.study = s};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "align/human-concepts.tsv", error);
    if (!found)
        return status;
    w.room = 2 * table.rows + 1;
    status = lat_intern_create(&w.names, error);
    if (status == LAT_OK)
        status = lat_intern_create(&w.winners, error);
    w.kept = lat_new_array(w.room, sizeof *w.kept);
    w.wins = lat_new_array(w.room, sizeof *w.wins);
    if (status == LAT_OK && (w.kept == NULL || w.wins == NULL))
        status = lat_error_memory(error, w.room * sizeof *w.kept);
    if (status == LAT_OK)
        status = take_labels(&w, &table, error);
    lat_free((void *)w.kept);
    lat_free(w.wins);
    lat_intern_free(w.names);
    lat_intern_free(w.winners);
    lat_table_free(&table);
    return status;
}

/* ---- Polarity ---------------------------------------------------------- */

static bool by_study_class(const rep_study *s, const lat_table *table,
                           size_t row)
{
    const char *by = rep_cell(table, row, "classes");
    return by == NULL || strcmp(by, s->polarity_by) == 0;
}

/* Chance counts of a class become percentages of the counted concepts. */
static void class_chance(rep_layer *layer, int32_t k, const lat_table *table,
                         size_t row)
{
    double scale = 100.0 / (double)layer->counted;
    rep_rate *rate = &layer->by_class[k];
    rate->chance = scale * rep_cell_number(table, row, "chance_mean");
    rate->chance_low = scale * rep_cell_number(table, row, "chance_low");
    rate->chance_high = scale * rep_cell_number(table, row, "chance_high");
}

static lat_status read_polarity(rep_study *s, const char *folder,
                                lat_error *error)
{
    static const char *const names[6] = {
        "all_percent",     "all_low",        "all_high",
        "all_chance_mean", "all_chance_low", "all_chance_high"};
    lat_table table = {0};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "polarity/polarity.tsv", error);
    if (!found)
        return status;
    for (size_t row = 0; row < table.rows; row++) {
        int side = rep_side_find(rep_cell(&table, row, "side"));
        size_t i = row_layer(s, &table, row, "layer");
        int32_t k = rep_class_find(
            s, rep_cell(&table, row, "class"));
        if (side < 0 || i == s->layer_count || !at_theta(s, &table, row) ||
            !by_study_class(s, &table, row))
            continue;
        rep_layer *layer = &s->layers[side][i];
        layer->polarised = rep_cell_rate(&table, row, names);
        if (k >= 0 && layer->counted != 0)
            class_chance(layer, k, &table, row);
        s->has_polarity = true;
    }
    lat_table_free(&table);
    return LAT_OK;
}

static lat_status read_intervals(rep_study *s, const char *folder,
                                 lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    lat_status status = rep_table_open(&table, &found, folder,
                                       "polarity/concepts.tsv", error);
    if (!found)
        return status;
    for (size_t row = 0; row < table.rows; row++) {
        rep_concept *one = row_concept(s, &table, row);
        if (one == NULL || !by_study_class(s, &table, row))
            continue;
        one->low = rep_cell_number(&table, row, "share_low");
        one->high = rep_cell_number(&table, row, "share_high");
    }
    lat_table_free(&table);
    return LAT_OK;
}

lat_status rep_read_tables(rep_study *s, const char *folder,
                           lat_error *error)
{
    lat_status status = read_pairs(s, folder, error);
    if (s->recut)
        return status; /* they are about other concepts */
    if (status == LAT_OK)
        status = read_matches(s, folder, error);
    if (status == LAT_OK)
        status = read_families(s, folder, error);
    if (status == LAT_OK)
        status = read_labels(s, folder, error);
    if (status == LAT_OK)
        status = read_polarity(s, folder, error);
    if (status == LAT_OK)
        status = read_intervals(s, folder, error);
    return status;
}
