/*
 * verb_plan.c - a study as jobs: every layer of every model is one of its
 * own, then one run finds them done and makes the rest.
 *
 *     tuned/0  tuned/1 ... base/0  base/1 ...     latent run --only SIDE/LAYER
 *        \________________|______________/
 *                     the rest                    latent run
 *
 * All jobs write into one folder and lock only their layer in it.  A job
 * whose layer is done ends at once, so that giving the script again goes on
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
    {"script", 0, CLI_TEXT, "FILE", "where the Makefile or script goes", "-"},
    {0}};

/* What the jobs need to know. */
typedef struct jobs {
    const char *study;
    size_t *layers;
    size_t layer_count;
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

static void put_make(lat_buffer *out, const jobs *j)
{
    lat_buffer_text(out,
                    "# The jobs of a study:  make -j 4 -f THIS\n"
                    "LATENT = latent\nTHREADS = 1\nSTUDY = ");
    put_quoted(out, j->study, true);
    lat_buffer_text(out, "\nRUN = $(LATENT) run --options $(STUDY)/plan.json "
                         "--out $(STUDY)\n\n.PHONY: all layers");
    for (int side = STUDY_SIDES - 1; side >= 0; side--)
        for (size_t i = 0; i < j->layer_count; i++)
            lat_buffer_format(out, " %s/%zu", study_side_names[side],
                              j->layers[i]);
    lat_buffer_text(out, "\nall: layers\n\t$(RUN)\nlayers:");
    for (int side = STUDY_SIDES - 1; side >= 0; side--)
        for (size_t i = 0; i < j->layer_count; i++)
            lat_buffer_format(out, " %s/%zu", study_side_names[side],
                              j->layers[i]);
    for (int side = STUDY_SIDES - 1; side >= 0; side--) {
        lat_buffer_char(out, '\n');
        for (size_t i = 0; i < j->layer_count; i++)
            lat_buffer_format(out, "%s%s/%zu", i == 0 ? "" : " ",
                              study_side_names[side], j->layers[i]);
        lat_buffer_text(out, ":\n\t$(RUN) --only $@ --threads $(THREADS)");
    }
    lat_buffer_char(out, '\n');
}

/* One file for both: as an array task it makes a layer, as a job without a
 * task the rest; run by hand it gives both to sbatch. */
static void put_slurm(lat_buffer *out, const jobs *j)
{
    lat_buffer_text(out,
                    "#!/bin/bash\n"
                    "# The jobs of a study:  bash THIS [sbatch options]\n"
                    "# or by hand: sbatch --array=0-N THIS, then THIS "
                    "after it.\n"
                    "set -e\nlatent=${LATENT:-latent}\nstudy=");
    put_quoted(out, j->study, false);
    lat_buffer_text(out, "\njobs=(");
    for (int side = STUDY_SIDES - 1; side >= 0; side--)
        for (size_t i = 0; i < j->layer_count; i++)
            lat_buffer_format(out, " %s/%zu", study_side_names[side],
                              j->layers[i]);
    lat_buffer_text(
        out,
        " )\nrun=(\"$latent\" run --options \"$study/plan.json\" --out "
        "\"$study\"\n     --threads \"${SLURM_CPUS_PER_TASK:-1}\")\n"
        "if [ -n \"$SLURM_ARRAY_TASK_ID\" ]; then\n"
        "    exec \"${run[@]}\" --only \"${jobs[$SLURM_ARRAY_TASK_ID]}\"\n"
        "elif [ -n \"$SLURM_JOB_ID\" ]; then\n"
        "    exec \"${run[@]}\"\nfi\n"
        "export LATENT=$latent\n"
        "array=$(sbatch --parsable --job-name=latent-layers \\\n"
        "    --array=0-$((${#jobs[@]} - 1)) \"$@\" \"$0\")\n"
        "sbatch --job-name=latent-rest --dependency=\"afterok:$array\" "
        "\"$@\" \"$0\"\n");
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
    jobs j = {.study = cli_argument(call, 0)};
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
    if (cli_arguments(call) == 1)
        return plan_of_study(call, error);
    lat_status status = study_open(&s, call, error);
    if (status != LAT_OK)
        return status;
    status = study_folder_open(&s, error);
    if (status == LAT_OK) {
        const jobs j = {.study = s.options.folder, .layers = s.layers,
                        .layer_count = s.layer_count};
        status = write_jobs(call, &j, error);
    }
    study_close(&s);
    return status;
}

const cli_verb verb_plan = {
    .name = "plan",
    .summary = "the jobs of a study, for make or Slurm",
    .forms = "latent plan --base M --tuned M --data F --out DIR [options of "
             "run] [--make|--slurm] [--script FILE]\n"
             "latent plan DIR [--make|--slurm] [--script FILE]",
    .examples =
        "latent plan --base models/base --tuned models/tuned --data "
        "train.tsv \\\n    --eval dev.tsv --out study --script study.mk\n"
        "make -j 8 -f study.mk\n"
        "latent plan study --slurm --script study.sh && bash study.sh "
        "--cpus-per-task=4",
    .notes = "Checks models and corpus as `latent run` does, makes DIR with "
             "its plan.json, and\nwrites a Makefile or a script for sbatch. "
             " Every layer of each model is a job\n(`latent run --only`); "
             "the last one finds them done and makes the rest.  Of a DIR\n"
             "that has a plan.json nothing else is needed.  Jobs that are "
             "given again skip what is\ndone.  Models and data must be at "
             "the same paths on every machine.",
    .options = options,
    .most = 1,
    .run = run};
