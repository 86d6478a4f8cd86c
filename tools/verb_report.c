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
    OPTION_CUT,
    {0}};

static lat_status run_two(cli_call *call, lat_error *error)
{
    lat_report_two two = {{cli_argument(call, 0), cli_argument(call, 1)},
                          cli_text(call, "out"), cli_given(call, "text")};
    if (cli_count(call, "k") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--k is for the report of one study");
    if (!cli_given(call, "out")) {
        if (!two.text)
            return lat_error_set(error, LAT_USAGE,
                                 "a report of two studies needs -o F.html");
        two.out_path = "-";
    }
    lat_status status = lat_report_diff(&two, cli_pool(call), error);
    if (status == LAT_OK && cli_given(call, "out"))
        cli_say(call, "report: %s", two.out_path);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    if (cli_arguments(call) == 2)
        return run_two(call, error);
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
    .summary = "one self-contained HTML page of a study, or of two",
    .forms = "latent report STUDY [-o F.html] [--text] [--k N]\n"
             "latent report STUDY STUDY -o F.html [--text]",
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
