/*
 * label_wordnet.c - WordNet's lexicographer files as labels of words.
 *
 *     index.noun   dog n 7 5 ... 7 1 02084071 10114209 ...   lemma, synsets
 *     data.noun    02084071 05 n 03 dog 0 ...                05: file number
 *                                                            noun.animal
 *
 * A word gets the file names of all its senses, nouns before verbs before
 * adjectives before adverbs, senses in WordNet's order, each name once.  A
 * form that is no lemma is looked up by its base forms: the exception lists
 * (men man), then endings taken off as WordNet's own programs do.  Lower
 * case throughout.  Formats: manual pages wndb(5WN), lexnames(5WN); the
 * names of the 45 files are taken from `lexnames` where the folder has it
 * (Debian's does not).
 */
#include "align_int.h"

#include <string.h>

#define FILES 45
#define PARTS 4

static const char *const file_names[FILES] = {
    "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal",
    "noun.artifact", "noun.attribute", "noun.body", "noun.cognition",
    "noun.communication", "noun.event", "noun.feeling", "noun.food",
    "noun.group", "noun.location", "noun.motive", "noun.object",
    "noun.person", "noun.phenomenon", "noun.plant", "noun.possession",
    "noun.process", "noun.quantity", "noun.relation", "noun.shape",
    "noun.state", "noun.substance", "noun.time", "verb.body", "verb.change",
    "verb.cognition", "verb.communication", "verb.competition",
    "verb.consumption", "verb.contact", "verb.creation", "verb.emotion",
    "verb.motion", "verb.perception", "verb.possession", "verb.social",
    "verb.stative", "verb.weather", "adj.ppl"
};

static const char *const parts[PARTS] = {"noun", "verb", "adj", "adv"};

/* Endings taken off and what takes their place, as in morphy(7WN). */
static const struct {
    int part;
    const char *from, *to;
} endings[] = {
    {0, "s", ""}, {0, "ses", "s"}, {0, "xes", "x"}, {0, "zes", "z"},
    {0, "ches", "ch"}, {0, "shes", "sh"}, {0, "men", "man"},
    {0, "ies", "y"}, {1, "s", ""}, {1, "ies", "y"}, {1, "es", "e"},
    {1, "es", ""}, {1, "ed", "e"}, {1, "ed", ""}, {1, "ing", "e"},
    {1, "ing", ""}, {2, "er", ""}, {2, "est", ""}, {2, "er", "e"},
    {2, "est", "e"},
};

/* One part of speech. */
typedef struct part_files {
    lat_map index, data, exceptions;
    lat_intern *lemmas;
    size_t *line, *line_size; /* of each lemma in the index */
    lat_intern *forms;        /* irregular ones */
    lat_slice *bases;         /* the rest of each form's line */
} part_files;

typedef struct wordnet {
    part_files part[PARTS];
    lat_arena arena;
    const char *name[FILES];
    lat_error *error;
} wordnet;

typedef struct line_reader {
    const lat_map *map;
    size_t at;
    uint64_t number;
} line_reader;

/* Next line without its end, blanks at the end cut off; false at the end. */
static bool next_line(line_reader *reader, lat_slice *line)
{
    const char *text = (const char *)reader->map->data;
    const char *end;

    if (reader->at >= reader->map->size)
        return false;
    line->text = text + reader->at;
    end = memchr(line->text, '\n', reader->map->size - reader->at);
    line->size = end == NULL ? reader->map->size - reader->at
                             : (size_t)(end - line->text);
    reader->at += line->size + 1;
    reader->number++;
    while (line->size > 0 && (line->text[line->size - 1] == ' ' ||
                              line->text[line->size - 1] == '\r'))
        line->size--;
    return true;
}

/* Next field of a line, or an empty one. */
static lat_slice next_field(lat_slice *line)
{
    lat_slice field = {line->text, 0};

    while (line->size > 0 && *line->text == ' ') {
        line->text++;
        line->size--;
    }
    field.text = line->text;
    while (field.size < line->size && field.text[field.size] != ' ')
        field.size++;
    line->text += field.size;
    line->size -= field.size;
    return field;
}

/* An exception list may be missing, index and data may not. */
static lat_status open_file(lat_map *map, const char *folder,
                            const char *name, bool needed, lat_error *error)
{
    char *path = lat_path_join(folder, name);
    lat_status status = LAT_OK;

    if (path == NULL)
        return lat_error_memory(error, strlen(folder));
    if (needed || lat_path_exists(path))
        status = lat_map_open(map, path, error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_free(path);
    return status;
}

/* Counts the lines of a map: an upper bound for its entries. */
static size_t count_lines(const lat_map *map)
{
    size_t i, count = 1;

    for (i = 0; i < map->size; i++)
        count += map->data[i] == '\n';
    return count;
}

/* Remembers where each lemma's line goes on; it is parsed when a word of
 * the text asks for it. 155,000 lemmas, of which a corpus knows a tenth. */
static lat_status read_index(wordnet *net, part_files *part)
{
    line_reader reader = {&part->index, 0, 0};
    size_t room = count_lines(&part->index);
    lat_slice line;

    part->line = lat_arena_array(&net->arena, room, sizeof *part->line);
    part->line_size = lat_arena_array(&net->arena, room,
                                      sizeof *part->line_size);
    if (part->line == NULL || part->line_size == NULL)
        return lat_error_memory(net->error, room * sizeof *part->line);
    while (next_line(&reader, &line)) {
        lat_slice rest = line, lemma;
        size_t number;

        /* The licence stands in lines that start with two blanks. */
        if (line.size == 0 || *line.text == ' ')
            continue;
        lemma = next_field(&rest);
        number = lat_intern_add(part->lemmas, lemma.text, lemma.size);
        if (number == SIZE_MAX)
            return lat_error_memory(net->error, lemma.size);
        if (number + 1 != lat_intern_count(part->lemmas))
            continue;
        part->line[number] =
            (size_t)(rest.text - (const char *)part->index.data);
        part->line_size[number] = rest.size;
    }
    return LAT_OK;
}

/* "children child": form, then its bases. */
static lat_status read_exceptions(wordnet *net, part_files *part)
{
    line_reader reader = {&part->exceptions, 0, 0};
    size_t room = count_lines(&part->exceptions);
    lat_slice line;

    part->bases = lat_arena_array(&net->arena, room, sizeof *part->bases);
    if (part->bases == NULL)
        return lat_error_memory(net->error, room * sizeof *part->bases);
    while (next_line(&reader, &line)) {
        lat_slice form = next_field(&line);
        size_t number, known = lat_intern_count(part->forms);

        if (form.size == 0)
            continue;
        number = lat_intern_add(part->forms, form.text, form.size);
        if (number == SIZE_MAX)
            return lat_error_memory(net->error, form.size);
        if (number == known)
            part->bases[number] = line;
    }
    return LAT_OK;
}

static lat_status open_wordnet(wordnet *net, const char *folder)
{
    lat_status status = LAT_OK;
    size_t p;

    memcpy(net->name, file_names, sizeof file_names);
    for (p = 0; p < PARTS && status == LAT_OK; p++) {
        part_files *part = &net->part[p];
        char name[32];

        status = lat_intern_create(&part->lemmas, net->error);
        if (status == LAT_OK)
            status = lat_intern_create(&part->forms, net->error);
        snprintf(name, sizeof name, "index.%s", parts[p]);
        if (status == LAT_OK)
            status = open_file(&part->index, folder, name, true, net->error);
        snprintf(name, sizeof name, "data.%s", parts[p]);
        if (status == LAT_OK)
            status = open_file(&part->data, folder, name, true, net->error);
        snprintf(name, sizeof name, "%s.exc", parts[p]);
        if (status == LAT_OK)
            status = open_file(&part->exceptions, folder, name, false,
                               net->error);
        if (status == LAT_OK)
            status = read_index(net, part);
        if (status == LAT_OK)
            status = read_exceptions(net, part);
    }
    return status;
}

/* Names of the files from `lexnames`: "05<TAB>noun.animal<TAB>1". */
static lat_status read_names(wordnet *net, const char *folder, lat_map *map)
{
    char *path = lat_path_join(folder, "lexnames");
    line_reader reader = {map, 0, 0};
    lat_slice line;
    lat_status status = LAT_OK;

    if (path == NULL)
        return lat_error_memory(net->error, strlen(folder));
    if (lat_path_exists(path))
        status = lat_map_open(map, path, net->error);
    while (status == LAT_OK && map->data != NULL &&
           next_line(&reader, &line)) {
        lat_slice name;
        uint64_t number;

        if (line.size == 0)
            continue;
        if (line.size < 4 || line.text[2] != '\t' ||
            !lat_integer_read(line.text, 2, &number) || number >= FILES) {
            status = lat_error_at_line(net->error, LAT_MALFORMED,
                                       reader.number,
                                       "expected NN<tab>name<tab>number");
            break;
        }
        name.text = line.text + 3;
        name.size = 0;
        while (name.size + 3 < line.size && name.text[name.size] != '\t')
            name.size++;
        net->name[number] = lat_arena_copy(&net->arena, name.text,
                                           name.size);
        if (net->name[number] == NULL)
            status = lat_error_memory(net->error, name.size);
    }
    if (status != LAT_OK)
        lat_error_in_file(net->error, path);
    lat_free(path);
    return status;
}

/* The file number that the synset at `offset` names. */
static lat_status read_synset(const wordnet *net, size_t p, lat_slice field,
                              size_t *file)
{
    const lat_map *data = &net->part[p].data;
    const char *text = (const char *)data->data;
    uint64_t offset, number;

    if (lat_integer_read(field.text, field.size, &offset) &&
        field.size == 8 && data->size >= 12 && offset <= data->size - 12 &&
        memcmp(text + offset, field.text, 8) == 0 &&
        text[offset + 8] == ' ' && text[offset + 11] == ' ' &&
        lat_integer_read(text + offset + 9, 2, &number) && number < FILES) {
        *file = (size_t)number;
        return LAT_OK;
    }
    return lat_error_set(net->error, LAT_MALFORMED,
                         "index.%s names synset \"%.*s\", which data.%s "
                         "does not have", parts[p],
                         (int)(field.size < 20 ? field.size : 20),
                         field.text, parts[p]);
}

static lat_status bad_index(const wordnet *net, size_t p, size_t lemma)
{
    return lat_error_set(net->error, LAT_MALFORMED,
                         "index.%s: the line of \"%.40s\" is cut short",
                         parts[p],
                         lat_intern_text(net->part[p].lemmas, lemma, NULL));
}

/* Labels of a lemma in one part of speech; *found when it is one. */
static lat_status put_lemma(label_builder *builder, const wordnet *net,
                            size_t p, lat_slice lemma, bool *found)
{
    const part_files *part = &net->part[p];
    size_t number = lat_intern_find(part->lemmas, lemma.text, lemma.size);
    lat_slice rest, field;
    uint64_t synsets, pointers, i;
    lat_status status = LAT_OK;

    if (number == SIZE_MAX)
        return LAT_OK;
    *found = true;
    rest.text = (const char *)part->index.data + part->line[number];
    rest.size = part->line_size[number];
    next_field(&rest); /* part of speech */
    field = next_field(&rest);
    if (!lat_integer_read(field.text, field.size, &synsets))
        return bad_index(net, p, number);
    field = next_field(&rest);
    if (!lat_integer_read(field.text, field.size, &pointers) ||
        pointers > rest.size)
        return bad_index(net, p, number);
    /* Pointer symbols, sense count, tagged senses: nothing for us. */
    for (i = 0; i < pointers + 2; i++)
        if (next_field(&rest).size == 0)
            return bad_index(net, p, number);
    for (i = 0; i < synsets && status == LAT_OK; i++) {
        size_t file = 0;

        field = next_field(&rest);
        if (field.size == 0)
            return bad_index(net, p, number);
        status = read_synset(net, p, field, &file);
        if (status == LAT_OK)
            status = lat_labels_put_int(builder, net->name[file],
                                        strlen(net->name[file]));
    }
    return status;
}

/* Base forms by the exception list, else by the endings. */
static lat_status put_bases(label_builder *builder, const wordnet *net,
                            size_t p, lat_slice word)
{
    const part_files *part = &net->part[p];
    size_t number = lat_intern_find(part->forms, word.text, word.size), i;
    char stem[80];
    bool found = false;
    lat_status status = LAT_OK;

    if (number != SIZE_MAX) {
        lat_slice rest = part->bases[number], base;

        while (status == LAT_OK && (base = next_field(&rest)).size > 0)
            status = put_lemma(builder, net, p, base, &found);
        return status;
    }
    for (i = 0; status == LAT_OK && !found &&
                i < sizeof endings / sizeof *endings; i++) {
        size_t from = strlen(endings[i].from), to = strlen(endings[i].to);
        lat_slice base = {stem, 0};

        if (endings[i].part != (int)p || word.size <= from ||
            word.size - from + to >= sizeof stem ||
            memcmp(word.text + word.size - from, endings[i].from, from) != 0)
            continue;
        base.size = word.size - from + to;
        memcpy(stem, word.text, word.size - from);
        memcpy(stem + word.size - from, endings[i].to, to);
        status = put_lemma(builder, net, p, base, &found);
    }
    return status;
}

/* Adverbs have no endings to take off; their irregular forms are in the
 * list. */
static lat_status label_type(label_builder *builder, const wordnet *net,
                             const char *name, size_t size)
{
    lat_buffer folded = {0};
    lat_slice word;
    lat_status status;
    size_t p;

    lat_text_fold_int(&folded, name, size);
    status = lat_buffer_status(&folded, builder->error);
    word.text = folded.data;
    word.size = folded.size;
    for (p = 0; p < PARTS && status == LAT_OK; p++) {
        bool found = false;

        status = put_lemma(builder, net, p, word, &found);
        if (status == LAT_OK && !found)
            status = put_bases(builder, net, p, word);
    }
    lat_buffer_free(&folded);
    return status == LAT_OK ? lat_labels_next_int(builder) : status;
}

lat_status lat_labels_wordnet_int(label_builder *builder,
                                  const lat_text *text, const char *folder)
{
    wordnet net;
    lat_map names = {0};
    size_t t, p, size, types = lat_intern_count(text->set);
    lat_status status;

    memset(&net, 0, sizeof net);
    net.error = builder->error;
    status = open_wordnet(&net, folder);
    if (status == LAT_OK)
        status = read_names(&net, folder, &names);
    for (t = 0; t < types && status == LAT_OK; t++) {
        const char *name = lat_intern_text(text->set, t, &size);

        status = label_type(builder, &net, name, size);
    }
    for (p = 0; p < PARTS; p++) {
        lat_map_close(&net.part[p].index);
        lat_map_close(&net.part[p].data);
        lat_map_close(&net.part[p].exceptions);
        lat_intern_free(net.part[p].lemmas);
        lat_intern_free(net.part[p].forms);
    }
    lat_map_close(&names);
    lat_arena_free(&net.arena);
    return status;
}
