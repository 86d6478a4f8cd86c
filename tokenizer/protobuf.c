/*
 * protobuf.c - as much of protobuf's wire format as a sentencepiece model
 * needs.
 *
 *     message = (key value)*     key = varint, number << 3 | wire type
 *     wire type 0  varint        1  8 bytes     2  varint n, n bytes
 *               5  4 bytes       3, 4 (groups) are refused
 */
#include "tokenizer_read_int.h"

static bool read_varint(lat_protobuf *in, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (in->at == in->size)
            return false;
        unsigned char byte = in->data[in->at++];
        if (shift == 63 && byte > 1)
            return false;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

bool lat_protobuf_next(lat_protobuf *in, lat_field *field, bool *bad)
{
    uint64_t key, length;
    if (in->at == in->size)
        return false;
    *field = (lat_field){.place = in->start + in->at};
    if (!read_varint(in, &key) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        goto malformed;
    field->number = (uint32_t)(key >> 3);
    field->type = (unsigned)(key & 7);
    switch (field->type) {
    case 0:
        if (!read_varint(in, &field->value))
            goto malformed;
        return true;
    case 1:
    case 5:
        length = field->type == 1 ? 8 : 4;
        break;
    case 2:
        if (!read_varint(in, &length))
            goto malformed;
        break;
    default:
        goto malformed;
    }
    if (length > in->size - in->at)
        goto malformed;
    field->data = in->data + in->at;
    field->size = (size_t)length;
    in->at += (size_t)length;
    return true;
malformed:
    *bad = true;
    in->at = in->size;
    return false;
}
