/* verb_convert.c - a hub folder into one mapped GGUF file. */
#include "../model/model.h"
#include "deviation_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"dtype", 0, CLI_TEXT, "TYPE",
     "type of the matrices: f32, f16, bf16 or q8_0 (8 bits, blocks of 32)",
     "f32"},
    {"check", 0, CLI_FLAG, NULL,
     "run both on the same ids and print how far the hidden states moved",
     NULL},
    {"out", 'o', CLI_TEXT, "FILE", "the GGUF file to write", NULL},
    {0}};

static lat_status run(cli_call *call, lat_error *error)
{
    const char *from = cli_argument(call, 0), *to = cli_text(call, "out");
    const char *type = cli_text(call, "dtype");
    if (to == NULL || strcmp(to, "-") == 0)
        return lat_error_set(error, LAT_USAGE,
                             "convert needs -o FILE (a GGUF file is mapped, "
                             "so it cannot go to standard output)");
    lat_convert_report report = {0};
    lat_status status = lat_model_convert(&report, from, to, type, error);
    if (status != LAT_OK)
        return status;
    cli_say(call, "wrote %s: %zu tensors, %llu bytes, %s", to,
            report.tensors, (unsigned long long)report.bytes, type);
    if (cli_given(call, "check"))
        status = deviation_print(call, from, to, error);
    return status;
}

const cli_verb verb_convert = {
    .name = "convert",
    .summary = "one mapped GGUF file from a hub folder",
    .forms = "latent convert DIR -o M.gguf [--dtype f32|f16|bf16|q8_0] "
             "[--check]",
    .examples = "latent convert models/tuned -o tuned.gguf --dtype q8_0 "
                "--check",
    .notes = "f32 gives hidden states that are byte-identical to the "
             "folder's.  With q8_0, norms,\nbiases and matrices whose rows "
             "are no multiple of 32 stay f32.  The file follows\nGGUF v3 and "
             "llama.cpp's names for BERT; what those lack stands under "
             "latent.* keys.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
