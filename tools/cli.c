/*
 * cli.c - the command line: words of argv to the values of a verb's table.
 */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>

const cli_option cli_common_options[] = {
    {"options", 0, CLI_TEXT, "FILE",
     "options out of a JSON file, or a study's manifest.json; those given "
     "here win", NULL},
    {"threads", 0, CLI_COUNT, "N",
     "threads to use; results never depend on it (default: usable cores)",
     NULL},
    {"sandbox", 0, CLI_FLAG, NULL,
     "give up all system calls that the work does not need: programs, "
     "network, other processes (Linux on x86-64 and 64-bit ARM)", NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress and no remarks", NULL},
    {"verbose", 'v', CLI_FLAG, NULL, "more remarks", NULL},
    {"help", 'h', CLI_FLAG, NULL, "this text", NULL},
    {0}};

enum { MOST_VALUES = 512 };

typedef struct cli_value {
    const cli_option *option;
    const char *text;  /* the last one given, or NULL */
    const char **many; /* all given */
    size_t count;
} cli_value;

struct cli_call {
    const cli_verb *verb;
    cli_value *values;
    size_t value_count;
    const char **arguments;
    size_t argument_count;
    lat_buffer command;
    lat_arena texts; /* of values that are not in argv */
    lat_pool *pool;
    lat_progress *progress;
};

static size_t option_count(const cli_option *options)
{
    size_t n = 0;
    while (options != NULL && options[n].name != NULL)
        n++;
    return n;
}

static cli_value *find_value(const cli_call *call, const char *name,
                             size_t size)
{
    if (size == 6 && memcmp(name, "output", 6) == 0)
        size = 3; /* --output is --out, in full */
    for (size_t i = 0; i < call->value_count; i++) {
        const char *own = call->values[i].option->name;
        if (strlen(own) == size && memcmp(own, name, size) == 0)
            return &call->values[i];
    }
    return NULL;
}

static cli_value *find_letter(const cli_call *call, char letter)
{
    for (size_t i = 0; i < call->value_count; i++)
        if (call->values[i].option->letter == letter)
            return &call->values[i];
    return NULL;
}

/* Edits (insert, drop, change a letter, swap two) between two short words;
 * Damerau-Levenshtein, restricted. */
static size_t edits(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t n = strlen(a), m = strlen(b);
    size_t rows[3][MOST + 1];
    if (n > MOST || m > MOST)
        return MOST;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *one = rows[(i + 2) % 3];
        const size_t *two = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);
            if (one[j] + 1 < best)
                best = one[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
                best = two[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *cli_nearest(const char *given, const char *const *names)
{
    const char *best = NULL;
    size_t least = strlen(given) < 4 ? 2 : 3;
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t distance = edits(given, names[i]);
        if (distance < least) {
            least = distance;
            best = names[i];
        }
    }
    return best;
}

static lat_status unknown_option(const cli_call *call, const char *given,
                                 size_t size, lat_error *error)
{
    const char *names[128];
    char name[64];
    size_t n = 0;
    for (; n < call->value_count && n < 127; n++)
        names[n] = call->values[n].option->name;
    names[n] = NULL;
    if (size >= sizeof name)
        size = sizeof name - 1;
    memcpy(name, given, size);
    name[size] = '\0';
    const char *near = cli_nearest(name, names);
    if (near != NULL)
        return lat_error_set(error, LAT_USAGE,
                             "unknown option --%s; did you mean --%s?", name,
                             near);
    return lat_error_set(error, LAT_USAGE,
                         "unknown option --%s; `latent %s --help` lists them",
                         name, call->verb->name);
}

/* The value is of the kind that its option wants. */
static lat_status check_value(const cli_option *option, const char *text,
                              lat_error *error)
{
    uint64_t whole = 0;
    double number = 0;
    size_t size = strlen(text);
    const char *wanted = NULL;
    if (option->kind == CLI_COUNT && !lat_integer_read(text, size, &whole))
        wanted = "a whole number";
    if (option->kind == CLI_NUMBER && !lat_number_read(text, size, &number))
        wanted = "a decimal number";
    if (option->kind == CLI_BYTES && !lat_bytes_read(text, &whole))
        wanted = "a size such as 512M or 8G";
    if (wanted == NULL)
        return LAT_OK;
    return lat_error_set(error, LAT_USAGE, "--%s is '%s', expected %s",
                         option->name, text, wanted);
}

static lat_status set_value(cli_value *value, const char *text,
                            lat_error *error)
{
    if (value->option->kind != CLI_FLAG) {
        lat_status status = check_value(value->option, text, error);
        if (status != LAT_OK)
            return status;
    }
    value->text = text;
    if (value->count == MOST_VALUES)
        return lat_error_set(error, LAT_USAGE,
                             "--%s is given more than %d times",
                             value->option->name, MOST_VALUES);
    const char **many = lat_realloc(
        (void *)value->many, (value->count + 1) * sizeof *many);
    if (many == NULL)
        return lat_error_memory(error, sizeof *many);
    many[value->count++] = text;
    value->many = many;
    return LAT_OK;
}

/* One option at arguments[*at]; steps over its value. */
static lat_status parse_option(cli_call *call, int count, char **arguments,
                               int *at, lat_error *error)
{
    const char *word = arguments[*at], *name = word + 1, *text = NULL;
    cli_value *value = NULL;
    size_t size = strlen(name);
    if (word[1] == '-') {
        name = word + 2;
        const char *equals = strchr(name, '=');
        size = equals == NULL ? strlen(name) : (size_t)(equals - name);
        text = equals == NULL ? NULL : equals + 1;
        value = find_value(call, name, size);
    } else if (word[2] == '\0') {
        value = find_letter(call, word[1]);
    }
    if (value == NULL)
        return unknown_option(call, name, size, error);
    if (value->option->kind == CLI_FLAG) {
        if (text != NULL)
            return lat_error_set(error, LAT_USAGE, "--%s takes no value",
                                 value->option->name);
        return set_value(value, "", error);
    }
    if (text == NULL) {
        if (*at + 1 >= count)
            return lat_error_set(error, LAT_USAGE, "--%s needs a value (%s)",
                                 value->option->name, value->option->value);
        text = arguments[++*at];
    }
    return set_value(value, text, error);
}

static lat_status parse_words(cli_call *call, int count, char **arguments,
                              lat_error *error)
{
    bool only_arguments = false;
    for (int i = 0; i < count; i++) {
        const char *word = arguments[i];
        lat_status status = LAT_OK;
        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (!only_arguments && word[0] == '-' && word[1] != '\0')
            status = parse_option(call, count, arguments, &i, error);
        else
            call->arguments[call->argument_count++] = word;
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

/* What can only be told when all options are known. */
static lat_status check_call(const cli_call *call, lat_error *error)
{
    if (call->argument_count < call->verb->least)
        return lat_error_set(error, LAT_USAGE,
                             "too few arguments; the form is: %.*s",
                             (int)strcspn(call->verb->forms, "\n"),
                             call->verb->forms);
    if (call->argument_count > call->verb->most)
        return lat_error_set(error, LAT_USAGE, "unexpected argument '%s'",
                             call->arguments[call->verb->most]);
    if (cli_given(call, "threads") && (cli_count(call, "threads") == 0 ||
                                       cli_count(call, "threads") > 1024))
        return lat_error_set(error, LAT_USAGE,
                             "--threads is '%s', expected 1 to 1024",
                             cli_text(call, "threads"));
    return LAT_OK;
}

static void remember_command(cli_call *call, int count, char **arguments)
{
    lat_buffer_format(&call->command, "latent %s", call->verb->name);
    for (int i = 0; i < count; i++) {
        bool plain = arguments[i][0] != '\0' &&
                     strpbrk(arguments[i], " \t\n\"'\\$`*?|&;<>()") == NULL;
        lat_buffer_format(&call->command, plain ? " %s" : " '%s'",
                          arguments[i]);
    }
}

lat_status cli_parse(cli_call **out, const cli_verb *verb, int count,
                     char **arguments, lat_error *error)
{
    size_t own = option_count(verb->options), at = 0;
    size_t common = option_count(cli_common_options);
    cli_call *call = lat_alloc_zero(sizeof *call);
    if (call == NULL)
        return lat_error_memory(error, sizeof *call);
    *out = call;
    call->verb = verb;
    call->value_count = own + common;
    call->values = lat_new_array(own + common, sizeof *call->values);
    call->arguments = lat_new_array((size_t)count + 1,
                                    sizeof *call->arguments);
    if (call->values == NULL || call->arguments == NULL)
        return lat_error_memory(error, (own + common) * sizeof(cli_value));
    for (size_t i = 0; i < own; i++)
        call->values[at++].option = &verb->options[i];
    for (size_t i = 0; i < common; i++)
        call->values[at++].option = &cli_common_options[i];
    remember_command(call, count, arguments);
    lat_status status = parse_words(call, count, arguments, error);
    if (status != LAT_OK || cli_given(call, "help"))
        return status;
    if (cli_given(call, "options"))
        status = cli_options_read(call, cli_text(call, "options"), error);
    return status == LAT_OK ? check_call(call, error) : status;
}

lat_status cli_set(cli_call *call, const char *name, const char *text,
                   lat_error *error)
{
    cli_value *value = find_value(call, name, strlen(name));
    if (value == NULL)
        return unknown_option(call, name, strlen(name), error);
    const char *copy = lat_arena_copy(&call->texts, text, strlen(text));
    if (copy == NULL)
        return lat_error_memory(error, strlen(text) + 1);
    return set_value(value, copy, error);
}

void cli_free(cli_call *call)
{
    if (call == NULL)
        return;
    for (size_t i = 0; call->values != NULL && i < call->value_count; i++)
        lat_free((void *)call->values[i].many);
    lat_free(call->values);
    lat_free((void *)call->arguments);
    lat_buffer_free(&call->command);
    lat_arena_free(&call->texts);
    lat_pool_free(call->pool);
    lat_progress_free(call->progress);
    lat_free(call);
}

/* ---- Values ------------------------------------------------------------- */

static const cli_value *value_of(const cli_call *call, const char *name)
{
    return find_value(call, name, strlen(name));
}

bool cli_given(const cli_call *call, const char *name)
{
    const cli_value *value = value_of(call, name);
    return value != NULL && value->text != NULL;
}

const char *cli_text(const cli_call *call, const char *name)
{
    const cli_value *value = value_of(call, name);
    if (value == NULL)
        return NULL;
    return value->text != NULL ? value->text : value->option->fallback;
}

uint64_t cli_count(const cli_call *call, const char *name)
{
    const cli_value *value = value_of(call, name);
    const char *text = cli_text(call, name);
    uint64_t whole = 0;
    if (text == NULL)
        return 0;
    if (value->option->kind == CLI_BYTES)
        (void)lat_bytes_read(text, &whole);
    else
        (void)lat_integer_read(text, strlen(text), &whole);
    return whole;
}

lat_status cli_count32(uint32_t *out, const cli_call *call, const char *name,
                       lat_error *error)
{
    uint64_t value = cli_count(call, name);
    if (value > 1000000)
        return lat_error_set(error, LAT_USAGE,
                             "--%s is %llu, expected at most 1000000", name,
                             (unsigned long long)value);
    *out = (uint32_t)value;
    return LAT_OK;
}

double cli_number(const cli_call *call, const char *name)
{
    const char *text = cli_text(call, name);
    double number = 0;
    if (text != NULL)
        (void)lat_number_read(text, strlen(text), &number);
    return number;
}

size_t cli_many(const cli_call *call, const char *name,
                const char *const **values)
{
    const cli_value *value = value_of(call, name);
    *values = value == NULL ? NULL : value->many;
    return value == NULL ? 0 : value->count;
}

size_t cli_arguments(const cli_call *call)
{
    return call->argument_count;
}

const char *cli_argument(const cli_call *call, size_t number)
{
    return number < call->argument_count ? call->arguments[number] : NULL;
}

const cli_verb *cli_verb_of(const cli_call *call)
{
    return call->verb;
}

const char *cli_command(const cli_call *call)
{
    return call->command.data == NULL ? "" : call->command.data;
}

/* ---- Services ----------------------------------------------------------- */

lat_pool *cli_pool(cli_call *call)
{
    if (call->pool == NULL) {
        size_t threads = cli_given(call, "threads")
                             ? (size_t)cli_count(call, "threads") : 0;
        const char *variable = getenv("LATENT_THREADS");
        uint64_t value = 0;
        if (threads == 0 && variable != NULL &&
            lat_integer_read(variable, strlen(variable), &value) &&
            value >= 1 && value <= 1024)
            threads = (size_t)value;
        if (threads == 0)
            threads = lat_cores_usable();
        lat_error ignored = {0}; /* without a pool all runs on one thread */
        (void)lat_pool_create(&call->pool, threads, &ignored);
    }
    return call->pool;
}

lat_progress *cli_progress(cli_call *call)
{
    if (call->progress == NULL) {
        lat_error ignored = {0}; /* progress is only talk */
        (void)lat_progress_create(&call->progress,
                                  cli_given(call, "quiet") ? NULL : stderr,
                                  &ignored);
    }
    return call->progress;
}

void cli_say(const cli_call *call, const char *format, ...)
{
    if (cli_given(call, "quiet"))
        return;
    va_list list;
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fputc('\n', stderr);
}

lat_status cli_print(lat_buffer *text, lat_error *error)
{
    lat_status status = lat_buffer_status(text, error);
    if (status == LAT_OK && text->size != 0)
        status = lat_file_write("-", text->data, text->size, error);
    lat_buffer_free(text);
    return status;
}

lat_status cli_deliver(cli_call *call, const lat_buffer *buffer,
                       lat_error *error)
{
    const char *path = cli_text(call, "out");
    lat_status status = lat_buffer_status(buffer, error);
    if (status != LAT_OK)
        return status;
    return lat_file_write(path == NULL ? "-" : path,
                          buffer->data == NULL ? "" : buffer->data,
                          buffer->size, error);
}
