/*
 * ward_lists.c - what a slot knows about the clusters near it.
 *
 *     list     slots that may be near, each with a proven lower bound of D
 *     bound    D to every live cluster that no entry leads to is at least
 *              this
 *
 * Both survive the joins of others.  When p and q join, neither being x,
 * D(x, p+q) >= min(D(x, p), D(x, q)) (Ward is reducible and p, q were
 * nearest to each other), so an entry that leads to a grown cluster keeps
 * the smaller of its own lower bound and `bound`.  For the union y of a and
 * b, Lance and Williams give from D(a, z) >= A and D(b, z) >= B
 *
 *     D(y, z) >= [(na + nz) A + (nb + nz) B - nz D(a, b)] / (na + nb + nz)
 *
 * which is monotone in nz: over all z the smaller of its values at nz = 1
 * and nz -> infinity is a bound.  A and B are at least D(a, b), so nothing
 * cancels.
 *
 * Bounds are of exact centroids; what we compute differs by the roundings of
 * centroids and distances, which lat_ward_slack bounds.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

double lat_ward_slack(const lat_ward *ward, double d, uint32_t size)
{
    /* |c| errs by E on each side, D = w r^2 with w <= 2 size:
     * dD <= 2 w r 2E + w (2E)^2 = 4 sqrt(w D) E + 4 w E^2. */
    double e = ward->worst_error, w = 2 * (double)size;
    return ward->relative * d + 4 * sqrt(w * d) * e + 4 * w * e * e;
}

double lat_ward_margin(const lat_ward *ward, double d, uint32_t size)
{
    return 1e-7 * d + 64 * lat_ward_slack(ward, d, size);
}

float lat_ward_down(double value)
{
    if (!(value > 0))
        return 0;
    if (value > 3e38)
        return value > 1e300 ? INFINITY : 3e38f;
    float near = (float)value;
    return (double)near > value ? nextafterf(near, 0) : near;
}

void lat_near_insert(lat_near *list, uint8_t *count, size_t room,
                     lat_near entry)
{
    size_t last = *count, low = 0;
    if (last == room) {
        if (!(entry.lower < list[room - 1].lower))
            return;
        last--;
    } else {
        (*count)++;
    }
    for (size_t high = last; low < high;) {
        size_t middle = low + (high - low) / 2;
        const lat_near *at = &list[middle];
        if (entry.lower < at->lower
            || (!(at->lower < entry.lower) && entry.slot < at->slot))
            high = middle;
        else
            low = middle + 1;
    }
    memmove(list + low + 1, list + low, (last - low) * sizeof *list);
    list[low] = entry;
}

float lat_ward_lower(float g, float norm_a, float norm_b, float half_a,
                     float half_b)
{
    /* Halves are rounded: 2^-24 relative each. */
    double square = (double)norm_a + (double)norm_b - 2 * (double)g;
    return lat_ward_down(square / ((double)half_a + (double)half_b)
                         * (1 - 0x1p-22));
}

void lat_ward_close_list(lat_ward *ward, uint32_t slot)
{
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    ward->bound[slot] = INFINITY;
    if (ward->count[slot] > ward->keep) {
        ward->count[slot] = (uint8_t)ward->keep;
        ward->bound[slot] = list[ward->keep].lower;
    }
    ward->seen[slot] = ward->round;
}

static uint32_t follow(const lat_ward *ward, uint32_t slot)
{
    while (ward->size[slot] == 0)
        slot = ward->into[slot];
    return slot;
}

/* `list` may be the slot's own. */
size_t lat_ward_current(const lat_ward *ward, uint32_t slot, lat_near *list)
{
    const lat_near *from = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    size_t count = ward->count[slot], kept = 0;
    for (size_t i = 0; i < count; i++) {
        lat_near entry = from[i];
        uint32_t now = follow(ward, entry.slot);
        bool grown = now != entry.slot || ward->born[now] > ward->seen[slot];
        if (now == slot)
            continue;
        entry.slot = now;
        if (grown && ward->bound[slot] < entry.lower)
            entry.lower = ward->bound[slot];
        size_t same = kept;
        if (grown)
            for (same = 0; same < kept && list[same].slot != now; same++)
                ;
        if (same < kept)
            list[same].lower = entry.lower < list[same].lower
                                   ? entry.lower
                                   : list[same].lower;
        else
            list[kept++] = entry;
    }
    return kept;
}

void lat_ward_make_current(lat_ward *ward, uint32_t slot)
{
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    ward->count[slot] = (uint8_t)lat_ward_current(ward, slot, list);
    ward->seen[slot] = ward->round;
}

/* The entry with the least lower bound among those not in `done`. */
static size_t next_entry(const lat_near *list, size_t count, uint64_t done)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if ((done >> i & 1) == 0
            && (best == count || list[i].lower < list[best].lower))
            best = i;
    return best;
}

void lat_ward_refresh(lat_ward *ward, uint32_t slot, lat_ward_scratch *s)
{
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    uint32_t best = LAT_NO_SLOT, size = ward->size[slot];
    double best_d = INFINITY, bound = (double)ward->bound[slot];
    uint64_t done = 0;
    const double *x = NULL;
    lat_ward_make_current(ward, slot);
    size_t count = ward->count[slot];
    for (;;) {
        size_t at = next_entry(list, count, done);
        if (at == count || (double)list[at].lower >= bound)
            break;
        if (best != LAT_NO_SLOT
            && (double)list[at].lower
                   > best_d + lat_ward_margin(ward, best_d, size))
            break;
        if (x == NULL)
            x = lat_ward_centre(ward, slot, s->x);
        uint32_t other = list[at].slot;
        double d = lat_ward_distance(ward, slot, x, other, s->y);
        list[at].lower = lat_ward_down(d - lat_ward_slack(ward, d, size));
        done |= (uint64_t)1 << at;
        if (best == LAT_NO_SLOT || d < best_d
            || (!(best_d < d) && other < best)) {
            best = other;
            best_d = d;
        }
    }
    float second = ward->bound[slot];
    for (size_t i = 0; i < count; i++)
        if (list[i].slot != best && list[i].lower < second)
            second = list[i].lower;
    ward->nearest[slot] = best;
    ward->second[slot] = second;
    ward->state[slot] &= LAT_WARD_HARD;
    if (best != LAT_NO_SLOT
        && (isinf(bound)
            || best_d + lat_ward_slack(ward, best_d, size) < bound)) {
        ward->state[slot] |= LAT_WARD_EXACT;
        ward->near_d[slot] = best_d;
    } else {
        double least = best_d < bound ? best_d : bound;
        ward->near_d[slot] = least - lat_ward_slack(ward, least, size);
    }
}

typedef struct union_terms {
    double na, nb, low, high; /* sizes; D(a, b) from below and above */
} union_terms;

/* The Lance-Williams bound for D(a, z) >= a, D(b, z) >= b. */
static float united_lower(const union_terms *t, double nz, double a, double b)
{
    a = a < t->low ? t->low : a;
    b = b < t->low ? t->low : b;
    double sum = (t->na + nz) * a + (t->nb + nz) * b - nz * t->high;
    return lat_ward_down(sum / (t->na + t->nb + nz) * (1 - 1e-12));
}

static float united_bound(const union_terms *t, double a, double b)
{
    if (isinf(a) && isinf(b))
        return INFINITY;
    float one = united_lower(t, 1, a, b);
    a = a < t->low ? t->low : a;
    b = b < t->low ? t->low : b;
    float many = lat_ward_down((a + b - t->high) * (1 - 1e-12));
    return one < many ? one : many;
}

void lat_ward_unite(lat_ward *ward, const lat_join *join, uint32_t na,
                    uint32_t nb)
{
    uint32_t a = join->left, b = join->right;
    double slack = lat_ward_slack(ward, join->d, na > nb ? na : nb);
    union_terms t = {na, nb, join->d - slack, join->d + slack};
    lat_near *from[2] = {ward->lists + (size_t)a * LAT_WARD_ROOM,
                         ward->lists + (size_t)b * LAT_WARD_ROOM};
    double bounds[2] = {(double)ward->bound[a], (double)ward->bound[b]};
    lat_near both[LAT_WARD_ROOM];
    uint8_t kept = 0;
    bool taken[LAT_WARD_ROOM] = {false};
    float dropped = INFINITY;
    /* A list of b may lead to a by now: b is dead, a is the union. */
    lat_ward_make_current(ward, a);
    lat_ward_make_current(ward, b);
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < ward->count[side == 0 ? a : b]; i++) {
            lat_near entry = from[side][i];
            double lower[2] = {bounds[0], bounds[1]};
            size_t count = side == 0 ? ward->count[b] : 0;
            if (entry.slot == a || (side == 1 && taken[i]))
                continue;
            lower[side] = (double)entry.lower;
            for (size_t j = 0; j < count; j++)
                if (from[1][j].slot == entry.slot) {
                    lower[1] = (double)from[1][j].lower;
                    taken[j] = true;
                }
            entry.lower = united_lower(&t, (double)ward->size[entry.slot],
                                       lower[0], lower[1]);
            if (kept == LAT_WARD_ROOM) {
                float last = both[kept - 1].lower;
                last = entry.lower > last ? entry.lower : last;
                dropped = last < dropped ? last : dropped;
            }
            lat_near_insert(both, &kept, LAT_WARD_ROOM, entry);
        }
    for (size_t i = 0; i < kept; i++)
        from[0][i] = both[i];
    ward->count[a] = kept;
    float bound = united_bound(&t, bounds[0], bounds[1]);
    ward->bound[a] = dropped < bound ? dropped : bound;
    ward->state[a] = (uint8_t)(((ward->state[a] | ward->state[b])
                                & LAT_WARD_HARD)
                               | LAT_WARD_NEW);
}
