/*
 * report_diff_data.c - two studies brought to one list of layers, and their
 * percentages found by name.
 */
#include "report_diff_int.h"

#include <math.h>
#include <string.h>

/* ---- Reading ----------------------------------------------------------- */

/* Layer numbers of both studies, merged; both lists ascend. */
static bool join_layers(rep_both *both)
{
    const rep_study *a = &both->studies[REP_A], *b = &both->studies[REP_B];
    size_t most = a->layer_count + b->layer_count, i = 0, j = 0, n = 0;
    both->numbers = lat_new_array(most, sizeof *both->numbers);
    both->places[REP_A] = lat_new_array(most, sizeof(size_t));
    both->places[REP_B] = lat_new_array(most, sizeof(size_t));
    if (both->numbers == NULL || both->places[REP_A] == NULL ||
        both->places[REP_B] == NULL)
        return false;
    while (i < a->layer_count || j < b->layer_count) {
        size_t x = i < a->layer_count ? a->layers[REP_BASE][i].number
                                      : SIZE_MAX;
        size_t y = j < b->layer_count ? b->layers[REP_BASE][j].number
                                      : SIZE_MAX;
        both->numbers[n] = x < y ? x : y;
        both->places[REP_A][n] = x <= y ? i++ : REP_ABSENT;
        both->places[REP_B][n] = y <= x ? j++ : REP_ABSENT;
        n++;
    }
    both->layer_count = n;
    return true;
}

static lat_status compare(rep_both *both, lat_pool *pool, lat_error *error)
{
    const rep_study *a = &both->studies[REP_A], *b = &both->studies[REP_B];
    lat_overlap_options how = LAT_OVERLAP_OPTIONS;
    lat_status status = LAT_OK;
    how.min_types = a->min_types;
    how.thetas = a->theta.text;
    how.permutations = 0;
    for (size_t l = 0; l < both->layer_count && status == LAT_OK; l++) {
        size_t i = both->places[REP_A][l], j = both->places[REP_B][l];
        if (i != REP_ABSENT && j != REP_ABSENT)
            status = lat_overlap_run(&both->overlaps[l], pool,
                                     &a->layers[REP_TUNED][i].concepts,
                                     &b->layers[REP_TUNED][j].concepts,
                                     &how, error);
    }
    return status;
}

/* "study-300" of "runs/study-300/". */
static char *last_part(const char *path)
{
    size_t end = strlen(path), start;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/';)
        start--;
    return lat_format("%.*s", (int)(end - start), path + start);
}

lat_status rep_both_read(rep_both *out, const char *const *folders,
                         lat_pool *pool, lat_error *error)
{
    lat_status status = LAT_OK;
    for (int s = 0; s < REP_STUDIES && status == LAT_OK; s++) {
        out->names[s] = last_part(folders[s]);
        if (out->names[s] == NULL)
            return lat_error_memory(error, strlen(folders[s]) + 1);
        status = rep_study_read(&out->studies[s], folders[s], 0, error);
    }
    if (status != LAT_OK)
        return status;
    if (!join_layers(out))
        return lat_error_memory(error, 64);
    out->overlaps = lat_new_array(out->layer_count + 1,
                                  sizeof *out->overlaps);
    if (out->overlaps == NULL)
        return lat_error_memory(error, 64);
    return compare(out, pool, error);
}

void rep_both_free(rep_both *both)
{
    for (size_t l = 0; both->overlaps != NULL && l < both->layer_count; l++)
        lat_overlap_free(&both->overlaps[l]);
    lat_free(both->overlaps);
    lat_free(both->numbers);
    for (int s = 0; s < REP_STUDIES; s++) {
        lat_free(both->places[s]);
        lat_free(both->names[s]);
        rep_study_free(&both->studies[s]);
    }
    *both = (rep_both){0};
}

size_t rep_both_last(const rep_both *both)
{
    for (size_t l = both->layer_count; l-- > 0;)
        if (both->overlaps[l].rows != NULL)
            return l;
    return REP_ABSENT;
}

/* ---- By name ----------------------------------------------------------- */

const char *rep_same_fact(const rep_study *from, size_t number,
                          const rep_study *in)
{
    const char *name = from->facts[number].name;
    size_t before = 0;
    for (size_t i = 0; i < number; i++)
        before += strcmp(from->facts[i].name, name) == 0;
    for (size_t i = 0; i < in->fact_count; i++)
        if (strcmp(in->facts[i].name, name) == 0 && before-- == 0)
            return in->facts[i].value;
    return NULL;
}

static const char *target_name(const rep_study *s, const rep_flip *flip)
{
    return flip->target < 0 ? "" : s->class_names[flip->target];
}

const rep_flip *rep_same_flip(const rep_both *both, const rep_flip *of_a)
{
    const rep_study *a = &both->studies[REP_A], *b = &both->studies[REP_B];
    for (size_t i = 0; i < b->flip_count; i++) {
        const rep_flip *flip = &b->flips[i];
        if (rep_flip_counts(b, flip) && flip->length == of_a->length &&
            strcmp(flip->source, of_a->source) == 0 &&
            strcmp(flip->insertion, of_a->insertion) == 0 &&
            strcmp(target_name(b, flip), target_name(a, of_a)) == 0)
            return flip;
    }
    return NULL;
}

/* ---- Measures ---------------------------------------------------------- */

static rep_rate fate_rate(const rep_study *s, const rep_layer *layer,
                          lat_fate fate)
{
    rep_rate rate = rep_rate_none();
    size_t n = 0, counted = 0;
    for (size_t c = 0; c < layer->concepts.count; c++) {
        counted += layer->about[c].fate != LAT_FATE_NONE;
        n += layer->about[c].fate == (uint8_t)fate;
    }
    if (s->has_matches && counted != 0)
        rate.value = 100.0 * (double)n / (double)counted;
    return rate;
}

static rep_rate same_rate(const rep_both *both, int which, size_t layer)
{
    rep_rate rate = rep_rate_none();
    const lat_overlap_row *row = both->overlaps[layer].rows;
    if (row != NULL)
        rate.value = which == REP_A ? row->base_to_tuned_percent
                                    : row->tuned_to_base_percent;
    return rate;
}

static rep_rate class_rate(const rep_study *s, const rep_layer *layer,
                           const char *name)
{
    if (name == NULL)
        return layer->polarised;
    int32_t c = rep_class_find(s, name);
    return c < 0 || layer->by_class == NULL ? rep_rate_none()
                                            : layer->by_class[c];
}

rep_rate rep_measured(const rep_both *both, const rep_measure *m, int which,
                      size_t layer)
{
    const rep_study *s = &both->studies[which];
    size_t place = both->places[which][layer];
    if (place == REP_ABSENT)
        return rep_rate_none();
    const rep_layer *own = &s->layers[m->side][place];
    switch (m->what) {
    case REP_TUNED_IN_BASE:
    case REP_BASE_IN_TUNED: {
        if (!s->has_pairs)
            return rep_rate_none();
        const rep_pair *pair = &s->pairs[place * s->layer_count + place];
        return m->what == REP_TUNED_IN_BASE ? pair->tuned_to_base
                                            : pair->base_to_tuned;
    }
    case REP_FAMILY: {
        const rep_family *family = rep_find_family(s, m->name, m->rule);
        return family == NULL ? rep_rate_none()
                              : family->aligned[m->side][place];
    }
    case REP_POLARISED:
        return class_rate(s, own, m->name);
    case REP_FATE:
        return fate_rate(s, own, m->fate);
    default:
        return same_rate(both, which, layer);
    }
}

bool rep_measure_known(const rep_both *both, const rep_measure *m)
{
    for (int which = 0; which < REP_STUDIES; which++)
        for (size_t l = 0; l < both->layer_count; l++)
            if (!isnan(rep_measured(both, m, which, l).value))
                return true;
    return false;
}

static size_t add_families(rep_measure *out, const rep_both *both, int side)
{
    size_t n = 0;
    for (int which = 0; which < REP_STUDIES; which++) {
        const rep_study *s = &both->studies[which];
        for (size_t f = 0; f < s->family_count && n < REP_MEASURES; f++) {
            const rep_family *own = &s->families[f];
            const rep_family *other =
                rep_find_family(&both->studies[1 - which], own->name,
                                own->rule);
            bool first = which == REP_A || other == NULL;
            if (first && (rep_family_speaks(s, own) ||
                          (other != NULL &&
                           rep_family_speaks(&both->studies[1 - which],
                                             other))))
                out[n++] = (rep_measure){REP_FAMILY, side, own->name,
                                         own->rule, LAT_FATE_NONE};
        }
    }
    return n;
}

static size_t add_classes(rep_measure *out, const rep_both *both, int side)
{
    size_t n = 0;
    out[n++] = (rep_measure){REP_POLARISED, side, NULL, NULL, LAT_FATE_NONE};
    for (int which = 0; which < REP_STUDIES; which++) {
        const rep_study *s = &both->studies[which];
        for (size_t c = 0; c < s->classes && n < REP_MEASURES; c++)
            if (which == REP_A ||
                rep_class_find(&both->studies[REP_A], s->class_names[c]) < 0)
                out[n++] = (rep_measure){REP_POLARISED, side,
                                         s->class_names[c], NULL,
                                         LAT_FATE_NONE};
    }
    return n;
}

size_t rep_measures(rep_measure out[REP_MEASURES], const rep_both *both,
                    rep_quantity what, int side)
{
    size_t n = 0;
    if (what == REP_FAMILY)
        return add_families(out, both, side);
    if (what == REP_POLARISED)
        return add_classes(out, both, side);
    if (what != REP_FATE) {
        out[0] = (rep_measure){what, side, NULL, NULL, LAT_FATE_NONE};
        return 1;
    }
    for (int fate = 0; fate < LAT_FATE_NONE; fate++)
        out[n++] = (rep_measure){what, side, NULL, NULL, (lat_fate)fate};
    return n;
}

void rep_measure_title(char out[120], const rep_measure *m)
{
    const char *text = "";
    switch (m->what) {
    case REP_TUNED_IN_BASE:
        text = "tuned concepts found in the base";
        break;
    case REP_BASE_IN_TUNED:
        text = "base concepts found in the tuned model";
        break;
    case REP_FAMILY:
        text = m->name;
        break;
    case REP_POLARISED:
        text = m->name == NULL ? "all classes" : m->name;
        break;
    case REP_FATE:
        text = lat_fate_name(m->fate, m->side == REP_TUNED);
        break;
    case REP_SAME:
        text = "concepts found in the other study";
        break;
    }
    (void)snprintf(out, 120, "%.100s%s", text,
                   m->what == REP_FAMILY && strcmp(m->rule, "type") == 0
                       ? " (by types)" : "");
}

/* ---- What stands for a study ------------------------------------------- */

static void put_layers(lat_buffer *to, const rep_study *s)
{
    for (size_t i = 0; i < s->layer_count; i++)
        lat_buffer_format(to, i == 0 ? "%zu" : ", %zu",
                          s->layers[REP_BASE][i].number);
}

static void put_classes(lat_buffer *to, const rep_study *s)
{
    for (size_t c = 0; c < s->classes; c++) {
        lat_buffer_text(to, c == 0 ? "" : ", ");
        lat_buffer_text(to, s->class_names[c]);
    }
    lat_buffer_format(to, s->classes == 0 ? "none" : " (%s)",
                      s->polarity_by);
}

static void put_text(lat_buffer *to, const char *text)
{
    lat_buffer_text(to, text == NULL ? "none" : text);
}

static void put_head(lat_buffer *to, const rep_study *s, size_t which)
{
    switch (which) {
    case 0: put_text(to, s->base_name); break;
    case 1: put_text(to, s->tuned_name); break;
    case 2: put_text(to, s->data_name); break;
    case 3: put_text(to, s->eval_name); break;
    case 4: rep_count(to, s->kept_words); break;
    case 5: rep_count(to, s->k); break;
    case 6: put_layers(to, s); break;
    default: put_classes(to, s); break;
    }
}

void rep_both_head(lat_buffer *name, lat_buffer values[REP_STUDIES],
                   const rep_both *both, size_t which)
{
    static const char *const names[REP_HEADS] = {
        "Base model", "Tuned model", "Corpus", "Evaluation sentences",
        "Words clustered", "Concepts in a layer", "Layers", "Classes"};
    lat_buffer_text(name, names[which]);
    for (int s = 0; s < REP_STUDIES; s++)
        put_head(&values[s], &both->studies[s], which);
}
