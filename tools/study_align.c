/*
 * study_align.c - base with tuned over all layer pairs, and human-defined
 * concepts layer by layer.
 */
#include "study_int.h"
#include "word_pieces_int.h"

#include <string.h>

/* The default sweep, with --theta where it is not among it. */
static char *theta_list(const study *s)
{
    static const char sweep[] =
        "0.50,0.55,0.60,0.65,0.70,0.75,0.80,0.85,0.90,0.95,1.00";
    lat_thetas thetas;
    lat_theta own;
    lat_error ignored = {0};
    if (lat_thetas_read(&thetas, sweep, &ignored) != LAT_OK ||
        lat_theta_read(&own, s->options.theta, &ignored) != LAT_OK)
        return NULL;
    for (size_t i = 0; i < thetas.count; i++)
        if (thetas.items[i].value == own.value)
            return lat_copy_string(sweep);
    return lat_format("%s,%s", sweep, s->options.theta);
}

/* ---- Base with tuned ---------------------------------------------------- */


static lat_status put_layer(const study *s, size_t number,
                            const lat_overlap *types,
                            const lat_overlap *occurrences,
                            lat_error *error)
{
    char name[64];
    lat_buffer text = {0};
    lat_json_writer json;
    (void)snprintf(name, sizeof name, "align/layer-%02zu.json",
                   s->layers[number]);
    lat_json_begin(&json, &text, false); /* large: one line */
    lat_json_open(&json, '{');
    lat_json_key(&json, "layer");
    lat_json_put_count(&json, s->layers[number]);
    lat_json_key(&json, "overlap");
    lat_json_open(&json, '[');
    lat_overlap_json(&json, types, NULL);
    lat_overlap_json(&json, occurrences, NULL);
    lat_json_close(&json, ']');
    lat_json_key(&json, "provenance");
    study_put_provenance(&json, s);
    lat_json_close(&json, '}');
    lat_buffer_char(&text, '\n');
    return study_write(s, name, &text, error);
}

static lat_status write_table(const study *s, const lat_overlap *overlaps,
                              lat_unit unit, lat_error *error)
{
    char name[64], lead[64];
    size_t n = s->layer_count;
    lat_buffer text = {0};
    (void)snprintf(name, sizeof name, "align/overlap-%s.tsv",
                   lat_unit_name(unit));
    lat_overlap_tsv_header(&text, "base_layer\ttuned_layer\t");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            (void)snprintf(lead, sizeof lead, "%zu\t%zu\t", s->layers[i],
                           s->layers[j]);
            lat_overlap_tsv(&text, &overlaps[i * n + j], lead);
        }
    return study_write(s, name, &text, error);
}

static lat_status write_matches(const study *s, const lat_overlap *overlaps,
                                lat_error *error)
{
    char lead[64];
    lat_theta theta;
    lat_buffer text = {0};
    lat_status status = lat_theta_read(&theta, s->options.theta, error);
    if (status != LAT_OK)
        return status;
    lat_overlap_matches_tsv_header(&text, "layer\t");
    for (size_t i = 0; i < s->layer_count; i++) {
        (void)snprintf(lead, sizeof lead, "%zu\t", s->layers[i]);
        lat_overlap_matches_tsv(
            &text, &overlaps[i * s->layer_count + i], &theta, lead);
    }
    return study_write(s, "align/matches.tsv", &text, error);
}

static lat_status run_pairs(lat_overlap **out, study *s, lat_unit unit,
                            const char *thetas, lat_error *error)
{
    size_t n = s->layer_count;
    const lat_concepts **sides[STUDY_SIDES] = {NULL, NULL};
    lat_status status = LAT_OK;
    *out = lat_new_array(n * n, sizeof **out);
    for (int side = 0; side < STUDY_SIDES; side++) {
        sides[side] = lat_new_array(n, sizeof *sides[side]);
        for (size_t i = 0; sides[side] != NULL && i < n; i++)
            sides[side][i] = &s->concepts[side][i];
    }
    if (*out == NULL || sides[0] == NULL || sides[1] == NULL) {
        status = lat_error_memory(error, n * n * sizeof **out);
        goto done;
    }
    char step[64];
    lat_progress *progress = cli_progress(s->call);
    lat_layers layers = {.base = sides[STUDY_BASE], .base_count = n,
                         .tuned = sides[STUDY_TUNED], .tuned_count = n};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    options.unit = unit;
    options.min_types = s->options.min_types;
    options.size_ratio = s->options.size_ratio;
    options.thetas = thetas;
    options.permutations = s->options.permutations;
    options.bootstraps = s->options.bootstraps;
    options.seed = s->options.seed;
    (void)snprintf(step, sizeof step, "base with tuned, by %s",
                   lat_unit_name(unit));
    lat_progress_context(progress, step);
    status = lat_overlap_run_layers(*out, cli_pool(s->call), &layers,
                                    &options, progress, error);
    lat_progress_context(progress, NULL);
done:
    lat_free((void *)sides[0]);
    lat_free((void *)sides[1]);
    return status;
}

lat_status study_align(study *s, lat_error *error)
{
    lat_overlap *overlaps[2] = {NULL, NULL}; /* by lat_unit */
    size_t n = s->layer_count;
    char *thetas = theta_list(s);
    double *cka = lat_new_array(n * n, sizeof *cka);
    lat_status status = thetas == NULL || cka == NULL
                            ? lat_error_memory(error, 128 + n * n * 8)
                            : study_cka(cka, s, error);
    for (int unit = 0; unit < 2 && status == LAT_OK; unit++) {
        status = run_pairs(&overlaps[unit], s, (lat_unit)unit, thetas,
                           error);
        for (size_t i = 0; i < n * n && status == LAT_OK; i++)
            overlaps[unit][i].cka = cka[i];
        if (status == LAT_OK)
            status = write_table(s, overlaps[unit], (lat_unit)unit, error);
    }
    if (status == LAT_OK)
        status = write_matches(s, overlaps[LAT_UNIT_TYPES], error);
    for (size_t i = 0; i < n && status == LAT_OK; i++)
        status = put_layer(s, i, &overlaps[LAT_UNIT_TYPES][i * n + i],
                           &overlaps[LAT_UNIT_OCCURRENCES][i * n + i],
                           error);
    for (int unit = 0; unit < 2; unit++) {
        for (size_t i = 0; overlaps[unit] != NULL && i < n * n; i++)
            lat_overlap_free(&overlaps[unit][i]);
        lat_free(overlaps[unit]);
    }
    lat_free(thetas);
    lat_free(cka);
    return status;
}

/* ---- Human-defined concepts --------------------------------------------- */

typedef struct families {
    lat_labels *items;
    bool *ngram;
    size_t count;
    lat_draws *draws; /* the same for all families and layers */
} families;

static lat_status open_file(lat_labels *out, const study *s, size_t number,
                            lat_error *error)
{
    label_source source;
    lat_status status =
        label_source_read(&source, s->call, "labels", number, error);
    if (status == LAT_OK && source.path == NULL)
        return lat_error_set(error, LAT_USAGE,
                             "--labels is '%s', expected FAMILY=FILE; the "
                             "built-in families are always there",
                             source.family);
    return status == LAT_OK
               ? label_source_open(out, &source, &s->text, NULL, error)
               : status;
}

/* The name of family i: those of --labels, then those of --tagger. */
static lat_status family_name(char out[64], const study *s, size_t i,
                              lat_error *error)
{
    label_source source;
    if (i >= s->options.label_count)
        return tagger_family(
            out, s->options.taggers[i - s->options.label_count], error);
    lat_status status =
        label_source_read(&source, s->call, "labels", i, error);
    if (status == LAT_OK)
        memcpy(out, source.family, sizeof source.family);
    return status;
}

/* The tables tell families apart by their names. */
static lat_status check_names(const study *s, lat_error *error)
{
    const lat_labeller *list = lat_labeller_list();
    size_t count = s->options.label_count + s->options.tagger_count;
    lat_status status = LAT_OK;
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        char one[64], other[64];
        bool file = i >= s->options.label_count ||
                    strchr(s->options.labels[i], '=') != NULL;
        status = family_name(one, s, i, error);
        for (size_t b = 0; status == LAT_OK && list[b].name != NULL; b++)
            if (file && strcmp(one, list[b].name) == 0)
                return lat_error_set(error, LAT_USAGE,
                                     "the family '%s' is built in; choose "
                                     "another name", one);
        for (size_t j = 0; j < i && status == LAT_OK; j++) {
            status = family_name(other, s, j, error);
            if (status == LAT_OK && strcmp(one, other) == 0)
                return lat_error_set(error, LAT_USAGE,
                                     "the family '%s' is given twice", one);
        }
    }
    return status;
}

lat_status study_human_check(const study *s, lat_error *error)
{
    lat_status status = label_sources_check(s->call, "labels", error);
    if (status == LAT_OK)
        status = check_names(s, error);
    for (size_t i = 0; i < s->options.label_count && status == LAT_OK; i++) {
        lat_labels labels = {0};
        status = open_file(&labels, s, i, error);
        lat_labels_free(&labels);
    }
    return status;
}

/* Sub-words are those of the tuned model. */
static lat_status open_builtin(lat_labels *out, const study *s,
                               const lat_labeller *labeller,
                               lat_error *error)
{
    uint32_t *pieces = NULL;
    lat_status status = LAT_OK;
    if (labeller->needs_pieces) {
        pieces = lat_new_array(s->text.size, sizeof *pieces);
        status = pieces == NULL
                     ? lat_error_memory(error, s->text.size * sizeof *pieces)
                     : word_pieces_of_corpus(
                           pieces, s->text.size,
                           s->readers[STUDY_TUNED].tokenizer, &s->corpus,
                           s->options.words.rule, error);
    }
    if (status == LAT_OK)
        status = lat_labels_builtin(out, &s->text, labeller->name, pieces,
                                    error);
    lat_free(pieces);
    return status;
}

static lat_status open_families(families *out, const study *s,
                                lat_error *error)
{
    const lat_labeller *list = lat_labeller_list();
    size_t builtin = 0;
    while (list[builtin].name != NULL)
        builtin++;
    size_t most = builtin + s->options.label_count + s->options.tagger_count;
    out->items = lat_new_array(most, sizeof *out->items);
    out->ngram = lat_new_array(most, sizeof *out->ngram);
    if (out->items == NULL || out->ngram == NULL)
        return lat_error_memory(error, 64 * builtin);
    lat_status status = LAT_OK;
    for (size_t i = 0; i < builtin && status == LAT_OK; i++) {
        out->ngram[i] = list[i].ngram;
        status = open_builtin(&out->items[i], s, &list[i], error);
        out->count += status == LAT_OK;
    }
    for (size_t i = 0; i < s->options.label_count && status == LAT_OK; i++) {
        status = open_file(&out->items[out->count], s, i, error);
        out->count += status == LAT_OK;
    }
    for (size_t i = 0; i < s->options.tagger_count && status == LAT_OK;
         i++) {
        status = tagger_labels(&out->items[out->count], s->call, &s->text,
                               s->options.taggers[i], error);
        out->count += status == LAT_OK;
    }
    return status;
}

typedef struct human_output {
    lat_buffer table, concepts;
} human_output;

static lat_status run_family(study *s, int side, size_t number,
                             const families *all, size_t family,
                             human_output *out, lat_json_writer *json,
                             lat_error *error)
{
    char lead[64];
    (void)snprintf(lead, sizeof lead, "%s\t%zu\t", study_side_names[side],
                   s->layers[number]);
    lat_status status = LAT_OK;
    for (int rule = 0; rule < 2 && status == LAT_OK; rule++) {
        lat_human human = {0};
        lat_human_options options = s->options.human;
        if (!s->options.rules[rule])
            continue;
        options.rule = (lat_rule)rule;
        options.ngram = options.ngram || all->ngram[family];
        options.draws = all->draws;
        status = lat_human_run(&human, cli_pool(s->call),
                               &s->concepts[side][number], &s->text,
                               &all->items[family], &options, error);
        if (status == LAT_OK) {
            lat_human_tsv(&out->table, &human, lead);
            lat_human_concepts_tsv(&out->concepts, &human, lead);
            lat_human_json(json, &human, study_side_names[side], NULL);
        }
        lat_human_free(&human);
    }
    return status;
}

static lat_status run_layer(study *s, int side, size_t number,
                            const families *all, human_output *out,
                            lat_error *error)
{
    char name[64];
    lat_buffer text = {0};
    lat_json_writer json;
    lat_status status = LAT_OK;
    (void)snprintf(name, sizeof name, "align/human-%s-%02zu.json",
                   study_side_names[side], s->layers[number]);
    lat_json_begin(&json, &text, false); /* large: one line */
    lat_json_open(&json, '{');
    lat_json_key(&json, "human");
    lat_json_open(&json, '[');
    for (size_t f = 0; f < all->count && status == LAT_OK; f++)
        status = run_family(s, side, number, all, f, out, &json, error);
    lat_json_close(&json, ']');
    lat_json_key(&json, "layer");
    lat_json_put_count(&json, s->layers[number]);
    lat_json_key(&json, "provenance");
    study_put_provenance(&json, s);
    lat_json_close(&json, '}');
    lat_buffer_char(&text, '\n');
    if (status == LAT_OK)
        status = study_write(s, name, &text, error);
    lat_buffer_free(&text);
    return status;
}

lat_status study_human(study *s, lat_error *error)
{
    families all = {0};
    human_output out = {{0}, {0}};
    lat_status status = open_families(&all, s, error);
    if (status == LAT_OK)
        status = lat_draws_create(&all.draws, error);
    lat_progress *progress = cli_progress(s->call);
    lat_human_tsv_header(&out.table, "side\tlayer\t");
    lat_human_concepts_tsv_header(&out.concepts, "side\tlayer\t");
    lat_progress_begin(progress, "human-defined concepts", "layers",
                       2 * s->layer_count);
    for (int side = 0; side < STUDY_SIDES; side++)
        for (size_t i = 0; i < s->layer_count && status == LAT_OK; i++) {
            status = run_layer(s, side, i, &all, &out, error);
            lat_progress_add(progress, 1);
        }
    lat_progress_end(progress);
    if (status == LAT_OK)
        status = study_write(s, "align/human.tsv", &out.table, error);
    if (status == LAT_OK)
        status = study_write(s, "align/human-concepts.tsv", &out.concepts,
                             error);
    lat_buffer_free(&out.table);
    lat_buffer_free(&out.concepts);
    for (size_t f = 0; f < all.count; f++)
        lat_labels_free(&all.items[f]);
    lat_free(all.items);
    lat_free(all.ngram);
    lat_draws_free(all.draws);
    return status;
}
