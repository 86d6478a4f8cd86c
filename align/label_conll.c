/*
 * label_conll.c - CoNLL files as text and as labels.
 *
 *     CoNLL-U   1  From  from  ADP  IN  _  3  case  3:case  _    ten columns,
 *               tabs; lines with # are comments, 2-3 and 2.1 are no words
 *     CoNLL     From  IN  B-PP  O       columns by blanks, the word first
 *               (2000: POS CHUNK, 2003: POS CHUNK NER; -DOCSTART- skipped)
 *
 * An empty line ends a sentence in both.
 */
#include "align_int.h"

#include <string.h>

#define COLUMNS 64 /* most columns of a CoNLL line; CoNLL-U has 10 */

typedef struct conll_reader {
    lat_lines lines;
    bool ten;
    size_t at;       /* next line */
    size_t columns;  /* as in the first word line; 0 = not seen yet */
    size_t id;       /* CoNLL-U: number of the last word */
    lat_slice cells[COLUMNS];
    lat_error *error;
} conll_reader;

static lat_status bad_line(conll_reader *reader, const char *what)
{
    return lat_error_at_line(reader->error, LAT_MALFORMED, reader->at,
                             "%s", what);
}

/* Cells between single tabs; SIZE_MAX when there are too many. */
static size_t split_tabs(lat_slice *cells, const char *line, size_t size)
{
    size_t count = 0, from = 0, i;

    for (i = 0; i <= size; i++) {
        if (i < size && line[i] != '\t')
            continue;
        if (count == COLUMNS)
            return SIZE_MAX;
        cells[count].text = line + from;
        cells[count++].size = i - from;
        from = i + 1;
    }
    return count;
}

/* Runs of blanks are one separator in the older formats. */
static size_t split_blanks(lat_slice *cells, const char *line, size_t size)
{
    size_t count = 0, i = 0, from;

    while (i < size) {
        while (i < size && (line[i] == ' ' || line[i] == '\t'))
            i++;
        from = i;
        while (i < size && line[i] != ' ' && line[i] != '\t')
            i++;
        if (i == from)
            break;
        if (count == COLUMNS)
            return SIZE_MAX;
        cells[count].text = line + from;
        cells[count++].size = i - from;
    }
    return count;
}

/* A line of CoNLL-U: *word says whether it is a word. */
static lat_status read_ten(conll_reader *reader, bool *word,
                           const char *line, size_t size)
{
    const lat_slice *id = reader->cells;
    uint64_t number;

    if (split_tabs(reader->cells, line, size) != 10)
        return bad_line(reader, "expected ten columns with tabs between");
    *word = memchr(id->text, '-', id->size) == NULL &&
            memchr(id->text, '.', id->size) == NULL;
    if (!*word)
        return LAT_OK;
    if (!lat_integer_read(id->text, id->size, &number) ||
        number != reader->id + 1)
        return bad_line(reader, "word numbers must be 1, 2, 3, ...");
    reader->id++;
    if (reader->cells[1].size == 0)
        return bad_line(reader, "the word is empty");
    return LAT_OK;
}

/* The first word line decides how many columns the file has. */
static lat_status read_columns(conll_reader *reader, bool *word,
                               const char *line, size_t size)
{
    size_t columns = split_blanks(reader->cells, line, size);

    *word = true;
    if (columns == SIZE_MAX || columns < 2)
        return bad_line(reader, "expected 2 to 64 columns");
    if (reader->cells[0].size == 10 &&
        memcmp(reader->cells[0].text, "-DOCSTART-", 10) == 0) {
        *word = false;
        return LAT_OK;
    }
    if (reader->columns == 0)
        reader->columns = columns;
    if (columns != reader->columns)
        return bad_line(reader, "another number of columns than before");
    return LAT_OK;
}

/* Moves to the next word: cells are set and *word is true; or to the end of
 * a sentence (*word false), or to the end of the file (*end). */
static lat_status next_word(conll_reader *reader, bool *word, bool *end,
                            bool inside)
{
    *word = *end = false;
    while (reader->at < reader->lines.count) {
        const char *line = reader->lines.text[reader->at];
        size_t size = reader->lines.size[reader->at++];
        lat_status status;

        if (size == 0) {
            reader->id = 0;
            if (inside)
                return LAT_OK;
            continue;
        }
        if (reader->ten && *line == '#')
            continue;
        status = reader->ten ? read_ten(reader, word, line, size)
                             : read_columns(reader, word, line, size);
        if (status != LAT_OK || *word)
            return status;
    }
    *end = true;
    return LAT_OK;
}

/* The column that holds the word itself. */
static const lat_slice *form_of(const conll_reader *reader)
{
    return &reader->cells[reader->ten ? 1 : 0];
}

/* Words as the file has them: a form may hold blanks, which no line-
 * parallel text could. */
lat_status lat_conll_text_int(lat_text *out, const void *data, size_t size,
                              bool ten, lat_error *error)
{
    conll_reader reader;
    lat_slice *words = NULL;
    size_t count = 0;
    bool word = false, end = false;
    lat_status status;

    memset(&reader, 0, sizeof reader);
    memset(out, 0, sizeof *out);
    reader.ten = ten;
    reader.error = error;
    status = lat_lines_read(&reader.lines, data, size, error);
    if (status == LAT_OK) {
        words = lat_new_array(reader.lines.count, sizeof *words);
        if (words == NULL)
            status = lat_error_memory(error, reader.lines.count);
    }
    while (status == LAT_OK && !end) {
        status = next_word(&reader, &word, &end, count > 0);
        if (status == LAT_OK && word) {
            words[count++] = *form_of(&reader);
        } else if (status == LAT_OK && count > 0) {
            status = lat_text_add_int(out, words, count, error);
            count = 0;
        }
    }
    if (status == LAT_OK && out->sentences == 0)
        status = lat_error_set(error, LAT_MALFORMED, "no sentence");
    lat_free(words);
    lat_lines_free(&reader.lines);
    if (status != LAT_OK)
        lat_text_free(out);
    return status;
}

/* ---- Labels -------------------------------------------------------------- */

/* Which column, and what of it. */
typedef struct column_choice {
    size_t column;
    bool features;   /* A=x|B=y: a label each */
    const char *key; /* of MISC: label = its value; ENTITY: two keys */
    bool entity;
} column_choice;

static const char *const ten_names[10] = {
    "ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS",
    "MISC"
};
static const char *const conll_names[4] = {"FORM", "POS", "CHUNK", "NER"};

/* Column names in any case: families are mostly written small. */
static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        char x = *a >= 'a' && *a <= 'z' ? (char)(*a - 32) : *a;

        if (x != *b)
            return false;
    }
    return *a == *b;
}

/* By name, or by number from 1. */
static bool choose(column_choice *out, const char *name, bool ten)
{
    const char *const *names = ten ? ten_names : conll_names;
    size_t count = ten ? 10 : 4, i;
    uint64_t number;

    for (i = 0; i < count; i++)
        if (same_name(name, names[i])) {
            out->column = i;
            out->features = ten && i == 5;
            return true;
        }
    if (ten && same_name(name, "ENTITY")) {
        out->column = 9;
        out->entity = true;
        return true;
    }
    if (ten && strncmp(name, "MISC:", 5) == 0 && name[5] != '\0') {
        out->column = 9;
        out->key = name + 5;
        return true;
    }
    if (lat_integer_read(name, strlen(name), &number) && number >= 1 &&
        number <= (ten ? 10 : COLUMNS)) {
        out->column = (size_t)number - 1;
        out->features = ten && out->column == 5;
        return true;
    }
    return false;
}

/* Value of KEY=value among a|b|c, or an empty slice. */
static lat_slice find_key(const lat_slice *cell, const char *key)
{
    size_t length = strlen(key), from = 0, i;
    lat_slice out = {"", 0};

    for (i = 0; i <= cell->size; i++) {
        if (i < cell->size && cell->text[i] != '|')
            continue;
        if (i - from > length && cell->text[from + length] == '=' &&
            memcmp(cell->text + from, key, length) == 0) {
            out.text = cell->text + from + length + 1;
            out.size = i - from - length - 1;
            return out;
        }
        from = i + 1;
    }
    return out;
}

/* Each feature with its value is a label: Number=Plur groups words that
 * differ in all else. */
static lat_status put_features(label_builder *builder, const lat_slice *cell)
{
    size_t from = 0, i;
    lat_status status = LAT_OK;

    for (i = 0; i <= cell->size && status == LAT_OK; i++) {
        if (i < cell->size && cell->text[i] != '|')
            continue;
        status = lat_labels_put_int(builder, cell->text + from, i - from);
        from = i + 1;
    }
    return status;
}

static lat_status put_word(label_builder *builder,
                           const conll_reader *reader,
                           const column_choice *choice,
                           const lat_label_options *options)
{
    lat_slice cell = reader->cells[choice->column];
    lat_status status = LAT_OK;

    if (choice->entity) {
        cell = find_key(&reader->cells[9], "Entity");
        if (cell.size == 0)
            cell = find_key(&reader->cells[9], "NER");
    } else if (choice->key != NULL) {
        cell = find_key(&reader->cells[9], choice->key);
    }
    /* "_" stands for nothing; the builder then writes NO_UNK. */
    if (cell.size != 0 && !(cell.size == 1 && *cell.text == '_')) {
        if (choice->features)
            status = put_features(builder, &cell);
        else
            status = lat_labels_column_int(builder, cell.text, cell.size,
                                           options);
    }
    return status == LAT_OK ? lat_labels_next_int(builder) : status;
}

/* A label file of another text with the same sentence lengths would go
 * unnoticed otherwise. */
static lat_status check_word(const conll_reader *reader, const lat_text *text,
                             size_t sentence, size_t position)
{
    size_t size;
    const lat_slice *form = form_of(reader);
    const char *want = lat_intern_text(
        text->set, text->words[text->starts[sentence] + position], &size);

    if (size == form->size && memcmp(want, form->text, size) == 0)
        return LAT_OK;
    return lat_error_at_line(reader->error, LAT_MALFORMED, reader->at,
                             "sentence %lu, position %lu: expected the word "
                             "\"%.40s\" of the text, found \"%.*s\"",
                             (unsigned long)sentence,
                             (unsigned long)position, want,
                             (int)(form->size < 40 ? form->size : 40),
                             form->text);
}

/* The message about a label has its line. */
static lat_status place_word(conll_reader *reader, lat_status status)
{
    if (status == LAT_MALFORMED && reader->error != NULL) {
        reader->error->has_line = true;
        reader->error->line = reader->at;
    }
    return status;
}

/* Reads on past the words that the text has, so that the message can say
 * how many there are. */
static lat_status read_sentence(label_builder *builder, conll_reader *reader,
                                const lat_text *text, size_t sentence,
                                const column_choice *choice,
                                const lat_label_options *options, bool *end)
{
    size_t want, found = 0, more;
    bool word = false;
    lat_status status = LAT_OK;

    want = sentence < text->sentences
               ? text->starts[sentence + 1] - text->starts[sentence] : 0;
    for (;;) {
        status = next_word(reader, &word, end, found > 0);
        if (status != LAT_OK || !word)
            break;
        if (sentence >= text->sentences)
            return lat_error_at_line(reader->error, LAT_MALFORMED,
                                     reader->at,
                                     "more sentences than the %lu of the "
                                     "text", (unsigned long)text->sentences);
        if (choice->column >= (reader->ten ? 10 : reader->columns))
            return bad_line(reader, "the file has no such column");
        if (found < want) {
            status = check_word(reader, text, sentence, found);
            if (status == LAT_OK)
                status = place_word(
                    reader,
                    lat_labels_place_int(
                        builder, put_word(builder, reader, choice, options),
                        sentence, found));
            if (status != LAT_OK)
                return status;
        }
        found++;
    }
    /* An empty sentence of the text leaves no trace in such a file. */
    more = found == 0 ? 0 : want;
    if (status == LAT_OK && found != more)
        status = lat_error_at_line(reader->error, LAT_MALFORMED, reader->at,
                                   "sentence %lu: expected %lu words as in "
                                   "the text, found %lu",
                                   (unsigned long)sentence,
                                   (unsigned long)want,
                                   (unsigned long)found);
    return status;
}

/* The column of a name asked for, else of the family's name, else UPOS or
 * POS. */
static lat_status choose_column(column_choice *choice,
                                const label_builder *builder,
                                const lat_label_options *options, bool ten)
{
    memset(choice, 0, sizeof *choice);
    if (options->column != NULL) {
        if (choose(choice, options->column, ten))
            return LAT_OK;
        return lat_error_set(builder->error, LAT_USAGE,
                             "unknown column \"%.40s\", expected %s",
                             options->column,
                             ten ? "UPOS, XPOS, FEATS, DEPREL, LEMMA, "
                                   "ENTITY, MISC:KEY or a number"
                                 : "POS, CHUNK, NER or a number");
    }
    if (!choose(choice, builder->out->family, ten))
        choose(choice, ten ? "UPOS" : "POS", ten);
    return LAT_OK;
}

/* Sentences without words have no trace in a CoNLL file; those of the text
 * are stepped over. */
lat_status lat_labels_conll_int(label_builder *builder, const lat_text *text,
                                const lat_map *map,
                                const lat_label_options *options, bool ten)
{
    conll_reader reader;
    column_choice choice;
    size_t sentence = 0, before;
    bool end = false;
    lat_status status;

    memset(&reader, 0, sizeof reader);
    reader.ten = ten;
    reader.error = builder->error;
    status = choose_column(&choice, builder, options, ten);
    if (status == LAT_OK)
        status = lat_lines_read(&reader.lines, map->data, map->size,
                                builder->error);
    while (status == LAT_OK && !end) {
        while (sentence < text->sentences &&
               text->starts[sentence + 1] == text->starts[sentence])
            sentence++;
        before = builder->out->size;
        status = read_sentence(builder, &reader, text, sentence, &choice,
                               options, &end);
        if (builder->out->size > before)
            sentence++;
    }
    if (status == LAT_OK && builder->out->size != text->size)
        status = lat_labels_sentences_int(builder, text->sentences,
                                          sentence);
    lat_lines_free(&reader.lines);
    return status;
}
