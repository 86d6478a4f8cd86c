/*
 * search_score.c - what the chosen triggers do to the held-out sentences:
 * rates with intervals, distance to the controls, accuracy, and the figures
 * of whole concepts.
 */
#include "search_int.h"

#include <math.h>
#include <string.h>

/* ---- Growing results ---------------------------------------------------- */

static lat_status grow(void **block, size_t *room, size_t count, size_t size,
                       lat_error *error)
{
    size_t more = 0, bytes = 0;
    if (count < *room)
        return LAT_OK;
    more = *room * 2 + 64;
    void *grown = lat_size_mul(more, size, &bytes)
                      ? lat_realloc(*block, bytes) : NULL;
    if (grown == NULL)
        return lat_error_memory(error, (uint64_t)more * size);
    *block = grown;
    *room = more;
    return LAT_OK;
}

/* ---- Intervals ---------------------------------------------------------- */

/* Mean over resampled sentences: value[i] is what sentence i gives, less
 * `less[i]` where there is one.  The resamples are the same for all that has
 * the same sentences, so that differences are paired. */
static lat_status bootstrap(lat_interval *out, const double *value,
                            const double *less, size_t n, size_t times,
                            uint64_t seed, lat_error *error)
{
    double *rates = lat_new_array(times, sizeof *rates);
    memset(out, 0, sizeof *out);
    if (rates == NULL)
        return lat_error_memory(error, times * sizeof *rates);
    for (size_t b = 0; b < times && n != 0; b++) {
        lat_random random;
        double sum = 0;
        lat_random_seed(&random, seed, 1000 + b);
        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)lat_random_below(&random, n);
            sum += value[at] - (less == NULL ? 0 : less[at]);
        }
        rates[b] = sum / (double)n;
    }
    *out = lat_interval_of(rates, n == 0 ? 0 : times);
    lat_free(rates);
    return LAT_OK;
}

/* Flips of one trial on the held-out sentences, with the interval; flip[i]
 * is 1 where sentence i became the class. */
static lat_status score_trial(class_search *s, lat_flips *flips,
                              lat_interval *interval, double *flip,
                              const lat_outcome *outcomes, lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    size_t n = s->held_out_count;
    lat_status status =
        lat_flips_count(flips, &s->out->evaluation, s->c, s->held_out,
                        outcomes, n, error);
    for (size_t i = 0; i < n; i++)
        flip[i] = outcomes[i].predicted == s->c;
    if (status == LAT_OK)
        status = bootstrap(interval, flip, NULL, n, o->bootstraps, o->seed,
                           error);
    return status;
}

/* ---- Accuracy ----------------------------------------------------------- */

static double share_right(const class_search *s, const lat_outcome *outcomes)
{
    const lat_evaluation *e = &s->out->evaluation;
    size_t right = 0;
    for (size_t i = 0; i < s->held_all_count; i++) {
        uint32_t sentence = s->held_all[i];
        uint32_t predicted = outcomes == NULL ? e->predicted[sentence]
                                              : outcomes[i].predicted;
        right += (int32_t)predicted == e->corpus->sentences[sentence].gold;
    }
    return (double)right / (double)s->held_all_count; /* NaN of nothing */
}

/* Accuracy over all held-out sentences with the trigger in each of them. */
static lat_status accuracy(class_search *s, double *out,
                           const lat_trial *trial, lat_error *error)
{
    lat_outcome *outcomes =
        lat_new_array(s->held_all_count, sizeof *outcomes);
    if (outcomes == NULL)
        return lat_error_memory(error, s->held_all_count * 16);
    lat_status status = search_ask(s, outcomes, trial, 1, s->held_all,
                                   s->held_all_count, error);
    if (status == LAT_OK)
        *out = share_right(s, outcomes);
    lat_free(outcomes);
    return status;
}

/* ---- A source ----------------------------------------------------------- */

/* What one insertion of a list needs. */
typedef struct scoring {
    lat_trial *trials;
    lat_outcome *outcomes; /* triggers x held_out_count */
    double *share, *flip;  /* held_out_count */
} scoring;

static void scoring_free(scoring *work)
{
    lat_free(work->trials);
    lat_free(work->outcomes);
    lat_free(work->share);
    lat_free(work->flip);
}

static lat_status scoring_make(scoring *work, const class_search *s,
                               size_t triggers, lat_error *error)
{
    size_t n = s->held_out_count;
    memset(work, 0, sizeof *work);
    work->trials = lat_new_array(triggers, sizeof *work->trials);
    work->outcomes = lat_new_array(triggers, n * sizeof *work->outcomes);
    work->share = lat_new_array(n, sizeof *work->share);
    work->flip = lat_new_array(n, sizeof *work->flip);
    if (work->trials == NULL || work->outcomes == NULL ||
        work->share == NULL || work->flip == NULL)
        return lat_error_memory(error, (uint64_t)triggers * n * 16);
    return LAT_OK;
}

static lat_status score_candidate(class_search *s, lat_source source,
                                  const candidate *from, const scoring *work,
                                  size_t number, lat_error *error)
{
    lat_search *out = s->out;
    size_t n = s->held_out_count;
    lat_status status =
        grow((void **)&out->scored, &out->scored_room, out->scored_count,
             sizeof *out->scored, error);
    if (status != LAT_OK)
        return status;
    lat_scored *scored = &out->scored[out->scored_count];
    *scored = (lat_scored){
        .source = source, .layer = s->input->layers[s->layer].number,
        .class_number = s->c, .concept = from->concept,
        .words = from->text, .length = from->length,
        .insertion = work->trials[number].insertion, .accuracy = NAN};
    scored->development.flipped = from->flipped;
    scored->development.eligible =
        s->development_count * out->options.insertion_count;
    scored->development.rate = (double)scored->development.flipped /
                               (double)scored->development.eligible;
    status = score_trial(s, &scored->held_out, &scored->interval, work->flip,
                         work->outcomes + number * n, error);
    out->scored_count += status == LAT_OK;
    return status;
}

/* Means over the triggers of one insertion, from the `count` lines of the
 * results that were added last. */
static void summarise(lat_source_summary *summary, const lat_search *out,
                      size_t count)
{
    const lat_scored *first = out->scored + out->scored_count - count;
    double rate = 0, changed = 0, drop = 0, best = -1;
    for (size_t i = 0; i < count; i++) {
        const lat_flips *flips = &first[i].held_out;
        rate += flips->rate;
        changed += flips->changed_rate;
        drop += flips->drop_mean;
        best = flips->rate > best ? flips->rate : best;
    }
    summary->mean_rate = rate / (double)count;
    summary->mean_changed = changed / (double)count;
    summary->drop_mean = drop / (double)count;
    summary->best_rate = best;
}

static double mean_difference(const double *value, const double *less,
                              size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += value[i] - less[i];
    return sum / (double)n;
}

/* One insertion of all kept triggers of a source. */
static lat_status score_insertion(class_search *s, lat_source_summary *row,
                                  const candidates *list, size_t insertion,
                                  lat_error *error)
{
    lat_search *out = s->out;
    const lat_search_options *o = &out->options;
    size_t n = s->held_out_count, count = list->count;
    scoring work;
    lat_status status = scoring_make(&work, s, count, error);
    for (size_t w = 0; status == LAT_OK && w < count; w++)
        work.trials[w] = (lat_trial){.words = list->items[w].text,
                                     .insertion = o->insertions[insertion]};
    if (status == LAT_OK)
        status = search_ask(s, work.outcomes, work.trials, count,
                            s->held_out, n, error);
    for (size_t w = 0; w < count && status == LAT_OK; w++) {
        status = score_candidate(s, row->source, &list->items[w], &work, w,
                                 error);
        for (size_t i = 0; i < n; i++)
            work.share[i] += work.flip[i] / (double)count;
    }
    if (status == LAT_OK && count != 0 && n != 0) {
        summarise(row, out, count);
        lat_scored *best = out->scored + out->scored_count - count;
        status = bootstrap(&row->interval, work.share, NULL, n,
                           o->bootstraps, o->seed, error);
        if (status == LAT_OK)
            status = accuracy(s, &best->accuracy, &work.trials[0], error);
        row->accuracy_after = best->accuracy;
        double *concept_share =
            s->concept_rates +
            ((row->length - 1) * o->insertion_count + insertion) * n;
        if (row->source == LAT_SOURCE_CONCEPT)
            memcpy(concept_share, work.share, n * sizeof *work.share);
        else if (status == LAT_OK && s->has_concept[row->length - 1]) {
            status = bootstrap(&row->ahead, concept_share, work.share, n,
                               o->bootstraps, o->seed, error);
            /* The difference itself, not the resamples' mean of it. */
            row->ahead.mean = mean_difference(concept_share, work.share, n);
        }
    }
    scoring_free(&work);
    return status;
}

lat_status search_score(class_search *s, lat_source source,
                        const candidates *list, size_t tried, size_t length,
                        lat_error *error)
{
    lat_search *out = s->out;
    size_t first = out->summary_count;
    lat_status status = LAT_OK;
    if (source == LAT_SOURCE_CONCEPT)
        s->has_concept[length - 1] = list->count != 0;
    for (size_t i = 0;
         i < out->options.insertion_count && status == LAT_OK; i++) {
        lat_source_summary row = {
            .source = source, .layer = s->input->layers[s->layer].number,
            .length = length, .class_number = s->c,
            .insertion = out->options.insertions[i], .tried = tried,
            .kept = list->count, .eligible = s->held_out_count,
            .mean_rate = NAN, .best_rate = NAN,
            .mean_changed = NAN, .drop_mean = NAN,
            .accuracy_before = share_right(s, NULL), .accuracy_after = NAN};
        status = score_insertion(s, &row, list, i, error);
        if (status == LAT_OK)
            status = grow((void **)&out->summaries, &out->summary_room,
                          out->summary_count, sizeof row, error);
        if (status == LAT_OK)
            out->summaries[out->summary_count++] = row;
    }
    for (size_t i = first; i < out->summary_count; i++)
        out->summaries[i].queries = s->asked;
    s->asked = 0;
    return status;
}

/* ---- Whole concepts ----------------------------------------------------- */

/* All words of a concept, the most frequent first (byte order among equals),
 * at most `whole` of them, joined.  NULL in *out when it does not fit. */
static lat_status join_words(const char **out, class_search *s,
                             const word_facts *facts, uint32_t concept,
                             lat_error *error)
{
    const lat_concepts *concepts = s->input->layers[s->layer].concepts;
    lat_buffer text = {0};
    size_t limit = s->out->options.whole;
    bool fits = true;
    uint32_t below = UINT32_MAX; /* frequencies still to come */
    *out = NULL;
    for (size_t n = 0; n < limit;) {
        uint32_t next = 0;
        for (size_t w = 0; w < facts->count; w++)
            if (facts->concept[w] == concept &&
                facts->in_concept[w] < below && facts->in_concept[w] > next)
                next = facts->in_concept[w];
        if (next == 0)
            break;
        for (size_t i = 0; i < facts->count && n < limit; i++) {
            size_t w = facts->sorted[i];
            if (facts->concept[w] != concept || facts->in_concept[w] != next)
                continue;
            if (n++ != 0)
                lat_buffer_char(&text, ' ');
            lat_buffer_text(&text, lat_intern_text(concepts->words, w,
                                                   NULL));
        }
        below = next;
    }
    lat_status status = lat_buffer_status(&text, error);
    lat_trial trial = {.words = text.data, .insertion = LAT_INSERT_PREPEND,
                       .repeat = s->out->options.repeat};
    if (status == LAT_OK && text.size != 0)
        status = lat_trial_fits(&fits, s->input->reader, &trial, error);
    if (status == LAT_OK && text.size != 0 && fits) {
        *out = lat_arena_copy(&s->out->arena, text.data, text.size);
        if (*out == NULL)
            status = lat_error_memory(error, text.size);
    }
    lat_buffer_free(&text);
    return status;
}

/* Held-out figures of one concept's kept words, which were scored before. */
static void collect_kept(lat_concept_score *row, const lat_search *out)
{
    double sum = 0;
    row->mean_rate = row->best_rate = NAN;
    for (size_t i = 0; i < out->scored_count; i++) {
        const lat_scored *one = &out->scored[i];
        if (one->source != LAT_SOURCE_CONCEPT || one->length != 1 ||
            one->layer != row->layer || one->insertion != row->insertion ||
            one->class_number != row->class_number ||
            one->concept != row->concept)
            continue;
        sum += one->held_out.rate;
        if (row->kept++ == 0 || one->held_out.rate > row->best_rate) {
            row->best_rate = one->held_out.rate;
            row->best_words = one->words;
        }
    }
    if (row->kept != 0)
        row->mean_rate = sum / (double)row->kept;
}

static lat_status score_whole(class_search *s, lat_concept_score *row,
                              lat_error *error)
{
    scoring work;
    lat_status status = scoring_make(&work, s, 1, error);
    if (status == LAT_OK) {
        work.trials[0] = (lat_trial){.words = row->whole_words,
                                     .insertion = row->insertion};
        status = search_ask(s, work.outcomes, work.trials, 1, s->held_out,
                            s->held_out_count, error);
    }
    if (status == LAT_OK)
        status = score_trial(s, &row->whole, &row->whole_interval, work.flip,
                             work.outcomes, error);
    scoring_free(&work);
    return status;
}

static lat_status score_concept(class_search *s, const word_facts *facts,
                                uint64_t id, const candidates *singles,
                                bool kept, lat_error *error)
{
    lat_search *out = s->out;
    const lat_search_layer *layer = &s->input->layers[s->layer];
    uint32_t number = lat_concepts_find(layer->concepts, id);
    lat_concept_score row = {.layer = layer->number, .class_number = s->c,
                             .concept = id,
                             .types = layer->concepts->types[number]};
    size_t flipped = 0, seen = 0;
    const char *whole = NULL;
    for (size_t i = 0; i < singles->count; i++)
        if (singles->items[i].concept == id) {
            row.tried++;
            flipped += singles->items[i].first_flipped;
            seen += singles->items[i].first_seen;
        }
    row.first_rate = (double)flipped / (double)seen;
    lat_status status = LAT_OK;
    if (kept && out->options.whole != 0)
        status = join_words(&whole, s, facts, number, error);
    for (size_t i = 0;
         i < out->options.insertion_count && status == LAT_OK; i++) {
        lat_concept_score one = row;
        one.insertion = out->options.insertions[i];
        one.whole_words = whole;
        collect_kept(&one, out);
        if (whole != NULL)
            status = score_whole(s, &one, error);
        if (status == LAT_OK)
            status = grow((void **)&out->concepts, &out->concept_room,
                          out->concept_count, sizeof one, error);
        if (status == LAT_OK)
            out->concepts[out->concept_count++] = one;
    }
    return status;
}

lat_status search_score_concepts(class_search *s, const candidates *singles,
                                 size_t kept, lat_error *error)
{
    word_facts facts = {0};
    lat_status status =
        singles->count == 0
            ? LAT_OK
            : word_facts_make(&facts, s->input, s->layer, s->c, error);
    for (size_t i = 0; i < singles->count && status == LAT_OK; i++) {
        uint64_t id = singles->items[i].concept;
        size_t first = 0;
        while (singles->items[first].concept != id)
            first++;
        if (first == i) /* each concept once, the best word's first */
            status = score_concept(s, &facts, id, singles, i < kept, error);
    }
    word_facts_free(&facts);
    s->asked = 0; /* no part of what the sources are compared by */
    return status;
}
