/*
 * search.c - ranks trigger candidates on one half of the eligible sentences
 * and scores the best of them on the other.
 *
 *   candidates of a source, for a layer and a class
 *     -> development half: successive halving, all insertions together
 *        (search_rank.c); with --length n the best become longer and go
 *        through it again
 *     -> the `keep` best -> held-out half: flip rates, intervals
 *        (search_score.c)
 *
 * Every source gets the same number of candidates and the same rounds, so
 * none is favoured by the search; only the upper bound has more of both, and
 * says so.
 */
#include "search_int.h"

#include <math.h>
#include <string.h>

/* Lists of one layer and class. */
typedef struct job {
    candidates lists[LAT_SOURCES];
} job;

static size_t length_of(const lat_search_options *o)
{
    return o->length == 0 ? 1 : o->length;
}

static size_t beam_of(const lat_search_options *o)
{
    size_t beam = o->beam == 0 ? o->keep : o->beam;
    return length_of(o) > 1 ? beam : 0;
}

/* Triggers that halving must leave: what is scored, and what is made longer. */
static size_t survivors(const lat_search_options *o)
{
    size_t beam = beam_of(o);
    return o->keep > beam ? o->keep : beam;
}

/* ---- What it will cost -------------------------------------------------- */

/* Most queries of one source, `n` candidates, with d development and h
 * held-out sentences for the class, `all` held-out ones for accuracy. */
static uint64_t source_cost(const lat_search *out, lat_source source,
                            size_t n, size_t d, size_t h, size_t all)
{
    const lat_search_options *o = &out->options;
    uint64_t cost = 0;
    size_t kept = n < o->keep ? n : o->keep;
    size_t longer = out->candidates < o->keep ? out->candidates : o->keep;
    if (n == 0)
        return 0;
    for (size_t length = 1; length <= length_of(o); length++) {
        cost += search_halving_cost(
            length == 1 ? n : out->candidates, d, survivors(o),
            length == 1 ? search_schedule(source)
                        : search_schedule(LAT_SOURCE_CONCEPT));
        cost += (uint64_t)(length == 1 ? kept : longer) * h + all;
    }
    if (source == LAT_SOURCE_CONCEPT && o->whole != 0)
        cost += (uint64_t)kept * h;
    return cost * o->insertion_count;
}

static size_t limit_of(const lat_search *out, int source)
{
    return source == LAT_SOURCE_GREEDY ? out->upper : out->candidates;
}

/* Other sources do not look at the layer's concepts and ask the same of every
 * layer: once is enough. */
static bool differs_by_layer(int source)
{
    return source == LAT_SOURCE_CONCEPT || source == LAT_SOURCE_MATCHED;
}

static uint64_t estimate(const lat_search *out, const job *jobs,
                         size_t layers, uint32_t *room)
{
    const lat_evaluation *e = &out->evaluation;
    uint64_t cost = 0;
    size_t held = e->usable_count - out->split_development;
    for (uint32_t c = 0; c < e->classes; c++) {
        size_t d = lat_evaluation_eligible(room, e, c, out->split,
                                           out->split_development);
        size_t h = lat_evaluation_eligible(
            room, e, c, out->split + out->split_development, held);
        for (size_t l = 0; l < layers; l++)
            for (int source = 0; source < LAT_SOURCES; source++) {
                size_t n = jobs[l * e->classes + c].lists[source].count;
                size_t most = limit_of(out, source);
                if (l == 0 || differs_by_layer(source))
                    cost += source_cost(out, (lat_source)source,
                                        n < most ? n : most, d, h, held);
            }
    }
    return cost;
}

uint64_t lat_search_queries(const lat_search_options *options,
                            size_t words, size_t sentences, size_t classes,
                            size_t layers)
{
    lat_search all = {.options = *options,
                      .candidates = options->candidates,
                      .upper = options->upper};
    size_t half = sentences / 2, others = half - half / classes;
    uint64_t cost = 0;
    for (int source = 0; source < LAT_SOURCES; source++) {
        size_t n = limit_of(&all, source);
        cost += (differs_by_layer(source) ? layers : 1) * classes *
                source_cost(&all, (lat_source)source, n < words ? n : words,
                            others, others, half);
    }
    return options->max_queries != 0 && cost > options->max_queries
               ? options->max_queries : cost;
}

/* Fewer candidates until the budget holds. */
static lat_status fit_budget(lat_search *out, job *jobs, size_t layers,
                             lat_error *error)
{
    const lat_search_options *o = &out->options;
    uint32_t *room = lat_new_array(out->evaluation.usable_count,
                                   sizeof *room);
    if (room == NULL)
        return lat_error_memory(error, out->evaluation.usable_count * 4);
    out->estimate = estimate(out, jobs, layers, room);
    while (o->max_queries != 0 && out->estimate > o->max_queries &&
           (out->candidates > 1 || out->upper != 0)) {
        if (out->upper > out->candidates || out->candidates <= 1)
            out->upper /= 2;
        else
            out->candidates /= 2;
        out->estimate = estimate(out, jobs, layers, room);
    }
    lat_free(room);
    if (o->max_queries != 0 && out->estimate > o->max_queries)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "one candidate of each source takes %llu "
                             "queries, more than the %llu allowed",
                             (unsigned long long)out->estimate,
                             (unsigned long long)o->max_queries);
    for (size_t j = 0; j < layers * out->evaluation.classes; j++)
        for (int source = 0; source < LAT_SOURCES; source++) {
            candidates *list = &jobs[j].lists[source];
            size_t most = limit_of(out, source);
            list->count = list->count < most ? list->count : most;
        }
    return LAT_OK;
}

/* ---- One source --------------------------------------------------------- */

/* What was kept of other sources joins the upper bound: it must not fall
 * below them only because its first rounds are short. */
static lat_status join_kept(candidates *list, size_t *kept,
                            const candidates *others, lat_error *error)
{
    candidates all = {NULL, 0};
    all.items = lat_new_array(*kept + others->count, sizeof *all.items);
    if (all.items == NULL)
        return lat_error_memory(error, others->count * sizeof *all.items);
    for (size_t i = 0; i < *kept; i++)
        all.items[all.count++] = list->items[i];
    for (size_t i = 0; i < others->count; i++) {
        bool there = false;
        for (size_t j = 0; j < all.count && !there; j++)
            there = strcmp(all.items[j].text, others->items[i].text) == 0;
        if (there)
            continue;
        all.items[all.count] = others->items[i];
        all.items[all.count].concept = LAT_NO_NUMBER;
        all.items[all.count].place = list->count + i;
        all.count++;
    }
    search_sort(&all);
    candidates_free(list);
    *list = all;
    *kept = all.count;
    return LAT_OK;
}

/* Adds the first `count` of a list to what other sources kept. */
static lat_status remember(candidates *all, const candidates *list,
                           size_t count, lat_error *error)
{
    size_t size = (all->count + count) * sizeof *all->items;
    candidate *grown = lat_realloc(all->items, size);
    if (grown == NULL)
        return lat_error_memory(error, size);
    all->items = grown;
    for (size_t i = 0; i < count; i++)
        all->items[all->count++] = list->items[i];
    return LAT_OK;
}

/* Words that make triggers longer: those that were tried, best first, and of
 * concepts the words that were not tried too. */
static lat_status make_pool(candidates *out, class_search *s,
                            lat_source source, const candidates *singles,
                            lat_error *error)
{
    candidates all = {NULL, 0};
    lat_status status = LAT_OK;
    memset(out, 0, sizeof *out);
    if (source == LAT_SOURCE_CONCEPT)
        status = candidates_make(&all, s->out, s->input, s->layer, source,
                                 s->c, SIZE_MAX, NULL, error);
    if (status == LAT_OK)
        status = remember(out, singles, singles->count, error);
    for (size_t i = 0; i < all.count && status == LAT_OK; i++) {
        bool tried = false;
        for (size_t j = 0; j < singles->count && !tried; j++)
            tried = strcmp(all.items[i].text, singles->items[j].text) == 0;
        candidates one = {&all.items[i], 1};
        if (!tried)
            status = remember(out, &one, 1, error);
    }
    candidates_free(&all);
    return status;
}

static lat_status search_longer(class_search *s, lat_source source,
                                const candidates *singles, size_t kept,
                                lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    candidates parents = {singles->items, kept}, next = {NULL, 0};
    candidates pool = {NULL, 0};
    candidate *owned = NULL;
    lat_status status = LAT_OK;
    if (length_of(o) > 1)
        status = make_pool(&pool, s, source, singles, error);
    for (size_t length = 2; length <= length_of(o) && status == LAT_OK;
         length++) {
        status = search_extend(&next, s, &parents, beam_of(o), &pool,
                               error);
        if (status != LAT_OK)
            break;
        lat_free(owned);
        owned = next.items;
        size_t tried = next.count;
        status = search_halve(s, &next, survivors(o),
                              search_schedule(LAT_SOURCE_CONCEPT), error);
        parents = next;
        if (parents.count > survivors(o))
            parents.count = survivors(o);
        if (next.count > o->keep)
            next.count = o->keep;
        if (status == LAT_OK)
            status = search_score(s, source, &next, tried, length, error);
    }
    lat_free(owned);
    candidates_free(&pool);
    return status;
}

static lat_status search_source(class_search *s, lat_source source,
                                candidates *list, candidates *others,
                                lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    size_t tried = list->count, most = survivors(o);
    lat_status status =
        search_halve(s, list, most, search_schedule(source), error);
    size_t kept = list->count < most ? list->count : most;
    if (status == LAT_OK && source == LAT_SOURCE_GREEDY && tried != 0)
        status = join_kept(list, &kept, others, error);
    candidates best = {list->items, kept < o->keep ? kept : o->keep};
    if (status == LAT_OK)
        status = search_score(s, source, &best, tried, 1, error);
    if (status == LAT_OK && source != LAT_SOURCE_GREEDY)
        status = remember(others, list, kept, error);
    if (status == LAT_OK)
        status = search_longer(s, source, list, kept, error);
    if (status == LAT_OK && source == LAT_SOURCE_CONCEPT)
        status = search_score_concepts(s, list, best.count, error);
    return status;
}

/* ---- One layer and class ------------------------------------------------ */

static lat_status search_class(class_search *s, job *lists, lat_error *error)
{
    lat_search *out = s->out;
    const lat_search_options *o = &out->options;
    candidates others = {NULL, 0};
    lat_status status = LAT_OK;
    size_t held = out->evaluation.usable_count - out->split_development;
    s->held_all = out->split + out->split_development;
    s->held_all_count = held;
    s->development = lat_new_array(out->split_development, sizeof(uint32_t));
    s->held_out = lat_new_array(held, sizeof(uint32_t));
    s->concept_rates = lat_new_array(
        held, length_of(o) * o->insertion_count * sizeof(double));
    s->has_concept = lat_new_array(length_of(o), sizeof(bool));
    if (s->development == NULL || s->held_out == NULL ||
        s->concept_rates == NULL || s->has_concept == NULL) {
        status = lat_error_memory(error, held * 8);
        goto done;
    }
    s->development_count = lat_evaluation_eligible(
        s->development, &out->evaluation, s->c, out->split,
        out->split_development);
    s->held_out_count = lat_evaluation_eligible(
        s->held_out, &out->evaluation, s->c, s->held_all, held);
    for (int source = 0; source < LAT_SOURCES && status == LAT_OK; source++)
        if (source != LAT_SOURCE_GREEDY || out->upper != 0)
            status = search_source(s, (lat_source)source,
                                   &lists->lists[source], &others, error);
done:
    candidates_free(&others);
    lat_free(s->development);
    lat_free(s->held_out);
    lat_free(s->concept_rates);
    lat_free(s->has_concept);
    return status;
}

static lat_status make_lists(job *out, lat_search *search,
                             const lat_search_input *input, size_t layer,
                             uint32_t c, lat_error *error)
{
    const lat_search_options *o = &search->options;
    lat_status status = LAT_OK;
    for (int source = 0; source < LAT_SOURCES && status == LAT_OK;
         source++) {
        const candidates *concept_words = &out->lists[LAT_SOURCE_CONCEPT];
        size_t most = o->candidates;
        if (source == LAT_SOURCE_GREEDY) /* bounds something only if there */
            most = concept_words->count == 0 ? 0 : o->upper;
        else if (source != LAT_SOURCE_CONCEPT)
            most = concept_words->count;
        status = candidates_make(&out->lists[source], search, input, layer,
                                 (lat_source)source, c, most, concept_words,
                                 error);
    }
    return status;
}

/* ---- All of it ---------------------------------------------------------- */

static lat_status prepare(lat_search *out, lat_pool *pool,
                          const lat_search_input *input, lat_error *error)
{
    lat_search_options *o = &out->options;
    lat_status status =
        lat_evaluation_open(&out->evaluation, input->reader, pool,
                            input->evaluation, input->clustered, NULL, error);
    if (status != LAT_OK)
        return status;
    const lat_evaluation *e = &out->evaluation;
    out->split = lat_new_array(e->usable_count, sizeof *out->split);
    if (out->split == NULL)
        return lat_error_memory(error, e->usable_count * 4);
    status = lat_evaluation_split(out->split, &out->split_development, e,
                                  o->seed, error);
    for (size_t i = 0; i < e->usable_count && status == LAT_OK; i++) {
        uint32_t sentence = out->split[i];
        bool right = (int32_t)e->predicted[sentence] ==
                     e->corpus->sentences[sentence].gold;
        out->development += right && i < out->split_development;
        out->held_out += right && i >= out->split_development;
    }
    for (size_t l = 0; l < input->layer_count; l++) {
        const lat_polarity *polarity = input->layers[l].polarity;
        for (size_t k = 0; k < input->layers[l].concepts->count; k++)
            out->polarised +=
                lat_polarity_class(polarity, k, &polarity->theta) >= 0;
    }
    trial_kind kind = {o->where, o->repeat == 0 ? 1 : o->repeat, o->seed,
                       o->lengths ? &out->lengths : NULL};
    if (status == LAT_OK)
        status = trial_store_open(&out->store, e, &kind, o->cache, error);
    return status;
}

lat_status lat_search_check(const lat_search_options *o, bool pairs,
                            lat_error *error)
{
    for (size_t i = 0; i < o->insertion_count; i++)
        if (o->insertions[i] == LAT_INSERT_AFTER_FIRST && !pairs)
            return lat_error_set(error, LAT_USAGE,
                                 "insertion 'after-first' needs pairs of "
                                 "sentences");
    if (o->length > LAT_TRIGGER_WORDS)
        return lat_error_set(error, LAT_USAGE,
                             "sequences of %zu words, expected at most %d",
                             o->length, LAT_TRIGGER_WORDS);
    if (o->keep == 0 || o->candidates == 0 || o->insertion_count == 0)
        return lat_error_set(error, LAT_USAGE,
                             "nothing to try: candidates %zu, keep %zu, "
                             "insertions %zu; expected at least 1 of each",
                             o->candidates, o->keep, o->insertion_count);
    return LAT_OK;
}

lat_status lat_search_run(lat_search *out, lat_pool *pool,
                          const lat_search_input *input,
                          const lat_search_options *options,
                          lat_progress *progress, lat_error *error)
{
    size_t classes = input->reader->info->classes, L = input->layer_count;
    memset(out, 0, sizeof *out);
    out->options = *options;
    out->candidates = options->candidates;
    out->upper = options->upper;
    job *jobs = lat_new_array(L, classes * sizeof *jobs);
    lat_status status =
        jobs == NULL
            ? lat_error_memory(error, L * classes)
            : lat_search_check(options, input->evaluation->pairs, error);
    if (status == LAT_OK)
        status = prepare(out, pool, input, error);
    double start = lat_clock_seconds();
    for (size_t j = 0; j < L * classes && status == LAT_OK; j++)
        status = make_lists(&jobs[j], out, input, j / classes,
                            (uint32_t)(j % classes), error);
    if (status == LAT_OK)
        status = fit_budget(out, jobs, L, error);
    if (status == LAT_OK && input->announce != NULL)
        input->announce(input->context, out);
    class_search s = {.out = out, .input = input, .pool = pool,
                      .progress = progress};
    if (status == LAT_OK)
        lat_progress_begin(progress, "triggers", "sentences", out->estimate);
    for (size_t j = 0; j < L * classes && status == LAT_OK; j++) {
        s.layer = j / classes;
        s.c = (uint32_t)(j % classes);
        status = search_class(&s, &jobs[j], error);
    }
    if (status == LAT_OK)
        lat_progress_end(progress);
    if (out->store != NULL) {
        out->queries = trial_store_queries(out->store);
        out->resumed = trial_store_resumed(out->store);
        out->tokens = trial_store_tokens(out->store);
        out->seconds = lat_clock_seconds() - start;
        /* Whatever happens, what was asked need not be asked again. */
        (void)trial_store_save(out->store, NULL);
    }
    if (status == LAT_OK)
        status = lat_buffer_status(&out->lengths, error);
    for (size_t j = 0; jobs != NULL && j < L * classes; j++)
        for (int source = 0; source < LAT_SOURCES; source++)
            candidates_free(&jobs[j].lists[source]);
    lat_free(jobs);
    if (status != LAT_OK)
        lat_search_free(out);
    return status;
}

void lat_search_tidy(lat_search *search)
{
    if (search->store != NULL)
        trial_store_finish(search->store);
}

void lat_search_free(lat_search *search)
{
    trial_store_free(search->store);
    lat_buffer_free(&search->lengths);
    lat_evaluation_free(&search->evaluation);
    lat_free(search->split);
    lat_free(search->scored);
    lat_free(search->summaries);
    lat_free(search->concepts);
    lat_arena_free(&search->arena);
    memset(search, 0, sizeof *search);
}
