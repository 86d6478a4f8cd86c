/*
 * study_folder.c - the folder of a study: plan, lock, files in it, manifest.
 *
 * plan.json says what the study is: options that results depend on, and the
 * SHA-256 of every input.  A folder whose plan.json is the same is gone on
 * with; another one is refused, so that two studies never mix.
 */
#include "provenance_int.h"
#include "study_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *study_path(const study *s, const char *format, ...)
{
    char name[512];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(name, sizeof name, format, list);
    va_end(list);
    if (size < 0 || (size_t)size >= sizeof name)
        return NULL;
    return lat_path_join(s->options.folder, name);
}

lat_status study_write(const study *s, const char *name, lat_buffer *buffer,
                       lat_error *error)
{
    char *path = study_path(s, "%s", name);
    lat_status status = lat_buffer_status(buffer, error);
    if (status == LAT_OK && path == NULL)
        status = lat_error_memory(error, strlen(name));
    if (status == LAT_OK)
        status = lat_file_write(path, buffer->data, buffer->size, error);
    lat_free(path);
    lat_buffer_free(buffer);
    return status;
}

/* ---- Plan -------------------------------------------------------------- */

static void put_text(lat_json_writer *json, const char *key,
                     const char *value)
{
    lat_json_key(json, key);
    if (value == NULL)
        lat_json_put_null(json);
    else
        lat_json_put_text(json, value);
}

static void put_count(lat_json_writer *json, const char *key, uint64_t value)
{
    lat_json_key(json, key);
    lat_json_put_count(json, value);
}

/* Lists that are told in full, whatever way they were given. */
static bool put_list(lat_json_writer *json, const void *context,
                     const char *name)
{
    const study *s = context;
    static const char *const poolings[] = {"last", "first", "mean"};
    if (strcmp(name, "layers") != 0 && strcmp(name, "words") != 0)
        return false;
    lat_json_open(json, '[');
    if (strcmp(name, "words") == 0) {
        lat_json_put_text(json, poolings[s->options.pooling]);
        lat_json_put_text(json, s->options.words.rule == LAT_WORDS_SPLIT
                                    ? "split" : "whitespace");
    } else {
        for (size_t i = 0; i < s->layer_count; i++)
            lat_json_put_count(json, s->layers[i]);
    }
    lat_json_close(json, ']');
    return true;
}

/* A study can be repeated from this object (--options). */
void study_put_options(lat_json_writer *json, const study *s)
{
    provenance_put_options(json, s->call, put_list, s);
}

/* A tagger that cannot be used is refused here, before hours are spent. */
static lat_status add_tagger(provenance *to, const char *given,
                             lat_error *error)
{
    lat_reader reader = {0};
    char family[64];
    lat_status status = tagger_open(&reader, family, given, error);
    if (status == LAT_OK)
        status = provenance_add_model(to, reader.model, "tagger", error);
    lat_reader_close(&reader);
    return status;
}

/* Likewise the model that triggers are carried to. */
static lat_status add_transfer(provenance *to, const study *s,
                               lat_error *error)
{
    lat_reader reader = {0};
    if (!cli_given(s->call, "transfer"))
        return LAT_OK;
    lat_status status = trigger_transfer_open(
        &reader, s->call, s->readers[STUDY_TUNED].info, error);
    if (status == LAT_OK)
        status = provenance_add_model(to, reader.model, "transfer", error);
    lat_reader_close(&reader);
    return status;
}

static lat_status add_inputs(provenance *to, const study *s,
                             lat_error *error)
{
    lat_status status = LAT_OK;
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++)
        status = provenance_add_model(to, s->readers[side].model,
                                      study_side_names[side], error);
    if (status == LAT_OK)
        status = provenance_add(to, s->options.data, "data", error);
    if (status == LAT_OK && s->options.eval != NULL)
        status = provenance_add(to, s->options.eval, "eval", error);
    for (size_t i = 0; i < s->options.label_count && status == LAT_OK; i++) {
        const char *equals = strchr(s->options.labels[i], '=');
        if (equals != NULL)
            status = provenance_add(to, equals + 1, "labels", error);
    }
    for (size_t i = 0; i < s->options.tagger_count && status == LAT_OK; i++)
        status = add_tagger(to, s->options.taggers[i], error);
    return status == LAT_OK ? add_transfer(to, s, error) : status;
}

static lat_status put_inputs(lat_json_writer *json, const study *s,
                             lat_error *error)
{
    provenance inputs = {.call = s->call};
    lat_status status = add_inputs(&inputs, s, error);
    provenance_put_inputs(json, &inputs);
    provenance_free(&inputs);
    return status;
}

static void put_model(lat_json_writer *json, const study *s)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    lat_json_open(json, '{');
    put_text(json, "architecture", info->architecture);
    put_count(json, "hidden", info->hidden);
    lat_json_key(json, "labels");
    lat_json_open(json, '[');
    for (size_t c = 0; info->labels != NULL && c < info->classes; c++)
        lat_json_put_text(json, info->labels[c]);
    lat_json_close(json, ']');
    put_count(json, "layers", info->layers);
    lat_json_close(json, '}');
}

static void put_corpus(lat_json_writer *json, const study *s)
{
    lat_json_open(json, '{');
    put_count(json, "sentences", s->corpus.count);
    put_count(json, "sentences_cut", s->tokens[STUDY_TUNED].cut_sentences);
    put_count(json, "sentences_left_out", s->words.long_count);
    put_count(json, "types", s->words.kept_types);
    put_count(json, "words", s->words.total);
    put_count(json, "words_kept", s->words.count);
    put_count(json, "words_lost", s->lost);
    lat_json_close(json, '}');
}

static lat_status make_plan(lat_buffer *out, const study *s,
                            lat_error *error)
{
    lat_json_writer json;
    lat_json_begin(&json, out, true);
    lat_json_open(&json, '{');
    lat_json_key(&json, "corpus");
    put_corpus(&json, s);
    lat_json_key(&json, "inputs");
    lat_status status = put_inputs(&json, s, error);
    lat_json_key(&json, "model");
    put_model(&json, s);
    lat_json_key(&json, "options");
    study_put_options(&json, s);
    put_text(&json, "version", LAT_VERSION);
    lat_json_close(&json, '}');
    lat_buffer_char(out, '\n');
    return status == LAT_OK ? lat_buffer_status(out, error) : status;
}

void study_put_provenance(lat_json_writer *json, const void *context)
{
    const study *s = context;
    lat_json_open(json, '{');
    lat_json_key(json, "options");
    study_put_options(json, s);
    put_text(json, "plan", "plan.json");
    put_text(json, "version", LAT_VERSION);
    lat_json_close(json, '}');
}

/* ---- The folder -------------------------------------------------------- */

static bool is_temporary(const char *name)
{
    size_t size = strlen(name);
    return size == 28 && memcmp(name, ".latent-", 8) == 0 &&
           memcmp(name + size - 4, ".tmp", 4) == 0;
}

/* But for what a run leaves that was killed before it had a plan. */
static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    bool empty = true;
    if (folder == NULL)
        return true;
    for (struct dirent *entry = readdir(folder); entry != NULL && empty;
         entry = readdir(folder))
        empty = strcmp(entry->d_name, ".") == 0 ||
                strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, ".lock") == 0 ||
                is_temporary(entry->d_name);
    (void)closedir(folder);
    return empty;
}

/* Locks are of the kind that the system drops when the process ends, however
 * it ends; they are on bytes of .lock that need not be there:
 *
 *     0       the folder: a whole run alone, jobs (--only) together
 *     1       opening it: one process after another
 *     2 ...   a layer of a model
 *     2^20... a part of a model's forward pass
 */
enum { LOCK_FOLDER, LOCK_OPENING, LOCK_LAYERS, LOCK_PARTS = 1 << 20 };

static bool lock_byte(const study *s, short kind, size_t byte, bool wait)
{
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = (off_t)byte;
    lock.l_len = 1;
    int got = fcntl(s->lock, wait ? F_SETLKW : F_SETLK, &lock);
    while (got != 0 && wait && errno == EINTR && !lat_interrupted())
        got = fcntl(s->lock, F_SETLKW, &lock);
    return got == 0;
}

/* The byte of what --only names. */
static size_t job_byte(const study_job *job)
{
    size_t side = (size_t)job->side;
    return job->kind == STUDY_JOB_PART
               ? LOCK_PARTS + job->part * STUDY_SIDES + side
               : LOCK_LAYERS + job->layer * STUDY_SIDES + side;
}

/* Two runs into one folder, or two equal jobs: the second one is refused. */
static lat_status take_lock(study *s, lat_error *error)
{
    char *path = study_path(s, ".lock");
    if (path == NULL)
        return lat_error_memory(error, strlen(s->options.folder) + 8);
    s->lock = lat_open_again(path, O_RDWR | O_CREAT | O_NOFOLLOW);
    lat_status status = LAT_OK;
    bool shared = s->job.kind != STUDY_JOB_ALL;
    if (s->lock < 0) {
        status = lat_error_errno(error, path, "create");
    } else if (!lock_byte(s, F_WRLCK, LOCK_OPENING, true) ||
               !lock_byte(s, shared ? F_RDLCK : F_WRLCK, LOCK_FOLDER,
                          false) ||
               (shared &&
                !lock_byte(s, F_WRLCK, job_byte(&s->job), false))) {
        lat_error_set(error, LAT_IO,
                      "another run is writing into this folder");
        status = lat_error_in_file(error, s->options.folder);
    }
    lat_free(path);
    return status;
}

/* Removes what a run that was killed was writing.  Only for the one process
 * that holds the whole folder. */
static void sweep(const char *path, int depth)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        struct stat info = {0};
        char *inner = lat_path_join(path, entry->d_name);
        bool there = inner != NULL && lstat(inner, &info) == 0;
        if (there && S_ISREG(info.st_mode) && is_temporary(entry->d_name))
            (void)unlink(inner); /* one that stays does no harm */
        else if (there && S_ISDIR(info.st_mode) && depth < 2 &&
                 entry->d_name[0] != '.')
            sweep(inner, depth + 1);
        lat_free(inner);
    }
    (void)closedir(folder);
}

static lat_status compare_plan(const study *s, const lat_buffer *plan,
                               const char *path, lat_error *error)
{
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    if (map.size != plan->size ||
        memcmp(map.data, plan->data, map.size) != 0) {
        size_t line = 1, i = 0;
        while (i < map.size && i < plan->size &&
               map.data[i] == (unsigned char)plan->data[i])
            line += map.data[i++] == '\n';
        status = lat_error_at_line(error, LAT_USAGE, line,
                                   "the folder holds a study with other "
                                   "options or inputs (from this line on); "
                                   "choose another --out");
        lat_error_in_file(error, path);
    } else {
        cli_say(s->call, "going on with the study in %s",
                s->options.folder);
    }
    lat_map_close(&map);
    return status;
}

static lat_status make_folders(const study *s, lat_error *error)
{
    static const char *const names[] = {"align", "polarity", "triggers"};
    lat_status status = LAT_OK;
    for (size_t i = 0; i < 3 && status == LAT_OK; i++) {
        char *path = study_path(s, "%s", names[i]);
        status = path == NULL ? lat_error_memory(error, 16)
                              : lat_folder_make(path, error);
        lat_free(path);
    }
    for (int side = 0; side < STUDY_SIDES; side++)
        for (size_t l = 0; l < s->layer_count && status == LAT_OK; l++) {
            char *path = study_path(s, "%s/layer-%02zu",
                                    study_side_names[side], s->layers[l]);
            status = path == NULL ? lat_error_memory(error, 16)
                                  : lat_folder_make(path, error);
            lat_free(path);
        }
    return status;
}

static lat_status write_text(const study *s, lat_error *error)
{
    lat_buffer text = {0};
    for (size_t i = 0; i < s->text.sentences; i++) {
        for (size_t w = s->text.starts[i]; w < s->text.starts[i + 1]; w++) {
            size_t size = 0;
            const char *word =
                lat_intern_text(s->text.set, s->text.words[w], &size);
            if (w != s->text.starts[i])
                lat_buffer_char(&text, ' ');
            /* A reader drops one byte order mark at the start. */
            if (text.size == 0 && size >= 3 &&
                memcmp(word, "\xef\xbb\xbf", 3) == 0)
                lat_buffer_add(&text, word, 3);
            lat_buffer_add(&text, word, size);
        }
        lat_buffer_char(&text, '\n');
    }
    return study_write(s, "text.in", &text, error);
}

/* A folder that holds something else is left as it was. */
static lat_status check_folder(study *s, const char *plan, lat_error *error)
{
    if (lat_path_exists(plan) || folder_is_empty(s->options.folder))
        return LAT_OK;
    char *lock = study_path(s, ".lock");
    if (lock != NULL)
        (void)unlink(lock);
    lat_free(lock);
    lat_error_set(error, LAT_USAGE,
                  "the folder is not empty and holds no study; choose "
                  "another --out");
    return lat_error_in_file(error, s->options.folder);
}

lat_status study_folder_open(study *s, lat_error *error)
{
    lat_buffer plan = {0};
    char *path = study_path(s, "plan.json"), *words = NULL;
    lat_status status = path == NULL ? lat_error_memory(error, 16) : LAT_OK;
    if (status == LAT_OK)
        status = make_plan(&plan, s, error);
    if (status == LAT_OK)
        status = lat_folder_make(s->options.folder, error);
    if (status == LAT_OK)
        status = take_lock(s, error);
    if (status == LAT_OK)
        status = check_folder(s, path, error);
    if (status == LAT_OK && lat_path_exists(path))
        status = compare_plan(s, &plan, path, error);
    else if (status == LAT_OK)
        status = lat_file_write(path, plan.data, plan.size, error);
    if (status == LAT_OK && s->job.kind == STUDY_JOB_ALL)
        sweep(s->options.folder, 0);
    if (status == LAT_OK)
        status = make_folders(s, error);
    if (status == LAT_OK) {
        words = study_path(s, "words.tsv");
        status = words == NULL
                     ? lat_error_memory(error, 16)
                     : inputs_words_write(&s->words, words, NULL, error);
    }
    if (status == LAT_OK)
        status = write_text(s, error);
    if (status == LAT_OK)
        (void)lock_byte(s, F_UNLCK, LOCK_OPENING, false);
    lat_free(words);
    lat_free(path);
    lat_buffer_free(&plan);
    return status;
}

/* ---- Manifest ---------------------------------------------------------- */

static lat_status put_outputs(lat_json_writer *json, const study *s,
                              const file_list *list, lat_error *error)
{
    lat_status status = LAT_OK;
    lat_json_open(json, '[');
    for (size_t i = 0; i < list->count && status == LAT_OK; i++) {
        unsigned char digest[32];
        char hex[65];
        if (strcmp(list->paths[i], "manifest.json") == 0)
            continue; /* of an earlier run */
        char *path = study_path(s, "%s", list->paths[i]);
        status = path == NULL ? lat_error_memory(error, 64)
                              : lat_sha256_file(digest, path, error);
        lat_free(path);
        if (status != LAT_OK)
            break;
        lat_sha256_hex(digest, hex);
        lat_json_open(json, '{');
        put_text(json, "path", list->paths[i]);
        put_text(json, "sha256", hex);
        lat_json_close(json, '}');
    }
    lat_json_close(json, ']');
    return status;
}

lat_status study_manifest(study *s, lat_error *error)
{
    lat_buffer text = {0};
    lat_json_writer json;
    file_list list = {0};
    study_parts_drop_all(s);
    lat_status status =
        file_list_read(&list, s->options.folder, 2, error);
    if (status == LAT_OK) {
        lat_json_begin(&json, &text, true);
        lat_json_open(&json, '{');
        lat_json_key(&json, "corpus");
        put_corpus(&json, s);
        lat_json_key(&json, "inputs");
        status = put_inputs(&json, s, error);
        lat_json_key(&json, "model");
        put_model(&json, s);
        lat_json_key(&json, "options");
        study_put_options(&json, s);
        lat_json_key(&json, "outputs");
    }
    if (status == LAT_OK)
        status = put_outputs(&json, s, &list, error);
    if (status == LAT_OK) {
        put_text(&json, "version", LAT_VERSION);
        lat_json_close(&json, '}');
        lat_buffer_char(&text, '\n');
        status = study_write(s, "manifest.json", &text, error);
    }
    lat_buffer_free(&text);
    file_list_free(&list);
    if (status == LAT_OK) {
        char *lock = study_path(s, ".lock");
        if (lock != NULL)
            (void)unlink(lock); /* a leftover lock file does no harm */
        lat_free(lock);
    }
    return status;
}
