/*
 * study_folder.c - the folder of a study: plan, lock, files in it, manifest.
 *
 * plan.json says what the study is: options that results depend on, and the
 * SHA-256 of every input.  A folder whose plan.json is the same is gone on
 * with; another one is refused, so that two studies never mix.
 */
#include "study_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* Options on which no result depends, or that say where results go. */
static bool is_left_out(const char *name)
{
    static const char *const names[] = {
        "out", "augment", "memory", "spill", "dry-run", "only",
        "make", "slurm", "script", "parts", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* An option's name as a key: "_" for "-". */
static void option_key(char out[64], const cli_option *option)
{
    (void)snprintf(out, 64, "%s", option->name);
    for (char *at = out; *at != '\0'; at++)
        if (*at == '-')
            *at = '_';
}

static int by_key(const void *a, const void *b)
{
    char x[64], y[64];
    option_key(x, *(const cli_option *const *)a);
    option_key(y, *(const cli_option *const *)b);
    return strcmp(x, y);
}

/* Lists that are told in full, whatever way they were given. */
static bool put_list(lat_json_writer *json, const study *s,
                     const char *name)
{
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

static void put_option(lat_json_writer *json, const study *s,
                       const cli_option *option)
{
    const char *name = option->name, *const *many = NULL;
    const char *text = cli_text(s->call, name);
    if (put_list(json, s, name))
        return;
    if (option->kind == CLI_FLAG) {
        lat_json_put_bool(json, cli_given(s->call, name));
    } else if (option->kind == CLI_MANY) {
        size_t count = cli_many(s->call, name, &many);
        lat_json_open(json, '[');
        for (size_t i = 0; i < count; i++)
            lat_json_put_text(json, many[i]);
        lat_json_close(json, ']');
    } else if (text == NULL) {
        lat_json_put_null(json);
    } else if (option->kind == CLI_TEXT) {
        lat_json_put_text(json, text);
    } else if (option->kind == CLI_NUMBER) {
        lat_json_put_number(json, cli_number(s->call, name));
    } else {
        lat_json_put_count(json, cli_count(s->call, name));
    }
}

/* Every option of the verb's table, so that none is forgotten: a study can
 * be repeated from this object (--options). */
void study_put_options(lat_json_writer *json, const study *s)
{
    enum { MOST = 96 };
    const cli_option *list[MOST];
    size_t count = 0;
    for (const cli_option *o = cli_verb_of(s->call)->options;
         o->name != NULL && count < MOST; o++)
        if (!is_left_out(o->name))
            list[count++] = o;
    qsort(list, count, sizeof *list, by_key);
    lat_json_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        char key[64];
        option_key(key, list[i]);
        lat_json_key(json, key);
        put_option(json, s, list[i]);
    }
    lat_json_close(json, '}');
}

static lat_status put_file(lat_json_writer *json, const char *path,
                           const char *role, lat_error *error)
{
    unsigned char digest[32];
    char hex[65];
    lat_status status = lat_sha256_file(digest, path, error);
    if (status != LAT_OK)
        return status;
    lat_sha256_hex(digest, hex);
    lat_json_open(json, '{');
    put_text(json, "path", path);
    if (role != NULL)
        put_text(json, "role", role);
    put_text(json, "sha256", hex);
    lat_json_close(json, '}');
    return LAT_OK;
}

static lat_status put_model_files(lat_json_writer *json,
                                  const lat_model *model, const char *role,
                                  lat_error *error)
{
    lat_status status = LAT_OK;
    for (size_t i = 0;
         status == LAT_OK && i < lat_model_file_count(model); i++)
        status = put_file(json, lat_model_file(model, i), role, error);
    return status;
}

/* A tagger that cannot be used is refused here, before hours are spent. */
static lat_status put_tagger(lat_json_writer *json, const char *given,
                             lat_error *error)
{
    lat_reader reader = {0};
    char family[64];
    lat_status status = tagger_open(&reader, family, given, error);
    if (status == LAT_OK)
        status = put_model_files(json, reader.model, "tagger", error);
    lat_reader_close(&reader);
    return status;
}

/* Likewise the model that triggers are carried to. */
static lat_status put_transfer(lat_json_writer *json, const study *s,
                               lat_error *error)
{
    lat_reader reader = {0};
    if (!cli_given(s->call, "transfer"))
        return LAT_OK;
    lat_status status = trigger_transfer_open(
        &reader, s->call, s->readers[STUDY_TUNED].info, error);
    if (status == LAT_OK)
        status = put_model_files(json, reader.model, "transfer", error);
    lat_reader_close(&reader);
    return status;
}

static lat_status put_inputs(lat_json_writer *json, const study *s,
                             lat_error *error)
{
    lat_status status = LAT_OK;
    lat_json_open(json, '[');
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++)
        status = put_model_files(json, s->readers[side].model,
                                 study_side_names[side], error);
    if (status == LAT_OK && strcmp(s->options.data, "-") != 0)
        status = put_file(json, s->options.data, "data", error);
    if (status == LAT_OK && s->options.eval != NULL &&
        strcmp(s->options.eval, "-") != 0)
        status = put_file(json, s->options.eval, "eval", error);
    for (size_t i = 0; i < s->options.label_count && status == LAT_OK; i++) {
        const char *equals = strchr(s->options.labels[i], '=');
        if (equals != NULL && !lat_path_is_folder(equals + 1))
            status = put_file(json, equals + 1, "labels", error);
    }
    for (size_t i = 0; i < s->options.tagger_count && status == LAT_OK; i++)
        status = put_tagger(json, s->options.taggers[i], error);
    if (status == LAT_OK)
        status = put_transfer(json, s, error);
    lat_json_close(json, ']');
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
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
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

typedef struct file_list {
    char **paths; /* relative to the study folder */
    size_t count, capacity;
} file_list;

static lat_status list_add(file_list *list, char *path, lat_error *error)
{
    if (path == NULL)
        return lat_error_memory(error, 64);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        char **paths = lat_realloc(list->paths, capacity * sizeof *paths);
        if (paths == NULL) {
            lat_free(path);
            return lat_error_memory(error, capacity * sizeof *paths);
        }
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count++] = path;
    return LAT_OK;
}

/* Regular files below the folder, without the lock and the manifest; at
 * most two folders deep, as studies are. */
static lat_status list_files(file_list *list, const char *root,
                             const char *below, int depth, lat_error *error)
{
    char *full = below[0] == '\0' ? lat_copy_string(root)
                                  : lat_path_join(root, below);
    DIR *folder = full == NULL ? NULL : opendir(full);
    lat_status status = LAT_OK;
    if (folder == NULL) {
        status = full == NULL ? lat_error_memory(error, 64)
                              : lat_error_errno(error, full, "list");
        lat_free(full);
        return status;
    }
    for (struct dirent *entry = readdir(folder);
         entry != NULL && status == LAT_OK; entry = readdir(folder)) {
        if (entry->d_name[0] == '.' ||
            (depth == 0 && strcmp(entry->d_name, "manifest.json") == 0))
            continue;
        char *name = below[0] == '\0'
                         ? lat_copy_string(entry->d_name)
                         : lat_path_join(below, entry->d_name);
        char *path = name == NULL ? NULL : lat_path_join(root, name);
        bool is_folder = path != NULL && lat_path_is_folder(path);
        lat_free(path);
        if (is_folder && depth < 2)
            status = list_files(list, root, name, depth + 1, error);
        else if (!is_folder) {
            status = list_add(list, name, error);
            name = NULL;
        }
        lat_free(name);
    }
    (void)closedir(folder);
    lat_free(full);
    return status;
}

/* Byte order; the lists are short. */
static void sort_names(char **names, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0;
             j--) {
            char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
}

static lat_status put_outputs(lat_json_writer *json, const study *s,
                              const file_list *list, lat_error *error)
{
    lat_status status = LAT_OK;
    lat_json_open(json, '[');
    for (size_t i = 0; i < list->count && status == LAT_OK; i++) {
        unsigned char digest[32];
        char hex[65];
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
        list_files(&list, s->options.folder, "", 0, error);
    if (status == LAT_OK) {
        sort_names(list.paths, list.count);
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
    for (size_t i = 0; i < list.count; i++)
        lat_free(list.paths[i]);
    lat_free(list.paths);
    if (status == LAT_OK) {
        char *lock = study_path(s, ".lock");
        if (lock != NULL)
            (void)unlink(lock); /* a leftover lock file does no harm */
        lat_free(lock);
    }
    return status;
}
