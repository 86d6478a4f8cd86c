/* verb_run.c - the whole study. */
#include "report_int.h"
#include "study_int.h"
#include "trigger_files_int.h"
#include "verbs_int.h"

static const cli_option options[] = {
    {"base", 0, CLI_TEXT, "MODEL", "the base model", NULL},
    {"tuned", 0, CLI_TEXT, "MODEL", "the model tuned from it", NULL},
    {"data", 0, CLI_TEXT, "FILE", "the corpus to cluster", NULL},
    {"eval", 0, CLI_TEXT, "FILE",
     "sentences for the triggers, none of them in --data", NULL},
    {"out", 'o', CLI_TEXT, "DIR", "the study folder", NULL},
    {"k", 'k', CLI_COUNT, "N", "concepts in a layer", "600"},
    {"layers", 0, CLI_TEXT, "LIST", "layers, such as 0,3,5-12", "all"},
    OPTIONS_WORDS,
    OPTIONS_CORPUS,
    {"theta", 0, CLI_TEXT, "T",
     "share from which a concept is aligned or polarised", "0.90"},
    {"min-types", 0, CLI_COUNT, "N",
     "concepts with fewer distinct words are not counted", "6"},
    {"size-ratio", 0, CLI_NUMBER, "R",
     "a target counts only if size / its size > R; 0 is off", "0"},
    {"labels", 0, CLI_MANY, "FAMILY=FILE",
     "human-defined labels of the corpus's words", NULL},
    {"polarity", 0, CLI_TEXT, "CLASS",
     "class of a sentence: gold or predicted (both are reported)", "gold"},
    {"permutations", 0, CLI_COUNT, "N",
     "shuffles behind each chance level", "100"},
    {"bootstraps", 0, CLI_COUNT, "N",
     "resamples of the sentences behind each interval", "100"},
    {"trigger-layers", 0, CLI_TEXT, "LIST",
     "layers whose polarised concepts give triggers: last, or as --layers",
     "last"},
    OPTIONS_SEARCH("24", "4", "200"),
    {"cka", 0, CLI_COUNT, "N",
     "words in the sample on which CKA of the layers is computed", "1000"},
    {"memory", 0, CLI_BYTES, "SIZE", "most memory to use, such as 4G", NULL},
    {"dry-run", 0, CLI_FLAG, NULL,
     "words, memory, disk and seconds, without running", NULL},
    {0}};

static lat_status all_stages(study *s, lat_error *error)
{
    lat_status (*const stages[])(study *, lat_error *) = {
        study_folder_open, study_layers,  study_align,
        study_human,       study_polarity, study_triggers};
    lat_status status = LAT_OK;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        status = stages[i](s, error);
        if (status != LAT_OK)
            return status;
    }
    char *report = study_path(s, "report.html");
    if (report == NULL)
        return lat_error_memory(error, 64);
    status = lat_report_write(s->options.folder, report, error);
    if (status == LAT_OK)
        status = study_manifest(s, error);
    if (status == LAT_OK)
        cli_say(s->call, "report: %s", report);
    lat_free(report);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    study s;
    if (cli_given(call, "memory"))
        lat_memory_limit((size_t)cli_count(call, "memory"));
    lat_status status = study_open(&s, call, error);
    if (status != LAT_OK)
        return status;
    status = cli_given(call, "dry-run") ? study_dry_run(&s, error)
                                        : all_stages(&s, error);
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
        "is given again; finished layers are kept.",
    .options = options,
    .run = run};
