/* Random numbers: known outputs, ranges, and moments. */
#include "../../harness.h"
#include "../../../base/base.h"

#include <math.h>

/* Outputs of the authors' xoshiro256starstar.c from the state 1, 2, 3, 4. */
static void test_vectors(void)
{
    static const uint64_t want[] = {
        UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
        UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600), UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832), UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    lat_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        CHECK(lat_random_next(&random) == want[i]);
    /* splitmix64 from 0. */
    lat_random_seed(&random, 0, 0);
    CHECK(random.state[0] == UINT64_C(0xE220A8397B1DCDAF));
    CHECK(random.state[1] == UINT64_C(0x6E789E6AA1B965F4));
    CHECK(random.state[2] == UINT64_C(0x06C45D188009454F));
    CHECK(random.state[3] == UINT64_C(0xF88BB8A8724C81EC));
}

static void test_streams(void)
{
    size_t same = 0;
    for (uint64_t a = 0; a < 60; a++) {
        for (uint64_t b = 0; b < a; b++) {
            lat_random x, y;
            lat_random_seed(&x, a / 8, a % 8);
            lat_random_seed(&y, b / 8, b % 8);
            same += lat_random_next(&x) == lat_random_next(&y);
        }
    }
    CHECK_MSG(same == 0, "%zu equal starts", same);
}

/* Chi squared with 9 degrees of freedom: above 33.7 once in 10,000; the
 * seed is fixed, so that the test is not one of luck. */
static void test_below(void)
{
    lat_random random;
    lat_random_seed(&random, 3, 1);
    double counts[10] = {0}, chi = 0;
    for (int i = 0; i < 100000; i++)
        counts[lat_random_below(&random, 10)]++;
    for (size_t i = 0; i < 10; i++)
        chi += (counts[i] - 10000) * (counts[i] - 10000) / 10000;
    CHECK_MSG(chi < 33.7, "chi squared %g", chi);
    CHECK(lat_random_below(&random, 1) == 0);
    /* Three quarters of 2^64: a plain remainder would favour the lowest
     * third two to one. */
    uint64_t n = UINT64_C(3) << 62;
    size_t low = 0;
    for (int i = 0; i < 30000; i++) {
        uint64_t x = lat_random_below(&random, n);
        CHECK(x < n);
        low += x < n / 3;
    }
    CHECK_MSG(low > 9600 && low < 10400, "%zu of 30000", low);
}

/* P(|z| < t) for a standard normal, from a table. */
static void test_normal(void)
{
    static const struct {
        double t, p;
    } table[] = {{0.25, 0.19741265}, {0.5, 0.38292492}, {1, 0.68268949},
                 {1.5, 0.86638560}, {2, 0.95449974}, {3, 0.99730020}};
    enum { DRAWS = 100000 };
    lat_random random;
    lat_random_seed(&random, 5, 0);
    double sum = 0, squares = 0, inside[6] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double z = lat_random_normal(&random);
        sum += z;
        squares += z * z;
        for (size_t j = 0; j < 6; j++)
            inside[j] += fabs(z) < table[j].t;
    }
    /* Four standard errors each. */
    CHECK_MSG(fabs(sum / DRAWS) < 4 / sqrt(DRAWS), "mean %g", sum / DRAWS);
    CHECK_MSG(fabs(squares / DRAWS - 1) < 4 * sqrt(2.0 / DRAWS),
              "variance %g", squares / DRAWS);
    for (size_t j = 0; j < 6; j++) {
        double p = table[j].p, error = sqrt(p * (1 - p) / DRAWS);
        CHECK_MSG(fabs(inside[j] / DRAWS - p) < 4 * error, "|z| < %g: %g",
                  table[j].t, inside[j] / DRAWS);
    }
}

static void test_shuffle(void)
{
    lat_random random;
    lat_random_seed(&random, 9, 0);
    size_t counts[6] = {0};
    for (int i = 0; i < 6000; i++) {
        size_t order[3] = {0, 1, 2};
        lat_random_shuffle(&random, order, 3);
        CHECK(order[0] + order[1] + order[2] == 3 && order[0] != order[1] &&
              order[1] != order[2]);
        counts[order[0] * 2 + (order[1] > order[2])]++;
    }
    for (size_t i = 0; i < 6; i++)
        CHECK_MSG(counts[i] > 880 && counts[i] < 1120, "%zu", counts[i]);
    lat_random_shuffle(&random, NULL, 0);
    size_t one = 7;
    lat_random_shuffle(&random, &one, 1);
    CHECK(one == 7);
}

int main(void)
{
    test_vectors();
    test_streams();
    test_below();
    test_normal();
    test_shuffle();
    lat_random random;
    lat_random_seed(&random, 11, 0);
    for (int i = 0; i < 1000; i++) {
        double x = lat_random_unit(&random);
        CHECK(x >= 0 && x < 1);
    }
    return harness_end("test_random");
}
