/* verb_help.c - help, manual pages and completion. */
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"man", 0, CLI_FLAG, NULL, "the manual page, as troff", NULL},
    {"completion", 0, CLI_TEXT, "SHELL",
     "completion for bash, zsh or fish", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the text goes", "-"},
    {0}};

static const cli_verb *named(const char *name)
{
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

static lat_status run(cli_call *call, lat_error *error)
{
    const char *name = cli_argument(call, 0);
    const cli_verb *verb = name == NULL ? NULL : named(name);
    if (name != NULL && verb == NULL)
        return lat_error_set(error, LAT_USAGE, "unknown verb '%.60s'", name);
    lat_buffer text = {0};
    lat_status status = LAT_OK;
    if (cli_given(call, "completion"))
        status = cli_completion(&text, cli_text(call, "completion"), error);
    else if (cli_given(call, "man") && verb != NULL)
        cli_manual_verb(&text, verb);
    else if (cli_given(call, "man"))
        cli_manual_program(&text);
    else if (verb != NULL)
        cli_help_verb(&text, verb);
    else
        cli_help_program(&text);
    if (status == LAT_OK)
        status = cli_deliver(call, &text, error);
    lat_buffer_free(&text);
    return status;
}

const cli_verb verb_help = {
    .name = "help",
    .summary = "help, manual pages, shell completion",
    .forms = "latent help [VERB] [--man]\nlatent help --completion SHELL",
    .examples = "latent help run\nlatent help --man run | man -l -",
    .options = options,
    .most = 1,
    .run = run};
