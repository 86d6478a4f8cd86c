/* SHA-256 against the vectors of FIPS 180-4 and across all block borders. */
#include "../../harness.h"
#include "../../../base/base.h"

static void check_hash(const char *text, size_t repeat, const char *want)
{
    lat_sha256 hash;
    unsigned char digest[32];
    char hex[65];
    lat_sha256_begin(&hash);
    for (size_t i = 0; i < repeat; i++)
        lat_sha256_add(&hash, text, strlen(text));
    lat_sha256_end(&hash, digest);
    lat_sha256_hex(digest, hex);
    CHECK_TEXT(hex, want);
}

/* Any cutting of the bytes gives the same digest. */
static void test_pieces(void)
{
    unsigned char data[300], whole[32], pieces[32];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    for (size_t size = 0; size <= sizeof data; size++) {
        lat_sha256 hash;
        lat_sha256_begin(&hash);
        lat_sha256_add(&hash, data, size);
        lat_sha256_end(&hash, whole);
        for (size_t step = 1; step < 140; step += 23) {
            lat_sha256_begin(&hash);
            for (size_t at = 0; at < size; at += step)
                lat_sha256_add(&hash, data + at,
                               size - at < step ? size - at : step);
            lat_sha256_end(&hash, pieces);
            CHECK_MSG(memcmp(whole, pieces, 32) == 0, "%zu by %zu", size,
                      step);
        }
    }
}

int main(void)
{
    check_hash("", 1, "e3b0c44298fc1c149afbf4c8996fb924"
                      "27ae41e4649b934ca495991b7852b855");
    check_hash("abc", 1, "ba7816bf8f01cfea414140de5dae2223"
                         "b00361a396177a9cb410ff61f20015ad");
    check_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
               "248d6a61d20638b8e5c026930c3e6039"
               "a33ce45964ff2167f6ecedd419db06c1");
    check_hash("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67"
                                     "f1809a48a497200e046d39ccc7112cd0");
    test_pieces();
    unsigned char digest[32];
    char hex[65];
    CHECK(lat_sha256_file(digest, "tests/fixtures/base/files/abc.txt",
                          NULL) == LAT_OK);
    lat_sha256_hex(digest, hex);
    CHECK_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223"
                    "b00361a396177a9cb410ff61f20015ad");
    CHECK(lat_sha256_file(digest, "tests/fixtures/base/files/none", NULL) ==
          LAT_NOT_FOUND);
    return harness_end("test_sha256");
}
