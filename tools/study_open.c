/*
 * study_open.c - everything that can be refused, before hours are spent:
 * options, models, corpus, words.
 */
#include "study_int.h"

#include <string.h>
#include <unistd.h>

const char *const study_side_names[STUDY_SIDES] = {"base", "tuned"};

static lat_status need(const cli_call *call, const char *name,
                       lat_error *error)
{
    if (cli_given(call, name))
        return LAT_OK;
    return lat_error_set(error, LAT_USAGE, "run needs --%s", name);
}

/* How human-defined labels are matched. */
static lat_status read_matcher(study_options *out, const cli_call *call,
                               lat_error *error)
{
    static const char *const thresholds[] = {"theta", "label-theta", NULL};
    static const char *const names[] = {"occurrence", "type", "both"};
    const char *rule = cli_text(call, "rule");
    int which = 0;
    while (which < 3 && strcmp(rule, names[which]) != 0)
        which++;
    if (which == 3)
        return lat_error_set(error, LAT_USAGE,
                             "--rule is '%.40s', expected occurrence, type "
                             "or both", rule);
    out->rules[LAT_RULE_OCCURRENCE] = which != 1;
    out->rules[LAT_RULE_TYPE] = which != 0;
    lat_status status = thresholds_check(call, thresholds, error);
    if (status == LAT_OK)
        status = matcher_read(&out->human, call, error);
    out->human.theta = cli_text(call, "label-theta");
    return status;
}

lat_status study_options_read(study_options *out, const cli_call *call,
                              lat_error *error)
{
    static const char *const needed[] = {"base", "tuned", "data", "out"};
    memset(out, 0, sizeof *out);
    lat_status status = LAT_OK;
    for (size_t i = 0; i < 4 && status == LAT_OK; i++)
        if (i < 3 || !cli_given(call, "dry-run"))
            status = need(call, needed[i], error);
    if (status != LAT_OK)
        return status;
    out->paths[STUDY_BASE] = cli_text(call, "base");
    out->paths[STUDY_TUNED] = cli_text(call, "tuned");
    out->data = cli_text(call, "data");
    out->eval = cli_text(call, "eval");
    out->folder = cli_text(call, "out");
    out->k = (size_t)cli_count(call, "k");
    out->layers = cli_text(call, "layers");
    out->theta = cli_text(call, "theta");
    out->size_ratio = cli_number(call, "size-ratio");
    out->seed = cli_count(call, "seed");
    out->memory = cli_count(call, "memory");
    out->spill = cli_text(call, "spill");
    out->label_count = cli_many(call, "labels", &out->labels);
    out->tagger_count = cli_many(call, "tagger", &out->taggers);
    const char *polarity = cli_text(call, "polarity");
    if (strcmp(polarity, "gold") != 0 && strcmp(polarity, "predicted") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--polarity is '%.40s', expected gold or "
                             "predicted",
                             polarity);
    out->predicted_polarity = strcmp(polarity, "predicted") == 0;
    if (out->k == 0)
        return lat_error_set(error, LAT_USAGE,
                             "--k is 0, expected at least 1");
    status = clustering_read(&out->how, call, out->k, error);
    if (status == LAT_OK)
        status = read_matcher(out, call, error);
    if (status == LAT_OK)
        status = cli_count32(&out->min_types, call, "min-types", error);
    if (status == LAT_OK)
        status = cli_count32(&out->permutations, call, "permutations", error);
    if (status == LAT_OK)
        status = cli_count32(&out->bootstraps, call, "bootstraps", error);
    if (status == LAT_OK)
        status = inputs_words_options(&out->words, &out->pooling, call,
                                      error);
    return status;
}

/* "tuned/6" or "tuned/part-2-of-8" behind the side. */
static bool read_job(study_job *job, const study *s, const char *name)
{
    uint64_t layer = 0;
    const char *rest =
        study_part_read(name, "part-", &job->part, &job->parts);
    if (rest != NULL && *rest == '\0') {
        job->kind = STUDY_JOB_PART;
        return true;
    }
    if (!lat_integer_read(name, strlen(name), &layer))
        return false;
    for (size_t i = 0; i < s->layer_count; i++)
        if (s->layers[i] == layer) {
            job->kind = STUDY_JOB_LAYER;
            job->layer = s->layers[i];
            return true;
        }
    return false;
}

static lat_status read_only(study *s, lat_error *error)
{
    const char *only = cli_text(s->call, "only");
    if (only == NULL)
        return LAT_OK;
    for (int side = 0; side < STUDY_SIDES; side++) {
        size_t size = strlen(study_side_names[side]);
        s->job.side = side;
        if (strncmp(only, study_side_names[side], size) == 0 &&
            only[size] == '/' && read_job(&s->job, s, only + size + 1))
            return LAT_OK;
    }
    return lat_error_set(error, LAT_USAGE,
                         "--only is '%.40s', expected a layer of the study "
                         "such as tuned/%zu, or a part such as "
                         "tuned/part-1-of-8",
                         only, s->layers[s->layer_count - 1]);
}

/* ---- The corpus as words, for label files and the report ---------------- */

typedef struct text_making {
    lat_text *out;
    lat_span *spans;
    size_t span_capacity;
    const char **words; /* of one sentence */
    char *bytes;        /* their text, NUL-terminated one after another */
    size_t word_capacity, byte_capacity;
} text_making;

static lat_status grow(void **block, size_t *capacity, size_t need_count,
                       size_t size, lat_error *error)
{
    if (need_count <= *capacity)
        return LAT_OK;
    size_t count = need_count * 2 + 64, bytes = 0;
    void *grown = lat_size_mul(count, size, &bytes)
                      ? lat_realloc(*block, bytes) : NULL;
    if (grown == NULL)
        return lat_error_memory(error, (uint64_t)count * size);
    *block = grown;
    *capacity = count;
    return LAT_OK;
}

/* Words of one text behind those that are there; *used bytes of `bytes`
 * hold the words' text.  Pointers are set when all texts are in. */
static lat_status collect_words(text_making *m, const char *text,
                                size_t size, lat_word_rule rule,
                                size_t *count, size_t *used,
                                lat_error *error)
{
    size_t found = 0;
    lat_status status = lat_words_find(&m->spans, &m->span_capacity, &found,
                                       text, size, rule, error);
    if (status == LAT_OK)
        status = grow((void **)&m->words, &m->word_capacity, *count + found,
                      sizeof *m->words, error);
    if (status == LAT_OK)
        status = grow((void **)&m->bytes, &m->byte_capacity,
                      *used + size + found, 1, error);
    for (size_t i = 0; i < found && status == LAT_OK; i++) {
        size_t length = m->spans[i].end - m->spans[i].first;
        memcpy(m->bytes + *used, text + m->spans[i].first, length);
        m->bytes[*used + length] = '\0';
        *used += length + 1;
    }
    *count += found;
    return status;
}

static lat_status make_text(study *s, lat_error *error)
{
    text_making m = {.out = &s->text};
    lat_status status = LAT_OK;
    for (size_t i = 0; i < s->corpus.count && status == LAT_OK; i++) {
        const lat_sentence *sentence = &s->corpus.sentences[i];
        size_t count = 0, used = 0, at = 0;
        status = collect_words(&m, sentence->a, sentence->a_size,
                               s->options.words.rule, &count, &used, error);
        if (status == LAT_OK && sentence->b != NULL)
            status = collect_words(&m, sentence->b, sentence->b_size,
                                   s->options.words.rule, &count, &used,
                                   error);
        for (size_t w = 0; w < count && status == LAT_OK; w++) {
            m.words[w] = m.bytes + at;
            at += strlen(m.bytes + at) + 1;
        }
        if (status == LAT_OK)
            status = lat_text_add(m.out, m.words, count, error);
    }
    lat_free(m.spans);
    lat_free((void *)m.words);
    lat_free(m.bytes);
    return status;
}

static lat_status make_gold(study *s, lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    if (!s->corpus.has_gold)
        return LAT_OK;
    int32_t *of = lat_new_array(s->corpus.count, sizeof *of);
    if (of == NULL)
        return lat_error_memory(error, s->corpus.count * sizeof *of);
    for (size_t i = 0; i < s->corpus.count; i++)
        of[i] = s->corpus.sentences[i].gold;
    lat_status status =
        lat_classes_make(&s->gold, of, s->corpus.count,
                         (const char *const *)info->labels, info->classes,
                         error);
    lat_free(of);
    return status;
}

static lat_status open_models(study *s, lat_error *error)
{
    lat_status status = LAT_OK;
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++)
        status = lat_reader_open_with(&s->readers[side],
                                      s->options.paths[side],
                                      cli_pool(s->call), error);
    if (status == LAT_OK)
        status = lat_model_compatible(s->readers[STUDY_BASE].model,
                                      s->readers[STUDY_TUNED].model, error);
    if (status == LAT_OK)
        status = lat_range_read(&s->layers, &s->layer_count,
                                s->options.layers,
                                s->readers[STUDY_TUNED].info->layers, error);
    return status;
}

static lat_status select_words(study *s, lat_error *error)
{
    lat_status status =
        lat_words_select(&s->words, &s->corpus, &s->options.words, error);
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++)
        status = lat_reader_tokenize(&s->tokens[side], &s->readers[side],
                                     cli_pool(s->call), &s->corpus,
                                     &s->words, error);
    if (status != LAT_OK)
        return status;
    s->lost = lat_words_drop_lost(&s->words, &s->tokens[STUDY_BASE],
                                  &s->tokens[STUDY_TUNED]);
    if (s->words.count >= s->options.k)
        return LAT_OK;
    lat_error_set(error, LAT_OUT_OF_RANGE,
                  "%zu words pass the filter (--min %s --max %s --del %s), "
                  "too few for --k %zu",
                  s->words.count, cli_text(s->call, "min"),
                  cli_text(s->call, "max"), cli_text(s->call, "del"),
                  s->options.k);
    return lat_error_in_file(error, s->options.data);
}

lat_status study_open(study *out, cli_call *call, lat_error *error)
{
    memset(out, 0, sizeof *out);
    out->call = call;
    out->lock = -1;
    lat_status status = study_options_read(&out->options, call, error);
    if (status == LAT_OK)
        status = open_models(out, error);
    if (status == LAT_OK)
        status = read_only(out, error);
    const lat_model_info *info = out->readers[STUDY_TUNED].info;
    if (status == LAT_OK)
        status = inputs_corpus(&out->corpus, call, out->options.data, info,
                               error);
    if (status == LAT_OK && out->options.eval != NULL)
        status = inputs_corpus(&out->eval, call, out->options.eval, info,
                               error);
    if (status == LAT_OK)
        status = study_triggers_check(out, error);
    if (status == LAT_OK)
        status = select_words(out, error);
    if (status == LAT_OK)
        status = make_text(out, error);
    if (status == LAT_OK && out->job.kind == STUDY_JOB_ALL)
        status = study_human_check(out, error); /* no job needs labels */
    if (status == LAT_OK)
        status = make_gold(out, error);
    if (status == LAT_OK)
        cli_say(call,
                "%zu sentences, %llu words; %zu kept of %zu types; %zu lost "
                "to truncation, %zu sentences cut, %zu left out as too long",
                out->corpus.count, (unsigned long long)out->words.total,
                out->words.count, out->words.kept_types, out->lost,
                out->tokens[STUDY_TUNED].cut_sentences,
                out->words.long_count);
    if (status != LAT_OK)
        study_close(out);
    return status;
}

void study_close(study *s)
{
    for (int side = 0; side < STUDY_SIDES; side++) {
        for (size_t l = 0; l < s->layer_count; l++) {
            if (s->concepts[side] != NULL)
                lat_concepts_free(&s->concepts[side][l]);
            if (s->polarity[side] != NULL)
                lat_polarity_free(&s->polarity[side][l]);
        }
        lat_free(s->concepts[side]);
        lat_free(s->polarity[side]);
        lat_tokens_free(&s->tokens[side]);
        lat_reader_close(&s->readers[side]);
    }
    lat_classes_free(&s->gold);
    lat_classes_free(&s->predicted);
    lat_text_free(&s->text);
    lat_words_free(&s->words);
    lat_corpus_free(&s->corpus);
    lat_corpus_free(&s->eval);
    lat_free(s->layers);
    if (s->lock >= 0)
        (void)close(s->lock); /* the lock goes with it */
    memset(s, 0, sizeof *s);
    s->lock = -1;
}

const lat_classes *study_classes(const study *s)
{
    const lat_classes *classes =
        s->options.predicted_polarity || s->gold.sentences == 0
            ? &s->predicted : &s->gold;
    return classes->sentences == 0 ? NULL : classes;
}
