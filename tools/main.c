/*
 * main.c - the program `latent`: finds the verb, calls it, turns its status
 * into one line on standard error and an exit code.
 */
#include "../base/kernels/kernels.h"
#include "cli_int.h"
#include "verbs_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_verb *const cli_verbs[] = {
    &verb_run,      &verb_convert, &verb_inspect,  &verb_tokenize,
    &verb_classify, &verb_extract, &verb_cluster,  &verb_align,
    &verb_label,    &verb_polarity, &verb_triggers, &verb_explain,
    &verb_concepts,
    &verb_diff,     &verb_report,  &verb_verify,   &verb_plan,
    &verb_bench,    &verb_selftest, &verb_help,    NULL};

/* First signal: ask the work to stop.  Second one: go at once, leaving no
 * half file. */
static void on_signal(int number)
{
    if (lat_interrupted()) {
        lat_output_abort_all();
        _Exit(128 + number);
    }
    lat_interrupt_set();
}

/* A mapped input that another process cut short: its pages are gone, so
 * there is nothing to go on with. */
static void on_lost_page(int number)
{
    static const char text[] =
        "latent: an input file became shorter while it was read\n";
    (void)number;
    lat_output_abort_all();
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _Exit(lat_status_exit(LAT_INTERNAL));
    _Exit(lat_status_exit(LAT_IO));
}

static void catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    action.sa_handler = on_lost_page;
    (void)sigaction(SIGBUS, &action, NULL);
    action.sa_handler = SIG_IGN; /* a closed pipe is a write error */
    (void)sigaction(SIGPIPE, &action, NULL);
}

static const cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

/* To standard output; frees the text. */
static int print(lat_buffer *text)
{
    lat_error error = {0};
    lat_status status = cli_print(text, &error);
    if (status != LAT_OK)
        fprintf(stderr, "latent: %s\n", lat_error_message(&error));
    return lat_status_exit(status);
}

static int print_help(const cli_verb *verb)
{
    lat_buffer text = {0};
    if (verb == NULL)
        cli_help_program(&text);
    else
        cli_help_verb(&text, verb);
    return print(&text);
}

static int print_version(void)
{
    lat_buffer text = {0};
    lat_buffer_text(&text, "latent " LAT_VERSION "\n");
    return print(&text);
}

static int unknown_verb(const char *given)
{
    const char *names[sizeof cli_verbs / sizeof *cli_verbs] = {NULL};
    for (size_t n = 0; cli_verbs[n] != NULL; n++)
        names[n] = cli_verbs[n]->name;
    const char *near = cli_nearest(given, names);
    lat_error error = {0};
    if (near != NULL)
        lat_error_set(&error, LAT_USAGE,
                      "unknown verb '%.60s'; did you mean '%s'?", given,
                      near);
    else
        lat_error_set(&error, LAT_USAGE,
                      "unknown verb '%.60s'; `latent help` lists them",
                      given);
    fprintf(stderr, "latent: %s\n", lat_error_message(&error));
    return lat_status_exit(LAT_USAGE);
}

static int run_verb(const cli_verb *verb, int count, char **arguments)
{
    lat_error error = {0};
    cli_call *call = NULL;
    lat_status status = cli_parse(&call, verb, count, arguments, &error);
    if (status == LAT_OK && cli_given(call, "help")) {
        cli_free(call);
        return print_help(verb);
    }
    if (status == LAT_OK)
        status = lat_kernels_check(&error);
    if (status == LAT_OK && cli_given(call, "sandbox"))
        status = lat_sandbox_enter(&error);
    if (status == LAT_OK)
        status = verb->run(call, &error);
    cli_free(call);
    if (status != LAT_OK) {
        lat_output_abort_all();
        fprintf(stderr, "latent %s: %s\n", verb->name,
                error.code == LAT_OK ? lat_status_name(status)
                                     : lat_error_message(&error));
    }
    return lat_status_exit(status);
}

int main(int count, char **arguments)
{
    catch_signals();
    if (count < 2) {
        (void)print_help(NULL);
        return lat_status_exit(LAT_USAGE);
    }
    if (strcmp(arguments[1], "--help") == 0 ||
        strcmp(arguments[1], "-h") == 0)
        return print_help(NULL);
    if (strcmp(arguments[1], "--version") == 0)
        return print_version();
    const cli_verb *verb = find_verb(arguments[1]);
    if (verb == NULL)
        return unknown_verb(arguments[1]);
    return run_verb(verb, count - 2, arguments + 2);
}
