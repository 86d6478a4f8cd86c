/*
 * fault_probe.c - the smallest program that reads and writes all that base
 * can: what run.sh torments when no verb is at hand.
 *
 *     fault_probe TABLE OUT
 *
 * Reads the table, writes OUT/table.json and OUT/count.npy, and the number
 * of rows to standard output.
 */
#include "../../base/base.h"

#include <string.h>

static lat_status write_json(const lat_table *table, const char *path,
                             lat_error *error)
{
    lat_buffer text = {0};
    lat_json_writer writer;
    lat_json_begin(&writer, &text, true);
    lat_json_open(&writer, '[');
    for (size_t i = 0; i < table->rows * table->columns; i++)
        lat_json_put_text(&writer, table->cells[i]);
    lat_json_close(&writer, ']');
    lat_status status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = lat_file_write(path, text.data, text.size, error);
    lat_buffer_free(&text);
    return status;
}

/* Larger than the writer's buffer: several writes. */
static lat_status write_array(const char *path, lat_error *error)
{
    static float row[20000];
    static const size_t shape[2] = {3, 20000};
    lat_output *output = NULL;
    lat_status status = lat_output_open(&output, path, error);
    if (status == LAT_OK)
        status = lat_npy_begin(output, LAT_NPY_F32, 2, shape, error);
    for (size_t i = 0; status == LAT_OK && i < shape[0]; i++)
        status = lat_output_write(output, row, sizeof row, error);
    if (status == LAT_OK)
        return lat_output_commit(output, NULL, error);
    lat_output_abort(output);
    return status;
}

static lat_status count_words(const lat_table *table, size_t *words,
                              lat_error *error)
{
    lat_intern *set = NULL;
    lat_status status = lat_intern_create(&set, error);
    for (size_t i = 0; status == LAT_OK && i < table->rows; i++) {
        const char *cell = table->cells[i * table->columns];
        if (lat_intern_add(set, cell, strlen(cell)) == SIZE_MAX)
            status = lat_error_memory(error, strlen(cell));
    }
    if (status == LAT_OK)
        *words = lat_intern_count(set);
    lat_intern_free(set);
    return status;
}

static lat_status work(const char *input, const char *folder,
                       lat_error *error)
{
    lat_table table = {0};
    lat_pool *pool = NULL;
    size_t words = 0;
    char text[100];
    char *json = lat_path_join(folder, "table.json");
    char *array = lat_path_join(folder, "count.npy");
    lat_status status = LAT_OK;
    if (json == NULL || array == NULL)
        status = lat_error_memory(error, strlen(folder));
    if (status == LAT_OK)
        status = lat_table_open(&table, input, error);
    if (status == LAT_OK)
        status = lat_pool_create(&pool, 2, error);
    if (status == LAT_OK)
        status = count_words(&table, &words, error);
    if (status == LAT_OK)
        status = lat_folder_make(folder, error);
    if (status == LAT_OK)
        status = write_json(&table, json, error);
    if (status == LAT_OK)
        status = write_array(array, error);
    if (status == LAT_OK) {
        int size = snprintf(text, sizeof text, "%zu rows, %zu words\n",
                            table.rows, words);
        status = lat_file_write("-", text, (size_t)size, error);
    }
    lat_pool_free(pool);
    lat_table_free(&table);
    lat_free(json);
    lat_free(array);
    return status;
}

int main(int count, char **arguments)
{
    lat_error error = {0};
    if (count != 3) {
        fprintf(stderr, "usage: fault_probe TABLE OUT\n");
        return 2;
    }
    lat_status status = work(arguments[1], arguments[2], &error);
    if (status != LAT_OK)
        fprintf(stderr, "fault_probe: %s\n", lat_error_message(&error));
    return lat_status_exit(status);
}
