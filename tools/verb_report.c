/* verb_report.c - the report of a study folder. */
#include "report_int.h"
#include "report_page_int.h"
#include "verbs_int.h"

static const cli_option options[] = {
    {"out", 'o', CLI_TEXT, "F.html",
     "where the page goes (default: report.html in the study folder)", NULL},
    {"text", 0, CLI_FLAG, NULL,
     "a summary in 80 columns instead, on standard output or -o", NULL},
    OPTION_CUT,
    {0}};

static lat_status run(cli_call *call, lat_error *error)
{
    const char *folder = cli_argument(call, 0);
    uint64_t k = cli_count(call, "k");
    if (k != 0 && !cli_given(call, "text") && !cli_given(call, "out"))
        return lat_error_set(error, LAT_USAGE,
                             "--k needs -o: report.html in the folder is "
                             "that of the study's own K");
    if (cli_given(call, "text"))
        return lat_report_text(
            folder, k, cli_given(call, "out") ? cli_text(call, "out") : "-",
            error);
    char *own = cli_given(call, "out")
                    ? lat_copy_string(cli_text(call, "out"))
                    : lat_path_join(folder, "report.html");
    if (own == NULL)
        return lat_error_memory(error, 64);
    lat_status status = lat_report_write(folder, k, own, error);
    if (status == LAT_OK)
        cli_say(call, "report: %s", own);
    lat_free(own);
    return status;
}

const cli_verb verb_report = {
    .name = "report",
    .summary = "one self-contained HTML page of a study",
    .forms = "latent report STUDY [-o F.html] [--text] [--k N]",
    .examples = "latent report study -o report.html\n"
                "latent report study --text\n"
                "latent report study --k 100 -o coarse.html",
    .notes = "With --k every layer's tree is cut anew.  What then needs the "
             "study's tables (overlap,\nhuman-defined labels, chance, "
             "triggers) is left out; `latent align STUDY --k N` gives\nthe "
             "overlap, and `latent cluster --tree` cluster files for `label` "
             "and `polarity`.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
