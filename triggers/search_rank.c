/*
 * search_rank.c - who goes on: successive halving over development
 * sentences, and beam search for longer sequences.
 *
 *   round     1    2    3   ...      candidates' list: 60 -> 30 -> 15 ...
 *   sentences 16   32   64  ... all  (upper bound: 1, 4, 16, ... sentences
 *                                     and an eighth of the list goes on)
 *
 * (Jamieson and Talwalkar 2016; the sentences' order is the seeded order of
 * the split, so every round adds to the one before.)
 */
#include "search_int.h"

#include <stdlib.h>
#include <string.h>

schedule search_schedule(lat_source source)
{
    return source == LAT_SOURCE_GREEDY ? (schedule){1, 4, 8}
                                       : (schedule){16, 2, 2};
}

/* The round after `seen` sentences: how far it goes, and whether it is the
 * last one. */
static bool next_round(size_t *upto, size_t seen, size_t alive, size_t all,
                       size_t keep, schedule plan)
{
    *upto = seen == 0 ? plan.first : plan.grow * seen;
    bool last = alive <= keep || *upto >= all;
    if (last)
        *upto = all;
    return last;
}

uint64_t search_halving_cost(size_t n, size_t development, size_t keep,
                             schedule plan)
{
    uint64_t cost = 0;
    size_t seen = 0, upto = 0;
    while (seen < development) {
        bool last = next_round(&upto, seen, n, development, keep, plan);
        cost += (uint64_t)n * (upto - seen);
        seen = upto;
        if (!last)
            n = n / plan.shrink > keep ? n / plan.shrink : keep;
    }
    return cost;
}

static int by_success(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->flipped != y->flipped)
        return x->flipped > y->flipped ? -1 : 1;
    if (x->drop != y->drop)
        return x->drop > y->drop ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void search_sort(candidates *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_success);
}

lat_status search_ask(class_search *s, lat_outcome *outcomes,
                      const lat_trial *trials, size_t trial_count,
                      const uint32_t *sentences, size_t count,
                      lat_error *error)
{
    uint64_t before = trial_store_queries(s->out->store);
    lat_status status =
        trial_store_run(s->out->store, outcomes, s->pool, trials,
                        trial_count, sentences, count, error);
    s->asked += (uint64_t)trial_count * count;
    if (s->progress != NULL)
        lat_progress_add(s->progress,
                         trial_store_queries(s->out->store) - before);
    return status;
}

/* Adds to each candidate what it does to development sentences from..to-1,
 * over all insertions. */
static lat_status try_more(class_search *s, candidate *items, size_t count,
                           size_t from, size_t to, lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    size_t sentences = to - from, trials = count * o->insertion_count;
    lat_trial *list = lat_new_array(trials, sizeof *list);
    lat_outcome *outcomes =
        lat_new_array(trials, sentences * sizeof *outcomes);
    lat_status status = LAT_OK;
    if (list == NULL || outcomes == NULL)
        status = lat_error_memory(error, (uint64_t)trials * sentences * 16);
    for (size_t t = 0; status == LAT_OK && t < trials; t++)
        list[t] = (lat_trial){
            .words = items[t / o->insertion_count].text,
            .insertion = o->insertions[t % o->insertion_count]};
    if (status == LAT_OK)
        status = search_ask(s, outcomes, list, trials, s->development + from,
                            sentences, error);
    for (size_t t = 0; t < trials && status == LAT_OK; t++) {
        lat_flips flips;
        candidate *item = &items[t / o->insertion_count];
        status = lat_flips_count(&flips, &s->out->evaluation, s->c,
                                 s->development + from,
                                 outcomes + t * sentences, sentences, error);
        if (status != LAT_OK)
            break;
        item->flipped += flips.flipped;
        item->drop += flips.drop_mean * (double)sentences;
        if (from == 0) {
            item->first_flipped += flips.flipped;
            item->first_seen += sentences;
        }
    }
    lat_free(list);
    lat_free(outcomes);
    return status;
}

lat_status search_halve(class_search *s, candidates *list, size_t keep,
                        schedule plan, lat_error *error)
{
    size_t seen = 0, upto = 0;
    candidates alive = *list;
    lat_status status = LAT_OK;
    while (status == LAT_OK && alive.count != 0 &&
           seen < s->development_count) {
        bool last = next_round(&upto, seen, alive.count,
                               s->development_count, keep, plan);
        status = try_more(s, alive.items, alive.count, seen, upto, error);
        if (status != LAT_OK)
            return status;
        search_sort(&alive);
        seen = upto;
        if (!last)
            alive.count = alive.count / plan.shrink > keep
                              ? alive.count / plan.shrink : keep;
    }
    return status;
}

/* ---- Beam --------------------------------------------------------------- */

/* As a whole word between spaces. */
static bool holds_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = text;; at++) {
        if (strncmp(at, word, size) == 0 &&
            (at[size] == ' ' || at[size] == '\0'))
            return true;
        at += strcspn(at, " ");
        if (*at == '\0')
            return false;
    }
}

static lat_status add_longer(candidates *out, class_search *s,
                             const candidate *parent, const candidate *word,
                             lat_error *error)
{
    bool fits = false;
    char *text = lat_format("%s %s", parent->text, word->text);
    if (text == NULL)
        return lat_error_memory(error, strlen(parent->text) + 64);
    lat_trial trial = {.words = text, .insertion = LAT_INSERT_PREPEND,
                       .repeat = s->out->options.repeat};
    lat_status status =
        lat_trial_fits(&fits, s->input->reader, &trial, error);
    s->out->too_long += status == LAT_OK && !fits;
    if (status == LAT_OK && fits) {
        char *copy = lat_arena_copy(&s->out->arena, text, strlen(text));
        if (copy == NULL)
            status = lat_error_memory(error, strlen(text));
        else
            out->items[out->count] =
                (candidate){.text = copy, .length = parent->length + 1,
                            .concept = parent->concept,
                            .place = out->count};
        out->count += copy != NULL;
    }
    lat_free(text);
    return status;
}

lat_status search_extend(candidates *out, class_search *s,
                         const candidates *parents, size_t beam,
                         const candidates *words, lat_error *error)
{
    size_t most = s->out->candidates;
    lat_status status = LAT_OK;
    memset(out, 0, sizeof *out);
    if (beam > parents->count)
        beam = parents->count;
    if (beam > most)
        beam = most;
    out->items = lat_new_array(most, sizeof *out->items);
    if (out->items == NULL)
        return lat_error_memory(error, most * sizeof *out->items);
    size_t each = beam == 0 ? 0 : most / beam;
    for (size_t p = 0; p < beam && status == LAT_OK; p++) {
        const candidate *parent = &parents->items[p];
        size_t added = 0;
        for (size_t w = 0; w < words->count && added < each &&
                           status == LAT_OK; w++) {
            const candidate *word = &words->items[w];
            if (word->concept != parent->concept ||
                holds_word(parent->text, word->text))
                continue;
            status = add_longer(out, s, parent, word, error);
            added++;
        }
    }
    if (status != LAT_OK)
        candidates_free(out);
    return status;
}
