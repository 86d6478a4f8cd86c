/*
 * cli_int.h - how a verb of the program `latent` is described and called.
 *
 * A verb is one constant table: summary, forms, options, examples.  Parsing,
 * `--help`, the manual pages and shell completion are all made from that
 * table, so they cannot disagree.
 *
 *     static const cli_option options[] = {
 *         {"k", 0, CLI_COUNT, "N", "clusters in the cut", "600"},
 *         {"out", 'o', CLI_TEXT, "FILE", "where the result goes", "-"},
 *         {0}};
 *     const cli_verb verb_example = {
 *         .name = "example", .summary = "does a thing",
 *         .forms = "latent example FILE [--k N]", .options = options,
 *         .least = 1, .most = 1, .run = run};
 */
#ifndef LATENT_CLI_INT_H
#define LATENT_CLI_INT_H

#include "../base/base.h"

typedef enum cli_kind {
    CLI_FLAG,   /* --name */
    CLI_TEXT,   /* --name VALUE, the last one counts */
    CLI_MANY,   /* --name VALUE, may be given several times */
    CLI_COUNT,  /* a whole number >= 0 */
    CLI_NUMBER, /* a decimal number */
    CLI_BYTES   /* 512M, 8G */
} cli_kind;

typedef struct cli_option {
    const char *name; /* long name, without the dashes */
    char letter;      /* short form, or 0 */
    cli_kind kind;
    const char *value;    /* what --help calls the value */
    const char *help;     /* one or two lines, no full stop */
    const char *fallback; /* default as text, or NULL */
} cli_option;

typedef struct cli_call cli_call;

typedef struct cli_verb {
    const char *name;
    const char *summary;  /* one line */
    const char *forms;    /* one form a line */
    const char *examples; /* one command a line */
    const char *notes;    /* paragraphs: what it reads, writes, means */
    const cli_option *options; /* ends with a zero entry */
    size_t least, most;        /* positional arguments */
    lat_status (*run)(cli_call *call, lat_error *error);
} cli_verb;

/* Options that every verb has: options, threads, sandbox, quiet, ... */
extern const cli_option cli_common_options[];
/* All verbs, in the order of the manual; ends with NULL. */
extern const cli_verb *const cli_verbs[];

/* Parses argv (after the verb).  LAT_USAGE with a did-you-mean. */
lat_status cli_parse(cli_call **out, const cli_verb *verb, int count,
                     char **arguments, lat_error *error);
void cli_free(cli_call *call);
/* Sets an option as if it had been given; the text is copied. */
lat_status cli_set(cli_call *call, const char *name, const char *text,
                   lat_error *error);
/* --options: those of the file that are not given on the command line. */
lat_status cli_options_read(cli_call *call, const char *path,
                            lat_error *error);

/* Values by long name.  Asking for a name that is not in the verb's table
 * is a fault that the tests find: it gives NULL, 0 or false. */
bool cli_given(const cli_call *call, const char *name);
const char *cli_text(const cli_call *call, const char *name);
uint64_t cli_count(const cli_call *call, const char *name);
/* A count of at most 1,000,000 (LAT_USAGE above it), for sizes of 32 bits. */
lat_status cli_count32(uint32_t *out, const cli_call *call, const char *name,
                       lat_error *error);
double cli_number(const cli_call *call, const char *name);
size_t cli_many(const cli_call *call, const char *name,
                const char *const **values);
size_t cli_arguments(const cli_call *call);
const char *cli_argument(const cli_call *call, size_t number);
const cli_verb *cli_verb_of(const cli_call *call);

/* Made when first asked for. */
lat_pool *cli_pool(cli_call *call);         /* --threads */
lat_progress *cli_progress(cli_call *call); /* NULL with --quiet */
/* A line on standard error, unless --quiet. */
void cli_say(const cli_call *call, const char *format, ...)
    LAT_PRINTF(2, 3);
/* Buffer to `-o` (default standard output). */
lat_status cli_deliver(cli_call *call, const lat_buffer *buffer,
                       lat_error *error);
/* Text to standard output; frees it. */
lat_status cli_print(lat_buffer *text, lat_error *error);
/* The command line as it was given, for provenance. */
const char *cli_command(const cli_call *call);

/* Help, manual page (troff) and completion, from the tables. */
void cli_help_program(lat_buffer *out);
void cli_help_verb(lat_buffer *out, const cli_verb *verb);
void cli_manual_program(lat_buffer *out);
void cli_manual_verb(lat_buffer *out, const cli_verb *verb);
lat_status cli_completion(lat_buffer *out, const char *shell,
                          lat_error *error);
/* The nearest of `names` (NULL-terminated) within two edits, or NULL. */
const char *cli_nearest(const char *given, const char *const *names);

#endif
