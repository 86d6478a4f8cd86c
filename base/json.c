/*
 * json.c - RFC 8259 in, as a tree of nodes.
 *
 * Two passes.  The first counts nodes and string bytes, so that the second
 * fills two blocks of exactly that size.  The node block is used from both
 * ends, and the ends cannot meet before the text is used up:
 *
 *     [ open elements -> ....... <- finished arrays ]
 *
 * An element waits at the left until its container closes; then the
 * container's elements move together to the right.  At the end one node is
 * left: the value.
 */
#include "base.h"

#include <string.h>

#define DEEPEST 128

typedef struct parser {
    const char *text;
    size_t size, at;
    lat_json *nodes;
    size_t open, finished; /* nodes [0, open) and [finished, count) */
    char *strings;
    size_t strings_used, strings_size;
    lat_error *error;
} parser;

/* A container that is not closed yet. */
typedef struct level {
    size_t first; /* where its elements start among the open nodes */
    bool object;
} level;

static lat_status bad(parser *p, size_t at, const char *what)
{
    if (at >= p->size)
        return lat_error_at_byte(p->error, LAT_MALFORMED, at,
                                 "text ends early: %s", what);
    return lat_error_at_byte(p->error, LAT_MALFORMED, at, "%s", what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t skip_blanks(const char *text, size_t size, size_t at)
{
    while (at < size && is_blank(text[at]))
        at++;
    return at;
}

/* ---- First pass --------------------------------------------------------- */

/* A node for the value itself, one for each comma, one for the first
 * element of each container that is not empty.  Every node but the first
 * has a byte of its own beside the comma or bracket, which bounds the count
 * for text that will turn out malformed. */
static void count_nodes(const parser *p, size_t *nodes, size_t *bytes)
{
    size_t count = 1, string_bytes = 0;
    for (size_t at = 0; at < p->size; at++) {
        char c = p->text[at];
        if (c == ',') {
            count++;
        } else if (c == '[' || c == '{') {
            size_t next = skip_blanks(p->text, p->size, at + 1);
            if (next < p->size && p->text[next] != c + 2)
                count++;
        } else if (c == '"') {
            size_t begin = ++at;
            while (at < p->size && p->text[at] != '"')
                at += p->text[at] == '\\' ? 2 : 1;
            /* Escapes only shrink; one more byte for the NUL. */
            string_bytes += (at < p->size ? at : p->size) - begin + 1;
        }
    }
    size_t most = p->size / 2 + 1;
    *nodes = count < most ? count : most;
    *bytes = string_bytes < p->size + 1 ? string_bytes : p->size + 1;
}

/* ---- Strings ------------------------------------------------------------ */

/* Four hexadecimal digits at p->at; steps over them. */
static bool take_hex(parser *p, uint32_t *out)
{
    uint32_t value = 0;
    if (p->size - p->at < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = p->text[p->at + i];
        uint32_t digit = 0;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return false;
        value = value << 4 | digit;
    }
    p->at += 4;
    *out = value;
    return true;
}

/* After "\u".  A high surrogate must be followed by its low one. */
static lat_status take_unicode(parser *p, char out[4], size_t *length)
{
    size_t begin = p->at - 2;
    uint32_t code = 0, low = 0;
    if (!take_hex(p, &code))
        return bad(p, begin, "expected four hexadecimal digits after \\u");
    if (code >= 0xDC00 && code <= 0xDFFF)
        return bad(p, begin, "a low surrogate without a high one before it");
    if (code >= 0xD800 && code <= 0xDBFF) {
        bool pair = p->size - p->at >= 2 && p->text[p->at] == '\\' &&
                    p->text[p->at + 1] == 'u';
        if (pair)
            p->at += 2;
        if (!pair || !take_hex(p, &low) || low < 0xDC00 || low > 0xDFFF)
            return bad(p, begin,
                       "a high surrogate without a low one after it");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    *length = lat_utf8_encode(code, out);
    return LAT_OK;
}

/* After a backslash. */
static lat_status take_escape(parser *p, char out[4], size_t *length)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (p->at >= p->size)
        return bad(p, p->at, "expected an escape after the backslash");
    char c = p->text[p->at++];
    if (c == 'u')
        return take_unicode(p, out, length);
    const char *found = c == '\0' ? NULL : strchr(names, c);
    if (found == NULL)
        return bad(p, p->at - 2, "unknown escape in a string");
    out[0] = values[found - names];
    *length = 1;
    return LAT_OK;
}

/* p->at is on the opening quote. */
static lat_status take_string(parser *p, const char **out, size_t *size)
{
    size_t begin = p->at++;
    char *to = p->strings + p->strings_used;
    size_t room = p->strings_size - p->strings_used, used = 0;
    for (;;) {
        if (p->at >= p->size)
            return bad(p, p->size, "expected the quote that ends a string");
        size_t from = p->at;
        while (p->at < p->size && p->text[p->at] != '"' &&
               p->text[p->at] != '\\' && (unsigned char)p->text[p->at] >= 32)
            p->at++;
        char piece[4];
        const char *add = p->text + from;
        size_t length = p->at - from;
        if (length == 0) {
            unsigned char c = (unsigned char)p->text[p->at];
            if (c == '"')
                break;
            if (c != '\\')
                return bad(p, p->at, "a control character in a string");
            p->at++;
            lat_status status = take_escape(p, piece, &length);
            if (status != LAT_OK)
                return status;
            add = piece;
        }
        if (length >= room - used)
            return lat_error_at_byte(p->error, LAT_INTERNAL, begin,
                                     "a string longer than was counted");
        memcpy(to + used, add, length);
        used += length;
    }
    p->at++;
    if (used >= room)
        return lat_error_at_byte(p->error, LAT_INTERNAL, begin,
                                 "a string longer than was counted");
    to[used] = '\0';
    p->strings_used += used + 1;
    *out = to;
    *size = used;
    return LAT_OK;
}

/* ---- Numbers and words -------------------------------------------------- */

static bool digit_at(const parser *p, size_t at)
{
    return at < p->size && p->text[at] >= '0' && p->text[at] <= '9';
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static lat_status take_number(parser *p, lat_json *node)
{
    size_t begin = p->at, at = begin;
    bool minus = p->text[at] == '-';
    bool integer = true;
    at += minus;
    size_t digits = at;
    while (digit_at(p, at))
        at++;
    if (at == digits)
        return bad(p, at, "expected a digit");
    if (p->text[digits] == '0' && at - digits > 1)
        return bad(p, digits, "a number with a leading zero");
    size_t whole = at - digits;
    if (at < p->size && p->text[at] == '.') {
        integer = false;
        if (!digit_at(p, ++at))
            return bad(p, at, "expected a digit after the point");
        while (digit_at(p, at))
            at++;
    }
    if (at < p->size && (p->text[at] == 'e' || p->text[at] == 'E')) {
        integer = false;
        at++;
        if (at < p->size && (p->text[at] == '+' || p->text[at] == '-'))
            at++;
        if (!digit_at(p, at))
            return bad(p, at, "expected a digit in the exponent");
        while (digit_at(p, at))
            at++;
    }
    uint64_t size = 0;
    uint64_t most = (uint64_t)INT64_MAX + minus;
    if (integer && lat_integer_read(p->text + digits, whole, &size) &&
        size <= most) {
        node->integer = true;
        node->whole = !minus            ? (int64_t)size
                      : size == most    ? INT64_MIN
                                        : -(int64_t)size;
        node->number = minus && size == 0 ? -0.0 : (double)node->whole;
    } else if (!lat_number_read(p->text + begin, at - begin,
                                &node->number)) {
        return lat_error_at_byte(p->error, LAT_OUT_OF_RANGE, begin,
                                 "a number too large or too long");
    }
    node->type = LAT_JSON_NUMBER;
    p->at = at;
    return LAT_OK;
}

static bool take_word(parser *p, const char *word)
{
    size_t size = strlen(word);
    if (p->size - p->at < size || memcmp(p->text + p->at, word, size) != 0)
        return false;
    p->at += size;
    return true;
}

/* ---- Duplicate keys ----------------------------------------------------- */

typedef struct ranked {
    uint64_t hash;
    size_t member;
} ranked;

static bool same_key(const lat_json *a, const lat_json *b)
{
    return a->key_size == b->key_size &&
           memcmp(a->key, b->key, a->key_size) == 0;
}

/* By hash, then by bytes, then by place: a total order, so that no choice
 * of keys makes the search for equals slow. */
static bool comes_first(const lat_json *items, const ranked *a,
                        const ranked *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash;
    const lat_json *x = &items[a->member], *y = &items[b->member];
    if (x->key_size != y->key_size)
        return x->key_size < y->key_size;
    int order = memcmp(x->key, y->key, x->key_size);
    return order != 0 ? order < 0 : a->member < b->member;
}

/* Merge sort from the bottom up; the result is in list or in spare. */
static ranked *sort_keys(const lat_json *items, ranked *list, ranked *spare,
                         size_t count)
{
    for (size_t run = 1; run < count;) {
        for (size_t begin = 0; begin < count;) {
            size_t middle = count - begin < run ? count : begin + run;
            size_t end = count - middle < run ? count : middle + run;
            size_t left = begin, right = middle;
            for (size_t to = begin; to < end; to++) {
                bool first = right == end ||
                             (left < middle &&
                              comes_first(items, &list[left], &list[right]));
                spare[to] = first ? list[left++] : list[right++];
            }
            begin = end;
        }
        ranked *kept = list;
        list = spare;
        spare = kept;
        run = run > count / 2 ? count : run * 2;
    }
    return list;
}

static uint64_t hash_key(const lat_json *item)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t i = 0; i < item->key_size; i++)
        hash = (hash ^ (unsigned char)item->key[i]) *
               UINT64_C(0x100000001B3);
    return hash;
}

static lat_status duplicate(parser *p, const lat_json *item)
{
    return lat_error_at_byte(p->error, LAT_MALFORMED, item->byte,
                             "the key \"%.*s\" is there twice",
                             item->key_size < 80 ? (int)item->key_size : 80,
                             item->key);
}

static lat_status refuse_duplicates(parser *p, const lat_json *items,
                                    size_t count)
{
    if (count <= 12) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (same_key(&items[i], &items[j]))
                    return duplicate(p, &items[i]);
        return LAT_OK;
    }
    ranked *list = lat_new_array(count, sizeof *list);
    ranked *spare = lat_new_array(count, sizeof *spare);
    lat_status status = LAT_OK;
    if (list == NULL || spare == NULL) {
        status = lat_error_memory(p->error, count * sizeof *list);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        list[i].hash = hash_key(&items[i]);
        list[i].member = i;
    }
    const ranked *sorted = sort_keys(items, list, spare, count);
    size_t first = SIZE_MAX; /* the first member that repeats another */
    for (size_t i = 1; i < count; i++)
        if (sorted[i].hash == sorted[i - 1].hash &&
            sorted[i].member < first &&
            same_key(&items[sorted[i].member], &items[sorted[i - 1].member]))
            first = sorted[i].member;
    if (first != SIZE_MAX)
        status = duplicate(p, &items[first]);
done:
    lat_free(list);
    lat_free(spare);
    return status;
}

/* ---- Second pass -------------------------------------------------------- */

/* The container's elements leave the open end for the finished one. */
static lat_status close_container(parser *p, const level *top)
{
    size_t count = p->open - top->first;
    lat_json *container = &p->nodes[top->first - 1];
    const lat_json *items = &p->nodes[top->first];
    if (top->object) {
        lat_status status = refuse_duplicates(p, items, count);
        if (status != LAT_OK)
            return status;
    }
    p->finished -= count;
    memmove(&p->nodes[p->finished], items, count * sizeof *items);
    container->items = &p->nodes[p->finished];
    container->size = count;
    p->open = top->first;
    return LAT_OK;
}

/* One value at p->at, up to the opening bracket of a container. */
static lat_status take_value(parser *p, lat_json *node)
{
    p->at = skip_blanks(p->text, p->size, p->at);
    node->byte = p->at;
    if (p->at >= p->size)
        return bad(p, p->at, "expected a value");
    char c = p->text[p->at];
    if (c == '"') {
        node->type = LAT_JSON_STRING;
        return take_string(p, &node->string, &node->size);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(p, node);
    if (c == '{' || c == '[') {
        node->type = c == '{' ? LAT_JSON_OBJECT : LAT_JSON_ARRAY;
        p->at++;
        return LAT_OK;
    }
    node->boolean = c == 't';
    node->type = c == 'n' ? LAT_JSON_NULL : LAT_JSON_BOOL;
    if (take_word(p, "true") || take_word(p, "false") || take_word(p, "null"))
        return LAT_OK;
    return bad(p, p->at, "expected a value");
}

/* "key" : before a member's value. */
static lat_status take_key(parser *p, lat_json *node)
{
    p->at = skip_blanks(p->text, p->size, p->at);
    if (p->at >= p->size || p->text[p->at] != '"')
        return bad(p, p->at, "expected a key in quotes");
    lat_status status = take_string(p, &node->key, &node->key_size);
    if (status != LAT_OK)
        return status;
    p->at = skip_blanks(p->text, p->size, p->at);
    if (p->at >= p->size || p->text[p->at] != ':')
        return bad(p, p->at, "expected ':' after the key");
    p->at++;
    return LAT_OK;
}

/* A fresh node at the open end, with its key and value read. */
static lat_status take_element(parser *p, bool member)
{
    /* Only text that breaks off has more elements than were counted. */
    if (p->open >= p->finished)
        return bad(p, p->at, "expected a value");
    lat_json *node = &p->nodes[p->open];
    memset(node, 0, sizeof *node);
    p->open++;
    if (member) {
        lat_status status = take_key(p, node);
        if (status != LAT_OK)
            return status;
    }
    return take_value(p, node);
}

/* After a value: closes what ends here.  *more tells that an element of the
 * innermost container follows. */
static lat_status close_levels(parser *p, level *levels, size_t *depth,
                               bool fresh, bool *more)
{
    *more = false;
    while (*depth != 0) {
        const level *top = &levels[*depth - 1];
        char end = top->object ? '}' : ']';
        p->at = skip_blanks(p->text, p->size, p->at);
        char c = p->at < p->size ? p->text[p->at] : '\0';
        if (c == end) {
            p->at++;
            lat_status status = close_container(p, top);
            if (status != LAT_OK)
                return status;
            --*depth;
            fresh = false;
        } else if (fresh || c == ',') {
            p->at += !fresh;
            *more = true;
            return LAT_OK;
        } else {
            return bad(p, p->at,
                       top->object ? "expected ',' or '}'"
                                   : "expected ',' or ']'");
        }
    }
    return LAT_OK;
}

static lat_status parse_all(parser *p)
{
    level levels[DEEPEST];
    size_t depth = 0;
    bool more = true;
    while (more) {
        lat_status status =
            take_element(p, depth != 0 && levels[depth - 1].object);
        if (status != LAT_OK)
            return status;
        const lat_json *node = &p->nodes[p->open - 1];
        bool fresh = node->type == LAT_JSON_OBJECT ||
                     node->type == LAT_JSON_ARRAY;
        if (fresh) {
            if (depth == DEEPEST)
                return lat_error_at_byte(
                    p->error, LAT_UNSUPPORTED, node->byte,
                    "nested deeper than %d levels", DEEPEST);
            levels[depth].first = p->open;
            levels[depth++].object = node->type == LAT_JSON_OBJECT;
        }
        status = close_levels(p, levels, &depth, fresh, &more);
        if (status != LAT_OK)
            return status;
    }
    p->at = skip_blanks(p->text, p->size, p->at);
    if (p->at < p->size)
        return bad(p, p->at, "text after the value, expected the end");
    return LAT_OK;
}

lat_status lat_json_parse(const lat_json **out, lat_arena *arena,
                          const void *text, size_t size, lat_error *error)
{
    parser p = {.text = text, .size = size, .error = error};
    size_t count = 0;
    *out = NULL;
    size_t valid = size == 0 ? 0 : lat_utf8_valid(text, size);
    if (valid != size)
        return lat_error_at_byte(error, LAT_MALFORMED, valid,
                                 "not UTF-8, expected UTF-8 text");
    if (size == 0)
        return lat_error_at_byte(error, LAT_MALFORMED, 0,
                                 "empty, expected a JSON value");
    count_nodes(&p, &count, &p.strings_size);
    p.nodes = lat_arena_array(arena, count, sizeof *p.nodes);
    p.strings = p.nodes == NULL ? NULL
                                : lat_arena_alloc(arena, p.strings_size);
    if (p.strings == NULL)
        return lat_error_memory(error, count * sizeof *p.nodes +
                                           p.strings_size);
    p.finished = count;
    lat_status status = parse_all(&p);
    if (status == LAT_OK)
        *out = p.nodes;
    return status;
}
