/*
 * pickle.c - data.pkl of a PyTorch archive, without running anything.
 *
 * A pickle is a program for a stack machine that can call any function it
 * names.  This machine knows a short list of opcodes (protocol 2, what
 * torch.save writes) and of names; a call does not call, it builds one of
 * the values below, or the file is refused with the name that it wanted.
 *
 *     collections.OrderedDict()                        -> dictionary
 *     torch.FloatStorage, ... in a persistent id       -> storage
 *     torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, ...)
 *     torch._utils._rebuild_parameter(tensor, ...)     -> tensor
 *
 * Every opcode costs at most a fixed amount of memory and nothing recurses,
 * so neither deep nesting nor a memo that refers to itself can blow up.
 * (Opcodes: CPython's Lib/pickletools.py.)
 */
#include "torch_int.h"

#include <string.h>

typedef enum value_type {
    VALUE_NONE, VALUE_MARK, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT,
    VALUE_TUPLE, VALUE_DICT, VALUE_GLOBAL, VALUE_STORAGE, VALUE_TENSOR
} value_type;

typedef enum global_name {
    GLOBAL_DICT, GLOBAL_TENSOR, GLOBAL_PARAMETER, GLOBAL_STORAGE
} global_name;

typedef struct value {
    value_type type;
    global_name global;
    lat_tensor_type kind;   /* GLOBAL_STORAGE, STORAGE, TENSOR */
    int64_t number;         /* NUMBER, BOOL; STORAGE: values in it */
    const char *text;       /* TEXT; STORAGE: its key */
    size_t size;            /* TEXT: bytes; TUPLE: items */
    const struct value **items;  /* TUPLE */
    struct member *first, *last; /* DICT */
    lat_torch_tensor *tensor;    /* TENSOR; its name is not set */
} value;

typedef struct member {
    const value *key, *content;
    struct member *next;
} member;

typedef struct machine {
    const unsigned char *text;
    size_t size, at;
    value **stack;
    size_t depth, room;
    value **memo;
    size_t memo_count, memo_room;
    lat_arena *arena;
    lat_error *error;
} machine;

static const struct {
    const char *name; /* "module name" */
    global_name global;
    lat_tensor_type kind;
} globals[] = {
    {"collections OrderedDict", GLOBAL_DICT, 0},
    {"torch._utils _rebuild_tensor_v2", GLOBAL_TENSOR, 0},
    {"torch._utils _rebuild_parameter", GLOBAL_PARAMETER, 0},
    {"torch FloatStorage", GLOBAL_STORAGE, LAT_TENSOR_F32},
    {"torch HalfStorage", GLOBAL_STORAGE, LAT_TENSOR_F16},
    {"torch BFloat16Storage", GLOBAL_STORAGE, LAT_TENSOR_BF16},
    {"torch DoubleStorage", GLOBAL_STORAGE, LAT_TENSOR_F64},
    {"torch LongStorage", GLOBAL_STORAGE, LAT_TENSOR_I64},
    {"torch IntStorage", GLOBAL_STORAGE, LAT_TENSOR_I32},
    {"torch ShortStorage", GLOBAL_STORAGE, LAT_TENSOR_I16},
    {"torch CharStorage", GLOBAL_STORAGE, LAT_TENSOR_I8},
    {"torch ByteStorage", GLOBAL_STORAGE, LAT_TENSOR_U8},
    {"torch BoolStorage", GLOBAL_STORAGE, LAT_TENSOR_BOOL},
};

static lat_status broken(machine *m, const char *what)
{
    return lat_error_at_byte(m->error, LAT_MALFORMED, m->at,
                             "data.pkl: %s", what);
}

static lat_status no_memory(machine *m)
{
    return lat_error_memory(m->error, sizeof(value));
}

/* Room for one more pointer; as many are pushed as the text has bytes. */
static bool grow(value ***list, size_t count, size_t *room)
{
    size_t more = *room == 0 ? 64 : *room * 2;
    value **block;

    if (count < *room)
        return true;
    if (more > SIZE_MAX / sizeof *block)
        return false;
    block = lat_realloc(*list, more * sizeof *block);
    if (block == NULL)
        return false;
    *list = block;
    *room = more;
    return true;
}

/* The stack may grow as long as the text: each opcode pushes once. */
static lat_status push(machine *m, value *v)
{
    if (v == NULL || !grow(&m->stack, m->depth, &m->room))
        return no_memory(m);
    m->stack[m->depth++] = v;
    return LAT_OK;
}

static value *make(machine *m, value_type type)
{
    value *v = lat_arena_alloc(m->arena, sizeof *v);

    if (v != NULL)
        v->type = type;
    return v;
}

static lat_status push_number(machine *m, value_type type, int64_t number)
{
    value *v = make(m, type);

    if (v != NULL)
        v->number = number;
    return push(m, v);
}

/* The value on top, taken off; NULL when there is none but a mark. */
static value *pop(machine *m)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->type == VALUE_MARK)
        return NULL;
    return m->stack[--m->depth];
}

/* The number of values above the last mark, SIZE_MAX without one. */
static size_t above_mark(const machine *m)
{
    for (size_t i = m->depth; i > 0; i--) {
        if (m->stack[i - 1]->type == VALUE_MARK)
            return m->depth - i;
    }
    return SIZE_MAX;
}

/* A tuple of the `count` values on top; a mark under them goes as well. */
static lat_status make_tuple(machine *m, size_t count, bool marked)
{
    value *v;

    if (count == SIZE_MAX || count + marked > m->depth)
        return broken(m, "a tuple of more values than the stack has");
    v = make(m, VALUE_TUPLE);
    if (v == NULL)
        return no_memory(m);
    v->items = lat_arena_array(m->arena, count + 1, sizeof *v->items);
    if (v->items == NULL)
        return no_memory(m);
    v->size = count;
    for (size_t i = 0; i < count; i++) {
        v->items[i] = m->stack[m->depth - count + i];
        if (v->items[i]->type == VALUE_MARK)
            return broken(m, "a mark inside a tuple");
    }
    m->depth -= count + marked;
    return push(m, v);
}

/* Puts the pairs among the `count` values on top into the dictionary under
 * them (and under the mark). */
static lat_status set_items(machine *m, size_t count, bool marked)
{
    value *dict;

    if (count == SIZE_MAX || count % 2 != 0 || count + marked >= m->depth)
        return broken(m, "items without a dictionary");
    dict = m->stack[m->depth - count - marked - 1];
    if (dict->type != VALUE_DICT)
        return broken(m, "items for something that is no dictionary");
    for (size_t i = m->depth - count; i < m->depth; i += 2) {
        member *item = lat_arena_alloc(m->arena, sizeof *item);

        if (item == NULL)
            return no_memory(m);
        item->key = m->stack[i];
        item->content = m->stack[i + 1];
        if (dict->last != NULL)
            dict->last->next = item;
        else
            dict->first = item;
        dict->last = item;
    }
    m->depth -= count + marked;
    return LAT_OK;
}

/* "cmodule\nname\n" */
static lat_status push_global(machine *m)
{
    char name[128];
    size_t length = 0, lines = 0;
    value *v;

    while (lines < 2) {
        if (m->at >= m->size || length + 1 >= sizeof name)
            return broken(m, "a global name is cut off or too long");
        name[length] = (char)m->text[m->at++];
        if (name[length] == '\n') {
            name[length] = ' ';
            lines++;
        }
        length++;
    }
    name[length - 1] = '\0';
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        if (strcmp(name, globals[i].name) != 0)
            continue;
        v = make(m, VALUE_GLOBAL);
        if (v != NULL) {
            v->global = globals[i].global;
            v->kind = globals[i].kind;
        }
        return push(m, v);
    }
    return lat_error_at_byte(m->error, LAT_UNSUPPORTED, m->at,
                             "data.pkl names \"%s\", which a file of plain "
                             "tensors does not need", name);
}

/* Names of tensors and keys of storages; NUL would cut a C string. */
static lat_status push_text(machine *m, size_t length)
{
    const char *text = (const char *)m->text + m->at;
    value *v;

    if (length > m->size - m->at)
        return broken(m, "a text goes beyond the end");
    if (lat_utf8_valid(text, length) != length ||
        memchr(text, '\0', length) != NULL)
        return broken(m, "a text is not UTF-8 or holds NUL");
    v = make(m, VALUE_TEXT);
    if (v == NULL)
        return no_memory(m);
    v->text = lat_arena_copy(m->arena, text, length);
    v->size = length;
    if (v->text == NULL)
        return no_memory(m);
    m->at += length;
    return push(m, v);
}

static lat_status put_memo(machine *m, size_t number)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->type == VALUE_MARK)
        return broken(m, "nothing to remember");
    /* Picklers count up from 0. */
    if (number > m->memo_count)
        return broken(m, "a memo number out of order");
    if (number == m->memo_count) {
        if (!grow(&m->memo, m->memo_count, &m->memo_room))
            return no_memory(m);
        m->memo_count++;
    }
    m->memo[number] = m->stack[m->depth - 1];
    return LAT_OK;
}

/* The value is shared, not copied, so a memo that is read a million times
 * costs a million pointers. */
static lat_status get_memo(machine *m, size_t number)
{
    if (number >= m->memo_count)
        return broken(m, "a memo number that was not set");
    return push(m, m->memo[number]);
}

/* ('storage', torch.FloatStorage, 'key', 'cpu', values) */
static lat_status push_storage(machine *m)
{
    const value *id = pop(m);
    value *v;

    if (id == NULL || id->type != VALUE_TUPLE || id->size != 5 ||
        id->items[0]->type != VALUE_TEXT ||
        strcmp(id->items[0]->text, "storage") != 0 ||
        id->items[1]->type != VALUE_GLOBAL ||
        id->items[1]->global != GLOBAL_STORAGE ||
        id->items[2]->type != VALUE_TEXT ||
        id->items[4]->type != VALUE_NUMBER || id->items[4]->number < 0)
        return broken(m, "a persistent id that is no storage");
    v = make(m, VALUE_STORAGE);
    if (v != NULL) {
        v->kind = id->items[1]->kind;
        v->text = id->items[2]->text;
        v->number = id->items[4]->number;
    }
    return push(m, v);
}

static bool is_whole(const value *v)
{
    return v->type == VALUE_NUMBER && v->number >= 0;
}

/* Shape and strides of one tensor; only row after row, without holes. */
static lat_status read_shape(machine *m, lat_torch_tensor *tensor,
                             const value *shape, const value *strides)
{
    uint64_t expected = 1;
    bool fits = true, empty = false;

    if (shape->type != VALUE_TUPLE || strides->type != VALUE_TUPLE ||
        shape->size != strides->size)
        return broken(m, "a tensor without shape or strides");
    if (shape->size > LAT_TENSOR_DIMS)
        return lat_error_at_byte(m->error, LAT_UNSUPPORTED, m->at,
                                 "data.pkl: a tensor of %zu dimensions",
                                 shape->size);
    tensor->dims = shape->size;
    for (size_t i = shape->size; i > 0; i--) {
        const value *size = shape->items[i - 1];
        const value *stride = strides->items[i - 1];

        if (!is_whole(size) || !is_whole(stride))
            return broken(m, "a shape or stride that is no whole number");
        tensor->shape[i - 1] = (uint64_t)size->number;
        empty = empty || size->number == 0;
        /* The stride of a single row is never used. */
        if (size->number != 1 && (uint64_t)stride->number != expected)
            fits = false;
        if (!lat_u64_mul(expected, (uint64_t)size->number, &expected))
            return broken(m, "the product of a shape does not fit");
    }
    if (!fits && !empty)
        return lat_error_at_byte(m->error, LAT_UNSUPPORTED, m->at,
                                 "data.pkl: a tensor is not contiguous");
    return LAT_OK;
}

/* _rebuild_tensor_v2(storage, offset, shape, strides, gradient, hooks) */
static lat_status push_tensor(machine *m, const value *arguments)
{
    const value *const *items = arguments->items;
    value *v;
    lat_status status;

    if (arguments->size < 6 || arguments->size > 7 ||
        items[0]->type != VALUE_STORAGE || !is_whole(items[1]))
        return broken(m, "a tensor without storage and offset");
    v = make(m, VALUE_TENSOR);
    if (v == NULL)
        return no_memory(m);
    v->tensor = lat_arena_alloc(m->arena, sizeof *v->tensor);
    if (v->tensor == NULL)
        return no_memory(m);
    v->tensor->storage = items[0]->text;
    v->tensor->type = items[0]->kind;
    v->tensor->storage_values = (uint64_t)items[0]->number;
    v->tensor->offset = (uint64_t)items[1]->number;
    status = read_shape(m, v->tensor, items[2], items[3]);
    return status == LAT_OK ? push(m, v) : status;
}

/* A call, which makes a value of ours or is refused. */
static lat_status reduce(machine *m)
{
    const value *arguments = pop(m);
    const value *function = arguments == NULL ? NULL : pop(m);

    if (function == NULL || function->type != VALUE_GLOBAL ||
        arguments->type != VALUE_TUPLE)
        return broken(m, "a call without function and arguments");
    if (function->global == GLOBAL_DICT && arguments->size == 0)
        return push(m, make(m, VALUE_DICT));
    if (function->global == GLOBAL_TENSOR)
        return push_tensor(m, arguments);
    if (function->global == GLOBAL_PARAMETER && arguments->size == 3 &&
        arguments->items[0]->type == VALUE_TENSOR) {
        value *v = make(m, VALUE_TENSOR);

        if (v != NULL)
            v->tensor = arguments->items[0]->tensor;
        return push(m, v);
    }
    return broken(m, "a call with the wrong arguments");
}

/* Attributes of a dictionary (_metadata): dropped. */
static lat_status build(machine *m)
{
    if (pop(m) == NULL || m->depth == 0 ||
        m->stack[m->depth - 1]->type != VALUE_DICT)
        return broken(m, "attributes for something that is no dictionary");
    return LAT_OK;
}

/* Little-endian argument of `bytes` bytes. */
static bool take(machine *m, size_t bytes, uint64_t *out)
{
    if (m->size - m->at < bytes)
        return false;
    *out = 0;
    for (size_t i = 0; i < bytes; i++)
        *out |= (uint64_t)m->text[m->at + i] << 8 * i;
    m->at += bytes;
    return true;
}

/* LONG1: a length, then that many bytes, two's complement. */
static lat_status push_long(machine *m)
{
    uint64_t length = 0, bits = 0;

    if (!take(m, 1, &length) || length > 8 ||
        !take(m, (size_t)length, &bits))
        return broken(m, "a whole number of more than 8 bytes");
    if (length > 0 && length < 8 && (bits >> (8 * length - 1) & 1) != 0)
        bits |= ~(uint64_t)0 << 8 * length;
    /* Above the sign bit, without relying on the conversion. */
    return push_number(m, VALUE_NUMBER,
                       bits <= INT64_MAX
                           ? (int64_t)bits
                           : -(int64_t)(UINT64_MAX - bits) - 1);
}

/* Opcodes that take an argument out of the text. */
static lat_status run_wide(machine *m, unsigned char opcode)
{
    uint64_t n = 0;
    size_t bytes = opcode == 'K' || opcode == 'q' || opcode == 'h' ? 1
                   : opcode == 'M' ? 2 : 4;

    if (!take(m, bytes, &n))
        return broken(m, "cut off");
    switch (opcode) {
    case 'K': /* BININT1 */
    case 'M': /* BININT2 */
        return push_number(m, VALUE_NUMBER, (int64_t)n);
    case 'J': /* BININT */
        return push_number(m, VALUE_NUMBER,
                           n < 0x80000000u
                               ? (int64_t)n
                               : (int64_t)n - (int64_t)0x100000000);
    case 'q': /* BINPUT */
    case 'r': /* LONG_BINPUT */
        return put_memo(m, (size_t)n);
    case 'h': /* BINGET */
    case 'j': /* LONG_BINGET */
        return get_memo(m, (size_t)n);
    default: /* BINUNICODE */
        return push_text(m, (size_t)n);
    }
}

static lat_status run_one(machine *m, unsigned char opcode)
{
    switch (opcode) {
    case '(': /* MARK */
        return push(m, make(m, VALUE_MARK));
    case ')': /* EMPTY_TUPLE */
        return make_tuple(m, 0, false);
    case 't': /* TUPLE */
        return make_tuple(m, above_mark(m), true);
    case 0x85: /* TUPLE1, 2, 3 */
    case 0x86:
    case 0x87:
        return make_tuple(m, opcode - 0x84u, false);
    case '}': /* EMPTY_DICT */
        return push(m, make(m, VALUE_DICT));
    case 's': /* SETITEM */
        return set_items(m, 2, false);
    case 'u': /* SETITEMS */
        return set_items(m, above_mark(m), true);
    case 'c': /* GLOBAL */
        return push_global(m);
    case 'R': /* REDUCE */
        return reduce(m);
    case 'b': /* BUILD */
        return build(m);
    case 'Q': /* BINPERSID */
        return push_storage(m);
    case 'N': /* NONE */
        return push(m, make(m, VALUE_NONE));
    case 0x88: /* NEWTRUE, NEWFALSE */
    case 0x89:
        return push_number(m, VALUE_BOOL, opcode == 0x88);
    case 0x8a: /* LONG1 */
        return push_long(m);
    case 'K': case 'M': case 'J': case 'q': case 'r': case 'h': case 'j':
    case 'X':
        return run_wide(m, opcode);
    default:
        m->at--;
        return lat_error_at_byte(m->error, LAT_UNSUPPORTED, m->at,
                                 "data.pkl: opcode 0x%02x is not one that a "
                                 "file of plain tensors needs",
                                 (unsigned)opcode);
    }
}

/* Runs up to STOP; the one value that is left is the result. */
static lat_status run(machine *m, const value **result)
{
    lat_status status = LAT_OK;

    if (m->size < 2 || m->text[0] != 0x80)
        return broken(m, "does not begin with a protocol number");
    if (m->text[1] != 2)
        return lat_error_at_byte(m->error, LAT_UNSUPPORTED, 1,
                                 "data.pkl: pickle protocol %u; expected 2",
                                 (unsigned)m->text[1]);
    m->at = 2;
    while (status == LAT_OK) {
        unsigned char opcode;

        if (m->at >= m->size)
            return broken(m, "ends without a stop");
        opcode = m->text[m->at++];
        if (opcode == '.')
            break;
        status = run_one(m, opcode);
    }
    if (status != LAT_OK)
        return status;
    if (m->at != m->size)
        return broken(m, "goes on after its stop");
    if (m->depth != 1 || m->stack[0]->type != VALUE_DICT)
        return broken(m, "must hold one dictionary of tensors");
    *result = m->stack[0];
    return LAT_OK;
}

static lat_status list_tensors(machine *m, lat_torch_tensor **out,
                               size_t *count, const value *dict)
{
    size_t n = 0;

    for (const member *item = dict->first; item != NULL; item = item->next)
        n++;
    *out = lat_arena_array(m->arena, n + 1, sizeof **out);
    if (*out == NULL)
        return no_memory(m);
    *count = n;
    n = 0;
    for (const member *item = dict->first; item != NULL; item = item->next) {
        if (item->key->type != VALUE_TEXT || item->key->size == 0)
            return broken(m, "a tensor without a name");
        if (item->content->type != VALUE_TENSOR)
            return lat_error_set(m->error, LAT_UNSUPPORTED,
                                 "data.pkl: \"%.*s\" is not a tensor; only "
                                 "plain state dictionaries are read",
                                 LAT_QUOTE, item->key->text);
        (*out)[n] = *item->content->tensor;
        (*out)[n++].name = item->key->text;
    }
    return LAT_OK;
}

lat_status lat_pickle_read(lat_torch_tensor **out, size_t *count,
                           lat_arena *arena, const unsigned char *text,
                           size_t size, lat_error *error)
{
    machine m = {.text = text, .size = size, .arena = arena, .error = error};
    const value *result = NULL;
    lat_status status = run(&m, &result);

    *count = 0;
    if (status == LAT_OK)
        status = list_tensors(&m, out, count, result);
    lat_free(m.stack);
    lat_free(m.memo);
    return status;
}
