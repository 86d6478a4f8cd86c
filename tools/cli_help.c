/*
 * cli_help.c - `--help`, manual pages and completion out of the verb tables.
 */
#include "cli_int.h"

#include <string.h>

static const char exit_codes[] =
    "0 ok, 1 bad input, 2 usage, 3 resources (memory, disk), 4 internal, "
    "130 interrupted";

enum { WIDTH = 79, COLUMN = 26 }; /* of a line; where help of options is */

static void indent(lat_buffer *out, size_t blanks)
{
    while (blanks-- > 0)
        lat_buffer_char(out, ' ');
}

/* Words of a text, wrapped, each line `margin` blanks in; the first line has
 * them already.  An empty line stays. */
static void help_words(lat_buffer *out, const char *text, size_t margin)
{
    size_t column = margin;
    while (text != NULL && *text != '\0') {
        size_t word = strcspn(text, " \n");
        if (column > margin && column + 1 + word > WIDTH) {
            lat_buffer_char(out, '\n');
            indent(out, margin);
            column = margin;
        } else if (column > margin && word != 0) {
            lat_buffer_char(out, ' ');
            column++;
        }
        lat_buffer_add(out, text, word);
        column += word;
        text += word + (text[word] != '\0');
        if (word != 0 && text[-1] == '\n' && *text == '\n') {
            lat_buffer_text(out, "\n\n");
            indent(out, margin);
            column = margin;
            text++;
        }
    }
    lat_buffer_char(out, '\n');
}

/* What --help and the manual page say of an option. */
static void option_text(lat_buffer *out, const cli_option *option)
{
    lat_buffer_text(out, option->help);
    if (option->fallback != NULL)
        lat_buffer_format(out, " (default: %s)", option->fallback);
    if (option->kind == CLI_MANY)
        lat_buffer_text(out, " (may be repeated)");
}

/* "  --name VALUE" and the help beside it. */
static void help_option(lat_buffer *out, const cli_option *option)
{
    size_t start = out->size, column;
    if (option->letter != 0)
        lat_buffer_format(out, "  -%c, --%s", option->letter, option->name);
    else
        lat_buffer_format(out, "  --%s", option->name);
    if (option->value != NULL)
        lat_buffer_format(out, " %s", option->value);
    column = out->size - start;
    if (column >= COLUMN) {
        lat_buffer_char(out, '\n');
        column = 0;
    }
    indent(out, COLUMN - column);
    lat_buffer help = {0};
    option_text(&help, option);
    help_words(out, help.data, COLUMN);
    out->failed |= help.failed;
    lat_buffer_free(&help);
}

/* Each line of a text, indented. */
static void help_lines(lat_buffer *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size != 0)
            lat_buffer_text(out, "  ");
        lat_buffer_add(out, text, size);
        lat_buffer_char(out, '\n');
        text += size + (text[size] == '\n');
    }
}

void cli_help_verb(lat_buffer *out, const cli_verb *verb)
{
    lat_buffer_format(out, "latent %s - %s\n\nExamples\n", verb->name,
                      verb->summary);
    help_lines(out, verb->examples);
    lat_buffer_text(out, "\nForms\n");
    help_lines(out, verb->forms);
    lat_buffer_text(out, "\nOptions\n");
    for (const cli_option *o = verb->options; o != NULL && o->name != NULL;
         o++)
        help_option(out, o);
    for (const cli_option *o = cli_common_options; o->name != NULL; o++)
        help_option(out, o);
    if (verb->notes != NULL) {
        lat_buffer_text(out, "\nNotes\n  ");
        help_words(out, verb->notes, 2);
    }
    lat_buffer_text(out, "\nExit: ");
    help_words(out, exit_codes, 6);
}

void cli_help_program(lat_buffer *out)
{
    lat_buffer_text(
        out, "latent " LAT_VERSION
             " - latent concept analysis of fine-tuned transformers\n\n"
             "  latent run --base BASE --tuned TUNED --data train.tsv "
             "--out study\n\nVerbs (`latent VERB --help` tells more)\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        lat_buffer_format(out, "  %-10s %s\n", cli_verbs[i]->name,
                          cli_verbs[i]->summary);
    lat_buffer_text(out,
                    "\nEnvironment: LATENT_CPU=plain|avx2|avx512|neon, "
                    "LATENT_THREADS, NO_COLOR\nExit: ");
    help_words(out, exit_codes, 6);
}

/* ---- Manual pages (man macros) ------------------------------------------ */

/* Text with what troff reads as commands made harmless. */
static void troff_text(lat_buffer *out, const char *text)
{
    bool fresh = true;
    for (; text != NULL && *text != '\0'; text++) {
        if (fresh && (*text == '.' || *text == '\''))
            lat_buffer_text(out, "\\&");
        if (*text == '\\')
            lat_buffer_text(out, "\\e");
        else if (*text == '-')
            lat_buffer_text(out, "\\-");
        else
            lat_buffer_char(out, *text);
        fresh = *text == '\n';
    }
}

static void manual_head(lat_buffer *out, const char *name,
                        const char *summary)
{
    lat_buffer_format(out, ".TH %s 1 \"\" \"latent %s\" \"User Commands\"\n",
                      name, LAT_VERSION);
    lat_buffer_format(out, ".SH NAME\n%s \\- ", name);
    troff_text(out, summary);
    lat_buffer_char(out, '\n');
}

/* Lines as they are. */
static void manual_block(lat_buffer *out, const char *title,
                         const char *text)
{
    lat_buffer_format(out, ".SH %s\n.nf\n", title);
    troff_text(out, text);
    lat_buffer_text(out, "\n.fi\n");
}

/* Lines to be filled; an empty one parts paragraphs. */
static void manual_words(lat_buffer *out, const char *title,
                         const char *text)
{
    if (text == NULL)
        return;
    lat_buffer_format(out, ".SH %s\n", title);
    troff_text(out, text);
    lat_buffer_char(out, '\n');
}

static void manual_options(lat_buffer *out, const cli_option *options)
{
    for (const cli_option *o = options; o != NULL && o->name != NULL; o++) {
        lat_buffer_text(out, ".TP\n.B ");
        if (o->letter != 0)
            lat_buffer_format(out, "\\-%c, ", o->letter);
        lat_buffer_text(out, "\\-\\-");
        troff_text(out, o->name);
        if (o->value != NULL) {
            lat_buffer_text(out, " ");
            troff_text(out, o->value);
        }
        lat_buffer_char(out, '\n');
        lat_buffer help = {0};
        option_text(&help, o);
        troff_text(out, help.data);
        out->failed |= help.failed;
        lat_buffer_free(&help);
        lat_buffer_char(out, '\n');
    }
}

void cli_manual_verb(lat_buffer *out, const cli_verb *verb)
{
    lat_buffer name = {0};
    lat_buffer_format(&name, "latent-%s", verb->name);
    manual_head(out, name.data == NULL ? "latent" : name.data,
                verb->summary);
    manual_block(out, "SYNOPSIS", verb->forms);
    manual_block(out, "EXAMPLES", verb->examples);
    lat_buffer_text(out, ".SH OPTIONS\n");
    manual_options(out, verb->options);
    manual_options(out, cli_common_options);
    manual_words(out, "NOTES", verb->notes);
    manual_words(out, "EXIT STATUS", exit_codes);
    out->failed |= name.failed;
    lat_buffer_free(&name);
}

void cli_manual_program(lat_buffer *out)
{
    manual_head(out, "latent",
                "latent concept analysis of fine-tuned transformers");
    manual_block(out, "SYNOPSIS", "latent VERB [OPTIONS] [ARGUMENTS]");
    lat_buffer_text(out, ".SH VERBS\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++) {
        lat_buffer_format(out, ".TP\n.B %s\n", cli_verbs[i]->name);
        troff_text(out, cli_verbs[i]->summary);
        lat_buffer_char(out, '\n');
    }
    manual_block(out, "ENVIRONMENT",
                 "LATENT_CPU=plain|avx2|avx512|neon lowers the instruction "
                 "set (results do not change).\n"
                 "LATENT_THREADS is the default of --threads.\n"
                 "NO_COLOR switches colour off.");
    manual_words(out, "EXIT STATUS", exit_codes);
}

/* ---- Completion --------------------------------------------------------- */

static void option_words(lat_buffer *out, const cli_verb *verb)
{
    const cli_option *lists[] = {verb->options, cli_common_options};
    for (size_t l = 0; l < 2; l++)
        for (const cli_option *o = lists[l]; o != NULL && o->name != NULL;
             o++)
            lat_buffer_format(out, " --%s", o->name);
}

static void completion_bash(lat_buffer *out)
{
    lat_buffer_text(out, "_latent() {\n"
                         "  local word=${COMP_WORDS[COMP_CWORD]} list=\n"
                         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                         "    list='");
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        lat_buffer_format(out, "%s%s", i == 0 ? "" : " ",
                          cli_verbs[i]->name);
    lat_buffer_text(out, "'\n  else case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++) {
        lat_buffer_format(out, "    %s) list='", cli_verbs[i]->name);
        option_words(out, cli_verbs[i]);
        lat_buffer_text(out, "';;\n");
    }
    lat_buffer_text(out,
                    "  esac; fi\n"
                    "  case $word in -*) ;; *) [ \"$COMP_CWORD\" -gt 1 ] && "
                    "list= ;; esac\n"
                    "  COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n"
                    "}\ncomplete -o default -F _latent latent\n");
}

static void completion_zsh(lat_buffer *out)
{
    lat_buffer_text(out, "#compdef latent\nlocal -a verbs\nverbs=(\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        lat_buffer_format(out, "  '%s:%s'\n", cli_verbs[i]->name,
                          cli_verbs[i]->summary);
    lat_buffer_text(out, ")\nif (( CURRENT == 2 )); then\n"
                         "  _describe verb verbs\nelse case $words[2] in\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++) {
        lat_buffer_format(out, "  %s) compadd --", cli_verbs[i]->name);
        option_words(out, cli_verbs[i]);
        lat_buffer_text(out, ";;\n");
    }
    lat_buffer_text(out, "esac\n_files\nfi\n");
}

static void completion_fish(lat_buffer *out)
{
    for (size_t i = 0; cli_verbs[i] != NULL; i++) {
        const cli_verb *verb = cli_verbs[i];
        lat_buffer_format(out,
                          "complete -c latent -n __fish_use_subcommand -a %s "
                          "-d '%s'\n",
                          verb->name, verb->summary);
        const cli_option *lists[] = {verb->options, cli_common_options};
        for (size_t l = 0; l < 2; l++)
            for (const cli_option *o = lists[l];
                 o != NULL && o->name != NULL; o++)
                lat_buffer_format(out,
                                  "complete -c latent -n "
                                  "'__fish_seen_subcommand_from %s' -l %s%s\n",
                                  verb->name, o->name,
                                  o->kind == CLI_FLAG ? "" : " -r");
    }
}

lat_status cli_completion(lat_buffer *out, const char *shell,
                          lat_error *error)
{
    if (strcmp(shell, "bash") == 0)
        completion_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        completion_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        completion_fish(out);
    else
        return lat_error_set(error, LAT_USAGE,
                             "no completion for '%s', expected bash, zsh or "
                             "fish",
                             shell);
    return lat_buffer_status(out, error);
}
