/*
 * gguf_write.c - a GGUF v3 file from keys and tensors.
 *
 * Keys and the tensor list are collected in memory (a vocabulary is the
 * largest of them), the tensors' bytes are streamed by the caller:
 *
 *     put keys ... put tensors ... write_head
 *     then for each tensor its bytes and write_padding
 *
 * Nothing depends on the machine or the time, so the same model gives the
 * same bytes everywhere.
 */
#include "gguf_int.h"

#include <string.h>

static const unsigned kinds[LAT_TENSOR_TYPES] = {
    [LAT_TENSOR_F32] = 0,
    [LAT_TENSOR_F16] = 1,
    [LAT_TENSOR_BF16] = 30,
    [LAT_TENSOR_Q8_0] = 8,
};

/* Byte by byte, so that a big-endian machine writes the same file. */
static void add_u32(lat_buffer *to, uint32_t value)
{
    unsigned char bytes[4];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    lat_buffer_add(to, bytes, sizeof bytes);
}

static void add_u64(lat_buffer *to, uint64_t value)
{
    add_u32(to, (uint32_t)value);
    add_u32(to, (uint32_t)(value >> 32));
}

static void add_text(lat_buffer *to, const char *text, size_t size)
{
    add_u64(to, size);
    lat_buffer_add(to, text, size);
}

static void add_f32(lat_buffer *to, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    add_u32(to, bits);
}

static void begin_key(lat_gguf_writer *writer, const char *key,
                      lat_gguf_type type)
{
    add_text(&writer->keys, key, strlen(key));
    add_u32(&writer->keys, (uint32_t)type);
    writer->key_count++;
}

void lat_gguf_put_text(lat_gguf_writer *writer, const char *key,
                       const char *text, size_t size)
{
    begin_key(writer, key, LAT_GGUF_TEXT);
    add_text(&writer->keys, text, size);
}

void lat_gguf_put_u32(lat_gguf_writer *writer, const char *key,
                      uint32_t value)
{
    begin_key(writer, key, LAT_GGUF_U32);
    add_u32(&writer->keys, value);
}

void lat_gguf_put_f32(lat_gguf_writer *writer, const char *key, float value)
{
    begin_key(writer, key, LAT_GGUF_F32);
    add_f32(&writer->keys, value);
}

void lat_gguf_put_flag(lat_gguf_writer *writer, const char *key, bool value)
{
    begin_key(writer, key, LAT_GGUF_BOOL);
    lat_buffer_char(&writer->keys, value ? 1 : 0);
}

/* The items follow by themselves: vocabularies are written from several
 * sources, and a copy in one array would be their only use. */
void lat_gguf_put_array(lat_gguf_writer *writer, const char *key,
                        lat_gguf_type item, uint64_t count)
{
    begin_key(writer, key, LAT_GGUF_ARRAY);
    add_u32(&writer->keys, (uint32_t)item);
    add_u64(&writer->keys, count);
}

void lat_gguf_put_item_text(lat_gguf_writer *writer, const char *text,
                            size_t size)
{
    add_text(&writer->keys, text, size);
}

void lat_gguf_put_item_u32(lat_gguf_writer *writer, uint32_t value)
{
    add_u32(&writer->keys, value);
}

void lat_gguf_put_item_f32(lat_gguf_writer *writer, float value)
{
    add_f32(&writer->keys, value);
}

static uint64_t padding(uint64_t bytes)
{
    return (LAT_GGUF_ALIGNMENT - bytes % LAT_GGUF_ALIGNMENT) %
           LAT_GGUF_ALIGNMENT;
}

/* Offsets count on from the aligned end of the tensor before; the caller
 * streams the bytes in the same order. */
void lat_gguf_put_tensor(lat_gguf_writer *writer, const char *name,
                         const lat_tensor *tensor)
{
    lat_buffer *to = &writer->tensors;

    add_text(to, name, strlen(name));
    /* A scalar has no form of its own here: one dimension of 1. */
    add_u32(to, tensor->dims == 0 ? 1 : (uint32_t)tensor->dims);
    if (tensor->dims == 0)
        add_u64(to, 1);
    for (size_t i = tensor->dims; i > 0; i--)
        add_u64(to, tensor->shape[i - 1]);
    add_u32(to, kinds[tensor->type]);
    add_u64(to, writer->data_size);
    writer->data_size += tensor->bytes + padding(tensor->bytes);
    writer->tensor_count++;
}

lat_status lat_gguf_write_padding(lat_output *output, uint64_t bytes,
                                  lat_error *error)
{
    static const unsigned char zeros[LAT_GGUF_ALIGNMENT];

    return lat_output_write(output, zeros, (size_t)padding(bytes), error);
}

/* All three buffers are asked for their status before the first byte goes
 * out, since a failed one is silently short. */
lat_status lat_gguf_write_head(lat_gguf_writer *writer, lat_output *output,
                               lat_error *error)
{
    lat_buffer head = {0};
    lat_status status;

    lat_buffer_add(&head, "GGUF", 4);
    add_u32(&head, 3);
    add_u64(&head, writer->tensor_count);
    add_u64(&head, writer->key_count);
    status = lat_buffer_status(&head, error);
    if (status == LAT_OK)
        status = lat_buffer_status(&writer->keys, error);
    if (status == LAT_OK)
        status = lat_buffer_status(&writer->tensors, error);
    if (status == LAT_OK)
        status = lat_output_write(output, head.data, head.size, error);
    if (status == LAT_OK)
        status = lat_output_write(output, writer->keys.data,
                                  writer->keys.size, error);
    if (status == LAT_OK)
        status = lat_output_write(output, writer->tensors.data,
                                  writer->tensors.size, error);
    if (status == LAT_OK)
        status = lat_gguf_write_padding(output,
                                        head.size + writer->keys.size +
                                            writer->tensors.size, error);
    lat_buffer_free(&head);
    return status;
}

void lat_gguf_writer_free(lat_gguf_writer *writer)
{
    lat_buffer_free(&writer->keys);
    lat_buffer_free(&writer->tensors);
}
