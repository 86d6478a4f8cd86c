/* trigger_files.c - see trigger_files_int.h. */
#include "trigger_files_int.h"

#include <string.h>

/* ---- Options ------------------------------------------------------------ */

lat_status trigger_insertions(lat_insertion out[TRIGGER_INSERTIONS],
                              size_t *count, const char *list,
                              lat_error *error)
{
    *count = 0;
    for (const char *at = list;; at++) {
        size_t size = strcspn(at, ",");
        lat_insertion one;
        lat_status status = lat_insertion_read(&one, at, size, error);
        if (status != LAT_OK)
            return status;
        for (size_t i = 0; i < *count; i++)
            if (out[i] == one)
                return lat_error_set(error, LAT_USAGE,
                                     "--insert names %s twice",
                                     lat_insertion_name(one));
        out[(*count)++] = one;
        at += size;
        if (*at == '\0')
            return LAT_OK;
    }
}

static lat_status read_upper(size_t *out, const char *text, lat_error *error)
{
    uint64_t value = 0;
    if (strcmp(text, "all") == 0) {
        *out = SIZE_MAX;
        return LAT_OK;
    }
    if (!lat_integer_read(text, strlen(text), &value) || value > SIZE_MAX)
        return lat_error_set(error, LAT_USAGE,
                             "--upper is '%.40s', expected a number or all",
                             text);
    *out = (size_t)value;
    return LAT_OK;
}

lat_status trigger_options(lat_search_options *out,
                           lat_insertion insertions[TRIGGER_INSERTIONS],
                           const cli_call *call, lat_error *error)
{
    memset(out, 0, sizeof *out);
    out->candidates = (size_t)cli_count(call, "candidates");
    out->keep = (size_t)cli_count(call, "keep");
    out->length = (size_t)cli_count(call, "length");
    out->beam = (size_t)cli_count(call, "beam");
    out->whole = (size_t)cli_count(call, "whole");
    out->repeat = (size_t)cli_count(call, "repeat");
    out->max_queries = cli_count(call, "max-queries");
    out->insertions = insertions;
    if (out->repeat == 0 || out->repeat > 64)
        return lat_error_set(error, LAT_USAGE,
                             "--repeat is %zu, expected 1 to 64",
                             out->repeat);
    if (out->length == 0 || out->length > LAT_TRIGGER_WORDS)
        return lat_error_set(error, LAT_USAGE,
                             "--length is %zu, expected 1 to %d",
                             out->length, LAT_TRIGGER_WORDS);
    lat_status status = read_upper(&out->upper, cli_text(call, "upper"),
                                   error);
    if (status == LAT_OK)
        status = trigger_insertions(insertions, &out->insertion_count,
                                    cli_text(call, "insert"), error);
    if (status == LAT_OK)
        status = lat_pair_side_read(&out->where, cli_text(call, "pair"),
                                    error);
    return status;
}

lat_status trigger_layers(size_t **out, size_t *count, const char *list,
                          const size_t *layers, size_t layer_count,
                          lat_error *error)
{
    size_t *wanted = NULL, n = 0;
    lat_status status = LAT_OK;
    bool last = strcmp(list, "last") == 0;
    if (last || strcmp(list, "all") == 0) {
        *count = last ? 1 : layer_count;
        *out = lat_new_array(*count, sizeof **out);
        if (*out == NULL)
            return lat_error_memory(error, *count * sizeof **out);
        for (size_t i = 0; i < *count; i++)
            (*out)[i] = layer_count - *count + i;
        return LAT_OK;
    }
    status = lat_range_read(&wanted, &n, list, layers[layer_count - 1],
                            error);
    for (size_t i = 0; i < n && status == LAT_OK; i++) {
        size_t at = 0;
        while (at < layer_count && layers[at] != wanted[i])
            at++;
        if (at == layer_count)
            status = lat_error_set(error, LAT_NOT_FOUND,
                                   "the study has no layer %zu", wanted[i]);
        wanted[i] = at;
    }
    if (status != LAT_OK) {
        lat_free(wanted);
        return status;
    }
    *out = wanted;
    *count = n;
    return LAT_OK;
}

lat_status trigger_transfer_open(lat_reader *out, cli_call *call,
                                 const lat_model_info *ours,
                                 lat_error *error)
{
    const char *path = cli_text(call, "transfer");
    lat_status status =
        lat_reader_open_with(out, path, cli_pool(call), error);
    if (status != LAT_OK)
        return status;
    status = lat_search_transfer_check(ours, out->info, error);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_reader_close(out);
    }
    return status;
}

/* ---- Talk --------------------------------------------------------------- */

void trigger_announce(void *call, const lat_search *search)
{
    const lat_evaluation *e = &search->evaluation;
    cli_say(call,
            "triggers: %zu of %zu sentences are predicted right (%zu wrong, "
            "%zu without a label, %zu also clustered); %zu for choosing, "
            "%zu held out",
            e->count, e->corpus->count, e->wrong, e->unlabelled,
            e->clustered, search->development, search->held_out);
    cli_say(call,
            "triggers: at most %llu queries, each one sentence through the "
            "model",
            (unsigned long long)search->estimate);
    if (search->candidates < search->options.candidates ||
        search->upper < search->options.upper)
        cli_say(call,
                "triggers: to stay within --max-queries, %zu candidates of "
                "each source and %zu words for the upper bound",
                search->candidates, search->upper);
}

/* The layers at which class c has no concept words to try, as " 4, 5";
 * *unreachable: no held-out sentence can be flipped to it. */
static void find_missing(lat_buffer *layers, bool *unreachable,
                         const lat_search *search, uint32_t c)
{
    const lat_insertion first = search->options.insertions[0];
    for (size_t i = 0; i < search->summary_count; i++) {
        const lat_source_summary *s = &search->summaries[i];
        if (s->class_number != c || s->source != LAT_SOURCE_CONCEPT ||
            s->length != 1 || s->insertion != first)
            continue;
        if (s->tried == 0)
            lat_buffer_format(layers, "%s %zu", layers->size == 0 ? "" : ",",
                              s->layer);
        *unreachable |= s->eligible == 0;
    }
}

static void say_missing(const cli_call *call, const lat_search *search)
{
    const lat_model_info *info = search->evaluation.reader->info;
    for (uint32_t c = 0; c < search->evaluation.classes; c++) {
        lat_buffer layers = {0};
        bool unreachable = false;
        char *name = info->labels != NULL ? lat_copy_string(info->labels[c])
                                          : lat_format("%u", c);
        find_missing(&layers, &unreachable, search, c);
        lat_buffer_char(&layers, '\0');
        if (name != NULL && !layers.failed && layers.size > 1)
            cli_say(call, "triggers: no concept of layer%s is polarised to "
                          "'%s'",
                    layers.data, name);
        if (name != NULL && unreachable)
            cli_say(call, "triggers: no held-out sentence can be flipped to "
                          "'%s'",
                    name);
        lat_buffer_free(&layers);
        lat_free(name);
    }
}

void trigger_say_cut(const cli_call *call, size_t lines)
{
    if (lines != 0)
        cli_say(call, "triggers: %zu lines have sentences that were cut at "
                      "the model's limit with the trigger in them (column "
                      "cut); what is appended falls off such a sentence",
                lines);
}

void trigger_say(const cli_call *call, const lat_search *search)
{
    bool any = false;
    size_t cut = 0;
    for (size_t i = 0; i < search->scored_count; i++) {
        any |= search->scored[i].source == LAT_SOURCE_CONCEPT;
        cut += search->scored[i].held_out.cut != 0;
    }
    if (search->polarised == 0)
        cli_say(call, "triggers: no concept of these layers is polarised, "
                      "so there is no trigger to try");
    else if (search->evaluation.count == 0)
        cli_say(call, "triggers: no sentence is eligible, so nothing can be "
                      "flipped");
    else if (!any)
        cli_say(call, "triggers: none was left to score");
    else
        say_missing(call, search);
    if (search->too_long != 0)
        cli_say(call, "triggers: %zu candidates are longer than the model's "
                      "limit and were left out",
                search->too_long);
    trigger_say_cut(call, cut);
    cli_say(call, "triggers: %llu queries%s; %llu tokens through the model "
                  "in %.1f s, %.0f tokens a second",
            (unsigned long long)search->queries,
            search->resumed != 0 ? ", some from an interrupted search" : "",
            (unsigned long long)search->tokens, search->seconds,
            (double)search->tokens / search->seconds);
}

/* ---- Files -------------------------------------------------------------- */

/* Writes the buffer, or passes on that it has failed; frees it. */
static lat_status put_file(const char *folder, const char *name,
                           lat_buffer *text, lat_error *error)
{
    char *path = lat_path_join(folder, name);
    lat_status status = lat_buffer_status(text, error);
    if (status == LAT_OK && path == NULL)
        status = lat_error_memory(error, strlen(folder) + strlen(name));
    if (status == LAT_OK)
        status = lat_file_write(path, text->data, text->size, error);
    lat_free(path);
    lat_buffer_free(text);
    return status;
}

static lat_status put_tables(const char *folder, const lat_search *search,
                             const lat_json_extra *extra, lat_error *error)
{
    lat_buffer text = {0};
    lat_json_writer json;
    lat_search_tsv(&text, search);
    lat_status status = put_file(folder, "triggers.tsv", &text, error);
    if (status == LAT_OK) {
        lat_search_summary_tsv(&text, search);
        status = put_file(folder, "summary.tsv", &text, error);
    }
    if (status == LAT_OK) {
        lat_search_concepts_tsv(&text, search);
        status = put_file(folder, "concepts.tsv", &text, error);
    }
    if (status == LAT_OK) {
        lat_json_begin(&json, &text, true);
        lat_search_json(&json, search, extra);
        lat_buffer_char(&text, '\n');
        status = put_file(folder, "triggers.json", &text, error);
    }
    return status;
}

static lat_status put_flips(const cli_call *call, const char *folder,
                            const lat_search *search, lat_error *error)
{
    lat_buffer text = {0};
    lat_status status = lat_search_flips_tsv(&text, search, error);
    if (status == LAT_OK)
        status = put_file(folder, "flips.tsv", &text, error);
    if (status == LAT_OK)
        status = lat_search_flips_csv(&text, search, error);
    if (status == LAT_OK)
        status = put_file(folder, "flips.csv", &text, error);
    if (status == LAT_OK && cli_given(call, "augment")) {
        status = lat_search_augment(&text, search, error);
        if (status == LAT_OK)
            status = lat_file_write(cli_text(call, "augment"), text.data,
                                    text.size, error);
    }
    lat_buffer_free(&text);
    return status;
}

static lat_status put_transfer(cli_call *call, const char *folder,
                               const lat_search *search, lat_error *error)
{
    lat_reader other = {0};
    lat_buffer text = {0};
    lat_status status = trigger_transfer_open(
        &other, call, search->evaluation.reader->info, error);
    if (status == LAT_OK) {
        status = lat_search_transfer(&text, search, cli_pool(call), &other,
                                     error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "transfer"));
    }
    if (status == LAT_OK)
        status = put_file(folder, "transfer.tsv", &text, error);
    lat_buffer_free(&text);
    lat_reader_close(&other);
    return status;
}

lat_status trigger_write(cli_call *call, const char *folder,
                         const lat_search *search,
                         const lat_json_extra *extra, lat_error *error)
{
    lat_status status = put_tables(folder, search, extra, error);
    if (status == LAT_OK)
        status = put_flips(call, folder, search, error);
    if (status == LAT_OK && cli_given(call, "transfer"))
        status = put_transfer(call, folder, search, error);
    return status;
}
