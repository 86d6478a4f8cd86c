/*
 * base.h - the ground floor of latent: what every other room stands on.
 *
 * Status and error record, checked arithmetic, memory, arenas, growable
 * buffers, files, threads, UTF-8, JSON, numbers, SHA-256, npy arrays, tables
 * (TSV and CSV), progress and random numbers.  Nothing here knows what a
 * transformer is.
 *
 *     lat_error error = {0};
 *     lat_map map = {0};
 *     if (lat_map_open(&map, "config.json", &error) != LAT_OK) {
 *         fprintf(stderr, "%s\n", lat_error_message(&error));
 *         return lat_status_exit(error.code);
 *     }
 *     ... map.data, map.size ...
 *     lat_map_close(&map);
 *
 * Rules of the house: a function that can fail returns lat_status, puts its
 * outputs first, and fills the caller's lat_error.  Nothing here prints or
 * exits, except lat_progress, which writes to the stream it was given.
 * Unless a function says otherwise it may be called from any thread on
 * objects that no other thread uses at the same time.
 */
#ifndef LATENT_BASE_H
#define LATENT_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LAT_VERSION "0.1.0"

#if defined(__GNUC__)
#define LAT_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define LAT_PRINTF(at, first)
#endif

/* ---- Status and error record (error.c) ---------------------------------- */

typedef enum lat_status {
    LAT_OK = 0,
    LAT_MALFORMED,   /* a file breaks the rules of its format       exit 1 */
    LAT_UNSUPPORTED, /* well formed, but not something we can do    exit 1 */
    LAT_OUT_OF_RANGE,/* a value outside what is allowed             exit 1 */
    LAT_NOT_FOUND,   /* a file, column, tensor, ... is not there    exit 1 */
    LAT_USAGE,       /* the caller's options make no sense          exit 2 */
    LAT_NO_MEMORY,   /* allocation failed or a memory limit is hit  exit 3 */
    LAT_IO,          /* reading, writing, disk full, permissions    exit 3,
                        or 1 for an input that cannot be read              */
    LAT_INTERRUPTED, /* Ctrl-C or SIGTERM                         exit 130 */
    LAT_INTERNAL     /* a fault of ours                             exit 4 */
} lat_status;

#define LAT_NOWHERE UINT64_MAX /* "no byte offset" and "no line number" */

/* Caller-owned; `lat_error e = {0}` is an empty one.  The first error wins:
 * setting a record that already holds one keeps the old text. */
typedef struct lat_error {
    lat_status code;
    bool has_byte, has_line;
    uint64_t byte;   /* offset from the start of the file, from 0 */
    uint64_t line;   /* line number, from 1 */
    char file[256];  /* path, its tail if it is longer; "" if none */
    char text[512];  /* what is wrong and what was expected; UTF-8 */
    char message[900]; /* scratch of lat_error_message */
} lat_error;

/* All return `code`, so that one can write `return lat_error_set(...)`.
 * `error` may be NULL.  The text says what is wrong and what was expected,
 * without file, line or a final full stop.  Control characters in it are
 * replaced by '?', so that names out of hostile files are safe to print. */
lat_status lat_error_set(lat_error *error, lat_status code,
                         const char *format, ...) LAT_PRINTF(3, 4);
lat_status lat_error_at_byte(lat_error *error, lat_status code, uint64_t byte,
                             const char *format, ...) LAT_PRINTF(4, 5);
lat_status lat_error_at_line(lat_error *error, lat_status code, uint64_t line,
                             const char *format, ...) LAT_PRINTF(4, 5);
/* Names the file, if the record does not name one yet.  Returns its code. */
lat_status lat_error_in_file(lat_error *error, const char *path);
/* From errno: "cannot VERB: No such file ...", code LAT_NOT_FOUND for
 * ENOENT/ENOTDIR, LAT_NO_MEMORY for ENOMEM, LAT_INTERRUPTED for EINTR after
 * Ctrl-C or SIGTERM, else LAT_IO. */
lat_status lat_error_errno(lat_error *error, const char *path,
                           const char *verb);
lat_status lat_error_memory(lat_error *error, uint64_t bytes);
/* "file:line: text", "file: byte N: text" or "text"; lives in the record. */
const char *lat_error_message(lat_error *error);
void lat_error_clear(lat_error *error);
/* The exit code that stands for a status. */
int lat_status_exit(lat_status status);
const char *lat_status_name(lat_status status);

/* ---- Checked arithmetic (inline) ---------------------------------------- */

/* True and *out = a*b (a+b), or false when it does not fit. */
static inline bool lat_size_mul(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}
static inline bool lat_size_add(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}
static inline bool lat_u64_mul(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b != 0 && a > UINT64_MAX / b)
        return false;
    *out = a * b;
    return true;
}
static inline bool lat_u64_add(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a > UINT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

/* ---- Memory: the one door to malloc (memory.c) -------------------------- */

/* All may be called from any thread.  NULL means out of memory (or over the
 * limit).  A size of 0 gives a valid pointer.  Blocks are aligned to 64
 * bytes.  lat_new_array checks count * size. */
void *lat_alloc(size_t size);
void *lat_alloc_zero(size_t size);
void *lat_new_array(size_t count, size_t size);      /* zeroed */
void *lat_realloc(void *block, size_t size);         /* keeps 64 alignment */
/* lat_alloc for megabytes that are read over and over: asks the system for
 * 2 MB pages, which spare the processor address look-ups.  The contents are
 * undefined, as lat_alloc's. */
void *lat_alloc_large(size_t size);
/* The asking alone, for a part of a fresh block: clearing pages is work that
 * threads can share. */
void lat_ask_large(void *part, size_t size);
void lat_free(void *block);                          /* NULL is fine */
char *lat_copy_string(const char *text);             /* strdup */
char *lat_copy_bytes(const void *data, size_t size); /* adds a NUL */
/* char* by printf, NULL when out of memory. */
char *lat_format(const char *format, ...) LAT_PRINTF(1, 2);

/* Bytes in live blocks, the highest so far, and a ceiling (0 = none) above
 * which allocation fails as if malloc had. */
size_t lat_memory_in_use(void);
size_t lat_memory_peak(void);
void lat_memory_limit(size_t bytes);
/* For tests: the n-th allocation from now on fails (n from 1; 0 = never);
 * `and_after` makes all later ones fail too. */
void lat_memory_fail_at(uint64_t n, bool and_after);
uint64_t lat_memory_allocations(void);

/* An arena: many small blocks, freed together.  `lat_arena a = {0}` is an
 * empty one. */
typedef struct lat_arena {
    struct lat_arena_block *blocks;
    size_t used;  /* bytes handed out */
    size_t limit; /* most bytes it may hand out; 0 = no limit */
} lat_arena;
void *lat_arena_alloc(lat_arena *arena, size_t size); /* 16-aligned, zeroed */
void *lat_arena_array(lat_arena *arena, size_t count, size_t size);
char *lat_arena_copy(lat_arena *arena, const void *data, size_t size); /*+NUL*/
void lat_arena_free(lat_arena *arena);

/* A growable run of bytes with a ceiling.  `lat_buffer b = {0}` is empty
 * and has no ceiling.  Failure sticks: appends after one do nothing, and
 * lat_buffer_status tells at the end.  data is always NUL-terminated when
 * not NULL. */
typedef struct lat_buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit; /* most bytes; 0 = no limit */
    bool failed;
} lat_buffer;
void lat_buffer_add(lat_buffer *buffer, const void *data, size_t size);
void lat_buffer_text(lat_buffer *buffer, const char *text);
void lat_buffer_char(lat_buffer *buffer, char c);
void lat_buffer_format(lat_buffer *buffer, const char *format, ...)
    LAT_PRINTF(2, 3);
void lat_buffer_number(lat_buffer *buffer, double value); /* lat_number_text */
bool lat_buffer_reserve(lat_buffer *buffer, size_t more);
/* Size 0; keeps the block, and a failure: what was lost may have been used. */
void lat_buffer_clear(lat_buffer *buffer);
void lat_buffer_free(lat_buffer *buffer);
lat_status lat_buffer_status(const lat_buffer *buffer, lat_error *error);

/* ---- Files (file.c, output.c) ------------------------------------------- */

/* A whole file, read only.  Regular files are mapped; pipes and "-"
 * (standard input) are read into memory.  data is never NULL after success.
 * A folder is refused, and a device that is no terminal (it may have no end).
 * The data are NOT NUL-terminated. */
typedef struct lat_map {
    const unsigned char *data;
    size_t size;
    bool mapped;
} lat_map;
lat_status lat_map_open(lat_map *out, const char *path, lat_error *error);
void lat_map_close(lat_map *map);
bool lat_path_exists(const char *path);
/* open(2) with O_CLOEXEC and the rights that the umask leaves, again after a
 * signal unless that was an interruption; -1 and errno. */
int lat_open_again(const char *path, int flags);
bool lat_path_is_folder(const char *path);
/* folder + "/" + name; NULL when out of memory.  Free with lat_free. */
char *lat_path_join(const char *folder, const char *name);
const char *lat_path_base(const char *path); /* the part after the last / */
/* mkdir -p, mode 0777 & ~umask; flushed to disk in its parent, if new. */
lat_status lat_folder_make(const char *path, lat_error *error);

/* A file that appears whole or not at all: written under a temporary name
 * in the same folder, flushed to disk and renamed by lat_output_commit.
 * "-" is standard output (no temporary, no rename).  Bytes are hashed as
 * they go out.  After an error the writer stays failed; abort (or commit)
 * releases it and removes the temporary.  Temporary files of a process that
 * is told to stop by lat_output_abort_all (async-signal-safe) vanish too. */
typedef struct lat_output lat_output;
lat_status lat_output_open(lat_output **out, const char *path,
                           lat_error *error);
lat_status lat_output_write(lat_output *output, const void *data, size_t size,
                            lat_error *error);
/* Formatted text; every piece is at most 4095 bytes after formatting. */
lat_status lat_output_format(lat_output *output, lat_error *error,
                             const char *format, ...) LAT_PRINTF(3, 4);
/* Flush, fsync, rename.  `sha256` (32 bytes) may be NULL.  Frees `output`
 * whatever happens. */
lat_status lat_output_commit(lat_output *output, unsigned char *sha256,
                             lat_error *error);
void lat_output_abort(lat_output *output); /* NULL is fine */
void lat_output_abort_all(void);
/* One call: open, write, commit. */
lat_status lat_file_write(const char *path, const void *data, size_t size,
                          lat_error *error);

/* ---- Room on disk (spill.c) --------------------------------------------- */

/* Memory that lies in a file of `folder`, which has no name and is gone when
 * it is closed or the process ends, however it ends.  All of it is reserved
 * at once: a full disk is LAT_IO here, never a fault later.  Starts as
 * zeros; lat_memory_* do not count it. */
typedef struct lat_spill {
    void *data;
    size_t size; /* bytes; 0 is fine */
} lat_spill;
lat_status lat_spill_open(lat_spill *out, const char *folder, size_t size,
                          lat_error *error);
/* Bytes from..to will not be looked at for a while: their pages are the
 * system's again.  What they hold stays. */
void lat_spill_rest(const lat_spill *spill, size_t from, size_t to);
void lat_spill_close(lat_spill *spill);

/* ---- Threads (thread.c) ------------------------------------------------- */

typedef struct lat_pool lat_pool;
/* Usable cores: affinity mask and cgroup quota considered, at least 1. */
size_t lat_cores_usable(void);
/* threads >= 1; the caller's thread is one of them. */
lat_status lat_pool_create(lat_pool **out, size_t threads, lat_error *error);
void lat_pool_free(lat_pool *pool);
size_t lat_pool_threads(const lat_pool *pool); /* 1 for NULL */
/* Calls work(context, task, worker) once for each task 0..tasks-1, tasks
 * handed out in order to idle workers (worker < threads); returns when all
 * are done.  pool may be NULL: all on the caller's thread.  Results must not
 * depend on `worker`.  Not to be nested. */
typedef void lat_work(void *context, size_t task, size_t worker);
void lat_pool_run(lat_pool *pool, size_t tasks, lat_work *work, void *context);

/* ---- Sandbox (sandbox.c) ------------------------------------------------ */

/* From here on this thread, and those it starts, may make only the system
 * calls that a study needs: no program, process, network, debugging, code
 * made at run time.  Not to be undone.  Files may still be opened.  Call it
 * while the process has one thread.  LAT_USAGE where there is no such filter
 * (not Linux on x86-64 or 64-bit ARM, or an old kernel). */
lat_status lat_sandbox_enter(lat_error *error);

/* ---- UTF-8 (utf8.c) ----------------------------------------------------- */

/* Decodes one code point at text[0..size), size >= 1.  Returns its length
 * in bytes 1..4, or 0 when it is malformed (overlong, surrogate, above
 * U+10FFFF, cut off). */
size_t lat_utf8_decode(const char *text, size_t size, uint32_t *code);
/* Encodes; returns the length 1..4, or 0 for a surrogate or > 0x10FFFF. */
size_t lat_utf8_encode(uint32_t code, char out[4]);
/* Offset of the first byte that is not well-formed UTF-8, or size. */
size_t lat_utf8_valid(const char *text, size_t size);

/* ---- Numbers and text (number.c) ---------------------------------------- */

/* Shortest text that reads back as the same double; "null" is NOT made
 * here: NaN and infinities give "nan", "inf", "-inf". */
#define LAT_NUMBER_TEXT 32
size_t lat_number_text(double value, char out[LAT_NUMBER_TEXT]);
/* Whole text is one decimal number (C locale); false otherwise. */
bool lat_number_read(const char *text, size_t size, double *out);
bool lat_integer_read(const char *text, size_t size, uint64_t *out);
/* "8G", "512M", "1024", with K M G T (powers of 1024). */
bool lat_bytes_read(const char *text, uint64_t *out);
/* "0,3,5-12" or "all" into sorted distinct numbers 0..last.  *out is an
 * array of *count; free with lat_free. */
lat_status lat_range_read(size_t **out, size_t *count, const char *text,
                          size_t last, lat_error *error);

/* ---- JSON (json.c, json_write.c) ---------------------------------------- */

/* RFC 8259, the whole text one value, in valid UTF-8; depth at most 128;
 * duplicate keys refused.  All nodes live in the arena; cost is bounded by
 * 64 bytes a byte of text. */
typedef enum lat_json_type {
    LAT_JSON_NULL, LAT_JSON_BOOL, LAT_JSON_NUMBER, LAT_JSON_STRING,
    LAT_JSON_ARRAY, LAT_JSON_OBJECT
} lat_json_type;
typedef struct lat_json {
    lat_json_type type;
    bool boolean;
    bool integer;       /* number written without '.', 'e' and in range */
    double number;
    int64_t whole;      /* its value when integer */
    const char *string; /* NUL-terminated; may hold NULs: see size */
    size_t size;        /* string: bytes; array, object: elements */
    size_t byte;        /* where it starts in the text */
    const char *key;    /* member of an object: its name */
    size_t key_size;
    struct lat_json *items; /* array elements or object members */
} lat_json;
lat_status lat_json_parse(const lat_json **out, lat_arena *arena,
                          const void *text, size_t size, lat_error *error);
/* Member of that name or NULL (also when object is NULL or not an object).
 * Linear; large objects are walked by items instead. */
const lat_json *lat_json_get(const lat_json *object, const char *key);
/* Typed access: the member's value or the fallback when absent or null;
 * *bad is set (never cleared) when it is there with another type. */
const char *lat_json_text(const lat_json *object, const char *key,
                          const char *fallback, bool *bad);
double lat_json_number(const lat_json *object, const char *key,
                       double fallback, bool *bad);
uint64_t lat_json_count(const lat_json *object, const char *key,
                        uint64_t fallback, bool *bad); /* integer >= 0 */
bool lat_json_flag(const lat_json *object, const char *key, bool fallback,
                   bool *bad);

/* Writing: commas, indentation (2 spaces; none when indent is false) and
 * escapes are done here; the caller writes keys in sorted order.  Text goes
 * to a buffer.  NaN and infinity become null.  Strings that are not UTF-8
 * have their bad bytes replaced by U+FFFD. */
typedef struct lat_json_writer {
    lat_buffer *to;
    bool indent;
    size_t depth;
    bool fresh;     /* nothing written yet at this depth */
    bool after_key;
} lat_json_writer;
void lat_json_begin(lat_json_writer *writer, lat_buffer *to, bool indent);
void lat_json_open(lat_json_writer *writer, char bracket);  /* '{' or '[' */
void lat_json_close(lat_json_writer *writer, char bracket); /* '}' or ']' */
void lat_json_key(lat_json_writer *writer, const char *key);
void lat_json_put_text(lat_json_writer *writer, const char *text);
void lat_json_put_bytes(lat_json_writer *writer, const char *text,
                        size_t size);
void lat_json_put_number(lat_json_writer *writer, double value);
void lat_json_put_count(lat_json_writer *writer, uint64_t value);
void lat_json_put_bool(lat_json_writer *writer, bool value);
void lat_json_put_null(lat_json_writer *writer);

/* ---- SHA-256 (sha256.c), FIPS 180-4 ------------------------------------- */

typedef struct lat_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
} lat_sha256;
void lat_sha256_begin(lat_sha256 *hash);
void lat_sha256_add(lat_sha256 *hash, const void *data, size_t size);
void lat_sha256_end(lat_sha256 *hash, unsigned char out[32]);
void lat_sha256_hex(const unsigned char digest[32], char out[65]);
lat_status lat_sha256_file(unsigned char out[32], const char *path,
                           lat_error *error);

/* ---- npy arrays (npy.c), NumPy format 1.0 to 3.0 ------------------------ */

typedef enum lat_npy_type { LAT_NPY_F32, LAT_NPY_F64 } lat_npy_type;
/* Rows are written as they come; `shape` has `dims` sizes, C order.  The
 * byte count must come out right at commit (else LAT_INTERNAL). */
lat_status lat_npy_begin(lat_output *output, lat_npy_type type, size_t dims,
                         const size_t *shape, lat_error *error);
/* `count` numbers (float or double, by `type`) of this machine's byte order,
 * written little-endian: the same bytes from every machine. */
lat_status lat_npy_put(lat_output *output, lat_npy_type type,
                       const void *numbers, size_t count, lat_error *error);
/* A mapped array.  Little-endian float32 or float64, C order, any number of
 * dimensions up to 4; all else is refused by name. */
typedef struct lat_npy {
    lat_map map;
    lat_npy_type type;
    size_t dims;
    size_t shape[4];
    const void *data; /* may be unaligned: read through lat_npy_value */
} lat_npy;
lat_status lat_npy_open(lat_npy *out, const char *path, lat_error *error);
void lat_npy_close(lat_npy *npy);
double lat_npy_value(const lat_npy *npy, size_t index);
/* All of its numbers as float32, in order; float64 is rounded. */
void lat_npy_floats(float *out, const lat_npy *npy);
/* One call: open, header, `numbers`, commit. */
lat_status lat_npy_write(const char *path, lat_npy_type type, size_t dims,
                         const size_t *shape, const void *numbers,
                         lat_error *error);

/* ---- Tables (table.c) --------------------------------------------------- */

/* TSV (tab, no quoting) or CSV (comma, RFC 4180 quotes, line breaks inside
 * quotes allowed).  CSV when the name ends in .csv, else TSV.  A BOM is
 * dropped, CRLF accepted; invalid UTF-8, NUL, a line with another number of
 * cells than the header: refused with the line number.  Cells point into
 * the table's own memory and are NUL-terminated. */
typedef struct lat_table {
    size_t rows, columns;
    char **names;    /* columns; the header's cells */
    char **cells;    /* rows x columns */
    uint64_t *lines; /* rows; line number in the file, from 1 */
    lat_arena arena;
} lat_table;
lat_status lat_table_read(lat_table *out, const void *text, size_t size,
                          char separator, lat_error *error);
lat_status lat_table_open(lat_table *out, const char *path, lat_error *error);
void lat_table_free(lat_table *table);
/* Column of that name, or table->columns when there is none. */
size_t lat_table_column(const lat_table *table, const char *name);

/* Lines of a text: LF or CRLF ends, BOM dropped, the last line's LF
 * optional; empty lines are lines.  Refuses NUL and invalid UTF-8 with the
 * line number.  Lines are NUL-terminated. */
typedef struct lat_lines {
    size_t count;
    char **text;
    size_t *size;
    lat_arena arena;
} lat_lines;
lat_status lat_lines_read(lat_lines *out, const void *text, size_t size,
                          lat_error *error);
lat_status lat_lines_open(lat_lines *out, const char *path, lat_error *error);
void lat_lines_free(lat_lines *lines);

/* ---- Words to numbers (intern.c) ---------------------------------------- */

/* A set of byte strings numbered 0.. in order of first appearance. */
typedef struct lat_intern lat_intern;
lat_status lat_intern_create(lat_intern **out, lat_error *error);
void lat_intern_free(lat_intern *set);
/* SIZE_MAX when out of memory. */
size_t lat_intern_add(lat_intern *set, const char *text, size_t size);
/* SIZE_MAX when absent. */
size_t lat_intern_find(const lat_intern *set, const char *text, size_t size);
size_t lat_intern_count(const lat_intern *set);
const char *lat_intern_text(const lat_intern *set, size_t number,
                            size_t *size); /* size may be NULL */

/* ---- Random numbers (random.c) ------------------------------------------ */

/* xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64.  The same seed
 * gives the same numbers everywhere.  `stream` makes independent runs. */
typedef struct lat_random {
    uint64_t state[4];
} lat_random;
void lat_random_seed(lat_random *random, uint64_t seed, uint64_t stream);
uint64_t lat_random_next(lat_random *random);
uint64_t lat_random_below(lat_random *random, uint64_t n); /* unbiased; n>0 */
double lat_random_unit(lat_random *random);                /* [0, 1) */
double lat_random_normal(lat_random *random);
/* Fisher-Yates over 0..n-1 held in `order`. */
void lat_random_shuffle(lat_random *random, size_t *order, size_t n);

/* ---- Progress (progress.c) ---------------------------------------------- */

/* On a terminal one line that is redrawn at most ten times a second, with
 * rate and time left; elsewhere one line when a step ends.  `to` NULL keeps
 * silent.  lat_progress_add may be called from any thread. */
typedef struct lat_progress lat_progress;
lat_status lat_progress_create(lat_progress **out, FILE *to,
                               lat_error *error);
void lat_progress_free(lat_progress *progress);
void lat_progress_begin(lat_progress *progress, const char *step,
                        const char *unit, uint64_t total);
/* Put before the names of all steps that begin from now on ("tuned layer 3");
 * NULL for nothing. */
void lat_progress_context(lat_progress *progress, const char *context);
void lat_progress_add(lat_progress *progress, uint64_t done);
void lat_progress_end(lat_progress *progress);
double lat_clock_seconds(void); /* monotonic */
double lat_cpu_seconds(void);   /* of this process, all threads */

/* Ctrl-C and SIGTERM: long loops look here and return LAT_INTERRUPTED. */
bool lat_interrupted(void);
void lat_interrupt_set(void); /* async-signal-safe */

#ifdef __cplusplus
}
#endif
#endif
