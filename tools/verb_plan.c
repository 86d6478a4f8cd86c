/*
 * verb_plan.c - a study as jobs: each model's forward pass in parts of the
 * corpus, then every layer of every model, then one run that finds them done
 * and makes the rest.
 *
 *     tuned/part-1-of-8 ...   base/part-1-of-8 ...   latent run --only JOB
 *            |                       |
 *     tuned/0  tuned/1 ...    base/0  base/1 ...     latent run --only JOB
 *            \_______________________/
 *        align, labels, polarity, triggers           latent run
 *
 * All jobs write into one folder and lock only their layer or part in it.  A
 * job that is done ends at once, so that giving the script again goes on
 * where it was.  The folder comes out as one `latent run` makes it, byte for
 * byte.
 */
#include "study_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    OPTIONS_STUDY,
    {"make", 0, CLI_FLAG, NULL, "a Makefile (the default)", NULL},
    {"slurm", 0, CLI_FLAG, NULL, "a job script for sbatch", NULL},
    {"parts", 0, CLI_COUNT, "N",
     "jobs for each model's forward pass; 0: each layer makes its own", "8"},
    {"script", 0, CLI_TEXT, "FILE", "where the Makefile or script goes", "-"},
    {0}};

/* What the jobs need to know. */
typedef struct jobs {
    const char *study;
    size_t *layers;
    size_t layer_count;
    size_t parts;
} jobs;

/* In single quotes, for the shell; what make would see in it is hidden. */
static void put_quoted(lat_buffer *out, const char *text, bool make)
{
    lat_buffer_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            lat_buffer_text(out, "'\\''");
        else if (make && *text == '#')
            lat_buffer_text(out, "\\#");
        else
            lat_buffer_char(out, *text);
        if (make && *text == '$')
            lat_buffer_char(out, '$');
    }
    lat_buffer_char(out, '\'');
}

/* " tuned/0 tuned/6", or the parts of the side's forward pass. */
static void put_layers(lat_buffer *out, const jobs *j, int side)
{
    for (size_t i = 0; i < j->layer_count; i++)
        lat_buffer_format(out, " %s/%zu", study_side_names[side],
                          j->layers[i]);
}

static void put_parts(lat_buffer *out, const jobs *j, int side)
{
    for (size_t i = 1; i <= j->parts; i++)
        lat_buffer_format(out, " %s/part-%zu-of-%zu", study_side_names[side],
                          i, j->parts);
}

typedef void put_names(lat_buffer *, const jobs *, int side);
static void put_both(lat_buffer *out, const jobs *j, put_names *put)
{
    put(out, j, STUDY_TUNED);
    put(out, j, STUDY_BASE);
}

/* "tuned/0 tuned/6: tuned/part-1-of-2 ..." */
static void put_rule(lat_buffer *out, const jobs *j, int side)
{
    if (j->parts == 0)
        return;
    lat_buffer_char(out, '\n');
    put_layers(out, j, side);
    lat_buffer_char(out, ':');
    put_parts(out, j, side);
}

static void put_make(lat_buffer *out, const jobs *j)
{
    lat_buffer_text(out,
                    "# The jobs of a study:  make -j 4 -f THIS\n"
                    "LATENT = latent\nTHREADS = 1\nSTUDY = ");
    put_quoted(out, j->study, true);
    lat_buffer_text(out, "\nRUN = $(LATENT) run --options $(STUDY)/plan.json "
                         "--out $(STUDY)\nPARTS =");
    put_both(out, j, put_parts);
    lat_buffer_text(out, "\nLAYERS =");
    put_both(out, j, put_layers);
    lat_buffer_text(out, "\n\n.PHONY: all parts layers $(PARTS) $(LAYERS)\n"
                         "all: layers\n\t$(RUN)\n"
                         "layers: $(LAYERS)\nparts: $(PARTS)");
    put_rule(out, j, STUDY_TUNED);
    put_rule(out, j, STUDY_BASE);
    lat_buffer_text(out, "\n$(PARTS) $(LAYERS):\n"
                         "\t$(RUN) --only $@ --threads $(THREADS)\n");
}

/* One file for all: as an array task it makes a part or a layer, as a job
 * without a task the rest; run by hand it gives them to sbatch. */
static void put_slurm(lat_buffer *out, const jobs *j)
{
    lat_buffer_text(out,
                    "#!/bin/bash\n"
                    "# The jobs of a study:  bash THIS [sbatch options]\n"
                    "set -e\nlatent=${LATENT:-latent}\nstudy=");
    put_quoted(out, j->study, false);
    lat_buffer_text(out, "\nparts=(");
    put_both(out, j, put_parts);
    lat_buffer_text(out, " )\nlayers=(");
    put_both(out, j, put_layers);
    lat_buffer_text(
        out,
        " )\njobs=(\"${parts[@]}\" \"${layers[@]}\")\n"
        "run=(\"$latent\" run --options \"$study/plan.json\" --out "
        "\"$study\"\n     --threads \"${SLURM_CPUS_PER_TASK:-1}\")\n"
        "if [ -n \"$SLURM_ARRAY_TASK_ID\" ]; then\n"
        "    exec \"${run[@]}\" --only \"${jobs[$SLURM_ARRAY_TASK_ID]}\"\n"
        "elif [ -n \"$SLURM_JOB_ID\" ]; then\n"
        "    exec \"${run[@]}\"\nfi\n"
        "export LATENT=$latent\nfirst=${#parts[@]} last=$((${#jobs[@]} - 1))\n"
        "after=()\n"
        "if [ \"$first\" -gt 0 ]; then\n"
        "    array=$(sbatch --parsable --job-name=latent-parts \\\n"
        "        --array=0-$((first - 1)) \"$@\" \"$0\")\n"
        "    after=(--dependency=\"afterok:${array%%;*}\")\nfi\n"
        "array=$(sbatch --parsable --job-name=latent-layers "
        "\"${after[@]}\" \\\n    --array=$first-$last \"$@\" \"$0\")\n"
        "sbatch --job-name=latent-rest "
        "--dependency=\"afterok:${array%%;*}\" \"$@\" \"$0\"\n");
}

static lat_status write_jobs(cli_call *call, const jobs *j, lat_error *error)
{
    lat_buffer out = {0};
    if (strpbrk(j->study, "\n\r") != NULL)
        return lat_error_set(error, LAT_USAGE,
                             "the study's name holds a line break, which "
                             "neither make nor sbatch can take");
    if (cli_given(call, "slurm"))
        put_slurm(&out, j);
    else
        put_make(&out, j);
    lat_status status = lat_buffer_status(&out, error);
    if (status == LAT_OK)
        status = lat_file_write(cli_text(call, "script"), out.data, out.size,
                                error);
    lat_buffer_free(&out);
    return status;
}

/* Layers out of the plan.json of a study that was begun. */
static lat_status take_layers(jobs *out, const lat_json *plan,
                              lat_error *error)
{
    const lat_json *list =
        lat_json_get(lat_json_get(plan, "options"), "layers");
    if (list == NULL || list->type != LAT_JSON_ARRAY || list->size == 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "options.layers is not a list of layers");
    out->layers = lat_new_array(list->size, sizeof *out->layers);
    if (out->layers == NULL)
        return lat_error_memory(error, list->size * sizeof *out->layers);
    for (size_t i = 0; i < list->size; i++) {
        if (!list->items[i].integer || list->items[i].whole < 0)
            return lat_error_at_byte(error, LAT_MALFORMED,
                                     list->items[i].byte,
                                     "expected the number of a layer");
        out->layers[out->layer_count++] = (size_t)list->items[i].whole;
    }
    return LAT_OK;
}

static lat_status plan_of_study(cli_call *call, lat_error *error)
{
    jobs j = {.study = cli_argument(call, 0),
              .parts = (size_t)cli_count(call, "parts")};
    lat_arena arena = {0};
    lat_map map = {0};
    const lat_json *plan = NULL;
    char *path = lat_path_join(j.study, "plan.json");
    if (path == NULL)
        return lat_error_memory(error, strlen(j.study));
    lat_status status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_json_parse(&plan, &arena, map.data, map.size, error);
    if (status == LAT_OK)
        status = take_layers(&j, plan, error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    if (status == LAT_OK)
        status = write_jobs(call, &j, error);
    lat_free(j.layers);
    lat_map_close(&map);
    lat_arena_free(&arena);
    lat_free(path);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    study s;
    if (cli_given(call, "make") && cli_given(call, "slurm"))
        return lat_error_set(error, LAT_USAGE,
                             "--make and --slurm: expected one of them");
    if (cli_count(call, "parts") > STUDY_MOST_PARTS)
        return lat_error_set(error, LAT_USAGE,
                             "--parts is %llu, expected at most %d",
                             (unsigned long long)cli_count(call, "parts"),
                             STUDY_MOST_PARTS);
    if (cli_arguments(call) == 1)
        return plan_of_study(call, error);
    lat_status status = study_open(&s, call, error);
    if (status != LAT_OK)
        return status;
    status = study_folder_open(&s, error);
    if (status == LAT_OK) {
        const jobs j = {.study = s.options.folder, .layers = s.layers,
                        .layer_count = s.layer_count,
                        .parts = (size_t)cli_count(call, "parts")};
        status = write_jobs(call, &j, error);
    }
    study_close(&s);
    return status;
}

const cli_verb verb_plan = {
    .name = "plan",
    .summary = "the jobs of a study, for make or Slurm",
    .forms = "latent plan --base M --tuned M --data F --out DIR "
             "[options of run]\n    [--make|--slurm] [--script FILE]\n"
             "latent plan DIR [--make|--slurm] [--script FILE]",
    .examples =
        "latent plan --base models/base --tuned models/tuned --data "
        "train.tsv \\\n    --eval dev.tsv --out study --script study.mk\n"
        "make -j 8 -f study.mk\n"
        "latent plan study --slurm --script study.sh\n"
        "bash study.sh --cpus-per-task=4",
    .notes = "Checks models and corpus as `latent run` does, makes DIR with "
             "its plan.json, and\nwrites a Makefile or a script for sbatch. "
             " First come --parts jobs for each model,\neach with a share of "
             "the corpus, whose vectors wait in DIR; then a job for each\n"
             "layer of each model, which clusters them; then one for the "
             "rest.  Each is `latent\nrun --only JOB`, for any other queue: "
             "`make -n -f study.mk parts` lists them, one a\nline.  Jobs "
             "that are given again skip what is done.  Of a DIR that has a "
             "plan.json\nnothing else is needed.  Models and data must be at "
             "the same paths on every\nmachine.",
    .options = options,
    .most = 1,
    .run = run};
