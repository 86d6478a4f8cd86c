/* verb_report.c - the report of a study folder, or of two side by side. */
#include "report_int.h"
#include "report_page_int.h"
#include "verbs_int.h"

static const cli_option options[] = {
    {"out", 'o', CLI_TEXT, "F.html",
     "where the page goes (default: report.html in the study folder; two "
     "studies need it)", NULL},
    {"text", 0, CLI_FLAG, NULL,
     "a summary in 80 columns instead, on standard output or -o", NULL},
    {"ascii", 0, CLI_FLAG, NULL,
     "with --text: bars of # instead of blocks, nothing beyond ASCII", NULL},
    OPTION_CUT,
    {0}};

static lat_status check_options(cli_call *call, lat_error *error)
{
    bool two = cli_arguments(call) == 2, text = cli_given(call, "text");
    if (two && cli_count(call, "k") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--k is for the report of one study");
    if (two && !text && !cli_given(call, "out"))
        return lat_error_set(error, LAT_USAGE,
                             "a report of two studies needs -o F.html");
    if (cli_count(call, "k") != 0 && !text && !cli_given(call, "out"))
        return lat_error_set(error, LAT_USAGE,
                             "--k needs -o: report.html in the folder is "
                             "that of the study's own K");
    if (cli_given(call, "ascii") && !text)
        return lat_error_set(error, LAT_USAGE, "--ascii goes with --text");
    return LAT_OK;
}

static lat_status run(cli_call *call, lat_error *error)
{
    bool two = cli_arguments(call) == 2, text = cli_given(call, "text");
    lat_report what = {
        .folders = {cli_argument(call, 0),
                    two ? cli_argument(call, 1) : NULL},
        .form = !text                      ? LAT_REPORT_PAGE
                : cli_given(call, "ascii") ? LAT_REPORT_ASCII
                                           : LAT_REPORT_TEXT,
        .k = cli_count(call, "k")};
    lat_status status = check_options(call, error);
    if (status != LAT_OK)
        return status;
    char *own = cli_given(call, "out")
                    ? lat_copy_string(cli_text(call, "out"))
                : text ? lat_copy_string("-")
                       : lat_path_join(what.folders[0], "report.html");
    if (own == NULL)
        return lat_error_memory(error, 64);
    what.out_path = own;
    status = lat_report_write(&what, two ? cli_pool(call) : NULL, error);
    if (status == LAT_OK && (!text || cli_given(call, "out")))
        cli_say(call, "report: %s", own);
    lat_free(own);
    return status;
}

const cli_verb verb_report = {
    .name = "report",
    .summary = "one self-contained HTML page of a study, or of two",
    .forms = "latent report STUDY [-o F.html] [--text [--ascii]] [--k N]\n"
             "latent report STUDY STUDY -o F.html [--text [--ascii]]",
    .examples = "latent report study -o report.html\n"
                "latent report study --text\n"
                "latent report study --k 100 -o coarse.html\n"
                "latent report study-600 study-300 -o both.html",
    .notes = "With --k every layer's tree is cut anew.  What then needs the "
             "study's tables (overlap,\nhuman-defined labels, chance, "
             "triggers) is left out; `latent align STUDY --k N` gives\nthe "
             "overlap, and `latent cluster --tree` cluster files for `label` "
             "and `polarity`.\n\n"
             "Two studies stand beside each other: what was set otherwise, "
             "each percentage layer by\nlayer, flip rates, and the concepts "
             "of the last layer that both have which changed.\n`latent diff` "
             "gives the same numbers as a table.",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run};
