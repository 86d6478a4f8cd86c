/* label_sources.c - see label_sources_int.h. */
#include "label_sources_int.h"

#include <string.h>

/* In the order of lat_label_form. */
static const char *const form_names[] = {
    "auto", "lines", "json", "conllu", "conll", "list", "dic", "wordnet"};
enum { FORMS = sizeof form_names / sizeof *form_names };

/* "FAMILY=FILE": a name that is printed in tables, so no control character,
 * and a file. */
static lat_status split_source(label_source *out, const char *name,
                               const char *given, lat_error *error)
{
    const char *equals = strchr(given, '=');
    size_t size = equals == NULL ? strlen(given) : (size_t)(equals - given);
    bool good = size > 0 && size < sizeof out->family &&
                (equals == NULL || equals[1] != '\0');
    for (size_t i = 0; i < size; i++)
        good = good && (unsigned char)given[i] >= 0x20;
    if (!good)
        return lat_error_set(error, LAT_USAGE,
                             "--%s is '%.60s', expected FAMILY=FILE with a "
                             "name of 1 to 63 printable bytes",
                             name, given);
    memcpy(out->family, given, size);
    out->family[size] = '\0';
    out->path = equals == NULL ? NULL : equals + 1;
    return LAT_OK;
}

/* The value that "[FAMILY=]VALUE" options have for a family: its own, else
 * the last one that is for all.  *own: it names the family. */
static const char *value_for(const cli_call *call, const char *name,
                             const char *family, bool *own)
{
    const char *const *values = NULL, *best = NULL;
    size_t count = cli_many(call, name, &values), size = strlen(family);
    *own = false;
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(values[i], '=');
        if (equals == NULL && !*own)
            best = values[i];
        if (equals != NULL && (size_t)(equals - values[i]) == size &&
            memcmp(values[i], family, size) == 0) {
            best = equals + 1;
            *own = true;
        }
    }
    return best;
}

static lat_status read_form(lat_label_form *out, const char *name,
                            lat_error *error)
{
    for (int form = 0; form < FORMS; form++)
        if (strcmp(form_names[form], name) == 0) {
            *out = (lat_label_form)form;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "--label-form is '%.40s', expected lines, json, "
                         "conllu, conll, list, dic or wordnet",
                         name);
}

static bool is_builtin(const char *name)
{
    const lat_labeller *list = lat_labeller_list();
    for (size_t i = 0; list[i].name != NULL; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

/* A name that is no labeller's: the nearest one is meant, or its file is
 * forgotten. */
static lat_status unknown_family(const char *option, const char *name,
                                 lat_error *error)
{
    enum { MOST = 64 };
    const lat_labeller *list = lat_labeller_list();
    const char *names[MOST + 1];
    size_t count = 0;
    for (; count < MOST && list[count].name != NULL; count++)
        names[count] = list[count].name;
    names[count] = NULL;
    const char *near = cli_nearest(name, names);
    if (near != NULL)
        return lat_error_set(error, LAT_USAGE,
                             "unknown family '%.60s'; did you mean %s?",
                             name, near);
    return lat_error_set(error, LAT_USAGE,
                         "unknown family '%.60s': neither built in nor --%s "
                         "FAMILY=FILE",
                         name, option);
}

lat_status label_source_read(label_source *out, const cli_call *call,
                             const char *name, size_t number,
                             lat_error *error)
{
    const char *const *given = NULL;
    const lat_label_options defaults = LAT_LABEL_OPTIONS;
    memset(out, 0, sizeof *out);
    out->options = defaults;
    (void)cli_many(call, name, &given);
    lat_status status = split_source(out, name, given[number], error);
    if (status == LAT_OK && out->path == NULL && !is_builtin(out->family))
        status = unknown_family(name, out->family, error);
    if (status != LAT_OK || out->path == NULL)
        return status;
    bool own = false;
    const char *form = value_for(call, "label-form", out->family, &own);
    out->options.column = value_for(call, "column", out->family, &own);
    out->column_own =
        own || (out->options.column != NULL &&
                cli_many(call, name, &given) == 1);
    out->options.outside_unknown = cli_given(call, "outside-unknown");
    out->options.strip_bio = cli_given(call, "strip-bio");
    out->options.fold_case = cli_given(call, "fold-case");
    return form == NULL ? LAT_OK
                        : read_form(&out->options.form, form, error);
}

/* "pos" of "pos=XPOS" is a family that `name` reads from a file. */
static bool names_source(const cli_call *call, const char *name,
                         const char *value)
{
    const char *const *given = NULL;
    size_t count = cli_many(call, name, &given);
    size_t size = strcspn(value, "=") + 1;
    for (size_t i = 0; i < count; i++)
        if (strncmp(given[i], value, size) == 0)
            return true;
    return false;
}

lat_status label_sources_check(const cli_call *call, const char *name,
                               lat_error *error)
{
    static const char *const options[] = {"label-form", "column"};
    for (size_t o = 0; o < 2; o++) {
        const char *const *values = NULL;
        size_t count = cli_many(call, options[o], &values);
        for (size_t i = 0; i < count; i++)
            if (strchr(values[i], '=') != NULL &&
                !names_source(call, name, values[i]))
                return lat_error_set(
                    error, LAT_USAGE,
                    "--%s is '%.60s', but no --%s reads '%.*s' from a file",
                    options[o], values[i], name,
                    (int)strcspn(values[i], "="), values[i]);
    }
    return LAT_OK;
}

lat_status label_source_open(lat_labels *out, const label_source *source,
                             const lat_text *text, const uint32_t *pieces,
                             lat_error *error)
{
    if (source->path == NULL)
        return lat_labels_builtin(out, text, source->family, pieces, error);
    lat_status status = lat_labels_open(out, text, source->family,
                                        source->path, &source->options,
                                        error);
    if (status == LAT_OK && source->column_own &&
        strncmp(out->origin, "CoNLL", 5) != 0) {
        status = lat_error_set(error, LAT_USAGE,
                               "--column is '%.40s', but the file is read as "
                               "%s, not as conllu or conll (--label-form)",
                               source->options.column, out->origin);
        lat_error_in_file(error, source->path);
        lat_labels_free(out);
    }
    return status;
}

/* ---- Matching ----------------------------------------------------------- */

lat_status thresholds_check(const cli_call *call, const char *const *names,
                            lat_error *error)
{
    for (; *names != NULL; names++) {
        lat_theta theta;
        lat_thetas thetas;
        lat_error own = {0};
        const char *text = cli_text(call, *names);
        lat_status status = LAT_OK;
        if (text != NULL && strcmp(*names, "thetas") == 0)
            status = lat_thetas_read(&thetas, text, &own);
        else if (text != NULL)
            status = lat_theta_read(&theta, text, &own);
        if (status != LAT_OK)
            return lat_error_set(error, status, "--%s: %s", *names,
                                 own.text);
    }
    return LAT_OK;
}

bool matcher_ngram(const char *builtin)
{
    const lat_labeller *list = lat_labeller_list();
    for (size_t i = 0; list[i].name != NULL; i++)
        if (strcmp(list[i].name, builtin) == 0)
            return list[i].ngram;
    return false;
}

lat_status unit_read(lat_unit *out, const cli_call *call, const char *name,
                     lat_error *error)
{
    const char *given = cli_text(call, name);
    for (int unit = 0; unit < 2; unit++)
        if (strcmp(given, lat_unit_name((lat_unit)unit)) == 0) {
            *out = (lat_unit)unit;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "--%s is '%.40s', expected types or occurrences",
                         name, given);
}

lat_status matcher_read(lat_human_options *out, const cli_call *call,
                        lat_error *error)
{
    const lat_human_options defaults = LAT_HUMAN_OPTIONS;
    static const char *const thresholds[] = {"max-unknown", NULL};
    const char *compat = cli_text(call, "compat");
    *out = defaults;
    if (compat != NULL && strcmp(compat, "eacl") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--compat is '%.40s', expected eacl", compat);
    out->last_only = compat != NULL;
    out->max_unknown = cli_text(call, "max-unknown");
    out->ngram = cli_given(call, "ngram");
    out->ignore_unknown = cli_given(call, "ignore-unknown");
    out->seed = cli_count(call, "seed");
    lat_status status = thresholds_check(call, thresholds, error);
    if (status == LAT_OK)
        status = unit_read(&out->label_unit, call, "label-unit", error);
    if (status == LAT_OK)
        status = unit_read(&out->share_unit, call, "share-unit", error);
    if (status == LAT_OK)
        status = cli_count32(&out->min_types, call, "min-types", error);
    if (status == LAT_OK)
        status = cli_count32(&out->label_min, call, "label-min", error);
    if (status == LAT_OK)
        status = cli_count32(&out->permutations, call, "permutations", error);
    if (status == LAT_OK)
        status = cli_count32(&out->bootstraps, call, "bootstraps", error);
    return status;
}
