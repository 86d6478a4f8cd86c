/* Checked arithmetic at its borders. */
#include "../../harness.h"
#include "../../../base/base.h"

int main(void)
{
    size_t out = 7;
    CHECK(lat_size_mul(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    CHECK(!lat_size_mul(SIZE_MAX / 2 + 1, 2, &out));
    CHECK(lat_size_mul(SIZE_MAX, 0, &out) && out == 0);
    CHECK(lat_size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    CHECK(!lat_size_add(SIZE_MAX, 1, &out));
    uint64_t wide = 0;
    CHECK(lat_u64_mul(UINT64_MAX / 3, 3, &wide) && wide == UINT64_MAX);
    CHECK(!lat_u64_mul(UINT64_MAX / 3 + 1, 3, &wide));
    CHECK(lat_u64_add(UINT64_MAX, 0, &wide) && wide == UINT64_MAX);
    CHECK(!lat_u64_add(UINT64_MAX, 1, &wide));
    return harness_end("test_arith");
}
