/* verb_run.c - the whole study. */
#include "report_int.h"
#include "study_int.h"
#include "trigger_files_int.h"
#include "verbs_int.h"

static const cli_option options[] = {
    OPTIONS_STUDY,
    {"only", 0, CLI_TEXT, "JOB",
     "just this layer of this model, such as tuned/6, or this part of its "
     "forward pass, such as tuned/part-1-of-8: a job of `latent plan`",
     NULL},
    {"memory", 0, CLI_BYTES, "SIZE", "most memory to use, such as 4G", NULL},
    {"spill", 0, CLI_TEXT, "DIR",
     "keep a model's layer vectors in a file here, which goes with the run: "
     "one forward pass, however little memory", NULL},
    {"dry-run", 0, CLI_FLAG, NULL,
     "words, memory, disk and seconds, without running", NULL},
    {0}};

static lat_status all_stages(study *s, lat_error *error)
{
    static const struct {
        const char *name;
        lat_status (*run)(study *, lat_error *);
    } stages[] = {{"folder", study_folder_open}, {"layers", study_layers},
                  {"overlap", study_align}, {"labels", study_human},
                  {"polarity", study_polarity}, {"triggers", study_triggers}};
    lat_status status = LAT_OK;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        double before = lat_cpu_seconds();
        status = stages[i].run(s, error);
        if (status != LAT_OK)
            return status;
        study_say_seconds(s, stages[i].name, before);
    }
    char *report = study_path(s, "report.html");
    if (report == NULL)
        return lat_error_memory(error, 64);
    lat_report what = {.folders = {s->options.folder, NULL},
                       .out_path = report};
    status = lat_report_write(&what, NULL, error);
    if (status == LAT_OK)
        status = study_manifest(s, error);
    if (status == LAT_OK)
        cli_say(s->call, "report: %s", report);
    lat_free(report);
    return status;
}

/* What --only names into the folder; the rest is for another run. */
static lat_status one_job(study *s, lat_error *error)
{
    lat_status status = study_folder_open(s, error);
    if (status != LAT_OK)
        return status;
    return s->job.kind == STUDY_JOB_PART ? study_one_part(s, error)
                                         : study_one_layer(s, error);
}

static lat_status run(cli_call *call, lat_error *error)
{
    study s;
    lat_status status = study_open(&s, call, error);
    if (status != LAT_OK)
        return status;
    if (!cli_given(call, "dry-run"))
        status = study_afford(&s, error);
    if (status == LAT_OK && cli_given(call, "dry-run"))
        status = study_dry_run(&s, error);
    else if (status == LAT_OK && s.job.kind != STUDY_JOB_ALL)
        status = one_job(&s, error);
    else if (status == LAT_OK)
        status = all_stages(&s, error);
    study_close(&s);
    return status;
}

const cli_verb verb_run = {
    .name = "run",
    .summary = "the whole study, from two models and a corpus to the report",
    .forms = "latent run --base M --tuned M --data F [--eval F] --out DIR "
             "[options]",
    .examples =
        "latent run --base models/base --tuned models/tuned --data "
        "train.tsv \\\n    --eval dev.tsv --k 600 --out study\n"
        "latent run ... --labels pos=train.pos --dry-run",
    .notes =
        "MODEL is a hub folder (config.json beside the weights) or a GGUF "
        "file.  The corpus is\na table with a header (sentence or text, "
        "optional label; sentence1 and sentence2 for\npairs) or plain lines. "
        " A run that was stopped goes on where it was when the same\ncommand "
        "is given again; finished layers are kept.  --k, --method and the "
        "like say what the\nstudy is; --threads, --memory and --spill change "
        "none of its bytes.  Without --spill a\nmodel whose layers do not fit "
        "in --memory runs several times over the corpus.\n"
        "--dry-run prints NAME and VALUE a line.  Seconds are for this "
        "machine and --threads, if\nnothing else runs: the arithmetic of "
        "each step over gflops_peak, which is measured now,\nand the share "
        "of it that the step reached elsewhere.  Expect them within a factor "
        "of 1.5\nwith Ward (K-Means takes the rounds that it needs); triggers "
        "are counted as if every\nsentence of --eval were predicted right.  "
        "--verbose tells what each step took.",
    .options = options,
    .run = run};
