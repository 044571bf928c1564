/* Horner's scheme of the closed form over many points at once; theory in closed_form.py.

   With R_i = P_i / P_0 the level i = n ... 1 multiplies both sums by alpha/i + beta and adds 1 and 1/i:

       normal = sum R_i (i = 0 ... n),   visits = sum R_{i-1}/i (i = 1 ... n),
       q = lambda mu_r normal + (mu_r + lambda_r) mu visits = lambda mu_r / P_0.

   A tile of points is carried through all levels, so that it stays in the registers and the first cache.
   Points that could leave the range of doubles have their binary exponents taken out as they grow. Points
   outside the range where nothing is lost are reported as hard, and are left to level_weights.py. */

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TILE 32
#define ROW 8
/* Smaller products and quotients of rates may lose digits to gradual underflow. */
#define SMALLEST 1e-200
/* Before every four levels sums above 2^200 are multiplied by 2^-256: with factors of at most 2^190 no sum
   exceeds 2^(200 + 4 * 190). */
#define MUCH 0x1p200
#define UNIT 0x1p-256
#define BITS_OUT 256.0
#define LARGEST_FACTOR 0x1p190

/* Unavailability and the five masses, in the order of `results`. */
enum { UNPLANNED, PLANNED, UNAVAILABILITY, DEGRADED, REJUVENATING, REJUVENATIONS, MASSES };

/* The five rates, in the order of rate_points.Point. */
enum { AGING, FAILURE, REJUVENATION, REPAIR, RESTART, RATES };

typedef struct {
  const double *rate[RATES];
  int64_t step[RATES]; /* 0: one rate for all points */
  double *result[MASSES]; /* NULL: not asked for */
  double *exponent; /* zeros at first: the results are still to be multiplied by 2^-exponent */
  uint8_t *hard;    /* zeros at first: 1 where a point is to be done otherwise */
  int64_t scaled;   /* 0 at first: 1 if there may be exponents */
} Task;

#define INLINE static inline __attribute__((always_inline))

INLINE void read_tile(double *out, const double *rate, int64_t step, int64_t start, int count) {
  for (int j = 0; j < TILE; j++) out[j] = rate[step * (start + (j < count ? j : 0))];
}

INLINE void read_full_tile(double *restrict out, const double *restrict rate) {
  for (int j = 0; j < TILE; j++) out[j] = rate[j];
}

/* One level at one point; the terms that it adds are multiplied by `unit`. */
#define LEVEL(share, unit)                           \
  do {                                               \
    const double factor = a * (share) + b;           \
    sum = sum * factor + (unit);                     \
    weighted = weighted * factor + (share) * (unit); \
  } while (0)

/* Sums over all levels, four at a time so that a point is read and written once for four. */
INLINE void sum_levels(int64_t servers, const double *alpha, const double *beta, double *normal, double *visits) {
  int64_t i = servers;
  for (; i % 4 > 0; i--) {
    const double share = 1.0 / (double)i;
    for (int j = 0; j < TILE; j++) {
      const double a = alpha[j], b = beta[j];
      double sum = normal[j], weighted = visits[j];
      LEVEL(share, 1.0);
      normal[j] = sum;
      visits[j] = weighted;
    }
  }
  for (; i > 0; i -= 4) {
    const double first = 1.0 / (double)i, second = 1.0 / (double)(i - 1);
    const double third = 1.0 / (double)(i - 2), fourth = 1.0 / (double)(i - 3);
    for (int j = 0; j < TILE; j++) {
      const double a = alpha[j], b = beta[j];
      double sum = normal[j], weighted = visits[j];
      LEVEL(first, 1.0);
      LEVEL(second, 1.0);
      LEVEL(third, 1.0);
      LEVEL(fourth, 1.0);
      normal[j] = sum;
      visits[j] = weighted;
    }
  }
}

/* The same where sums may leave the range of doubles: exponents are taken out after every four levels. */
INLINE void sum_levels_scaled(int64_t servers, const double *alpha, const double *beta, double *normal,
                              double *visits, double *exponent) {
  double unit[TILE];
  for (int j = 0; j < TILE; j++) unit[j] = 1.0;
  int64_t i = servers;
  for (; i % 4 > 0; i--) {
    const double share = 1.0 / (double)i;
    for (int j = 0; j < TILE; j++) {
      const double a = alpha[j], b = beta[j];
      double sum = normal[j], weighted = visits[j];
      LEVEL(share, 1.0);
      normal[j] = sum;
      visits[j] = weighted;
    }
  }
  for (; i > 0; i -= 4) {
    const double first = 1.0 / (double)i, second = 1.0 / (double)(i - 1);
    const double third = 1.0 / (double)(i - 2), fourth = 1.0 / (double)(i - 3);
    for (int j = 0; j < TILE; j++) {
      const double a = alpha[j], b = beta[j], large = normal[j] + visits[j];
      const double by = large > MUCH ? UNIT : 1.0, u = unit[j] * by;
      double sum = normal[j] * by, weighted = visits[j] * by;
      LEVEL(first, u);
      LEVEL(second, u);
      LEVEL(third, u);
      LEVEL(fourth, u);
      normal[j] = sum;
      visits[j] = weighted;
      unit[j] = u;
      exponent[j] += large > MUCH ? BITS_OUT : 0.0;
    }
  }
}

/* The largest entry of a tile, by rows of a vector each. */
INLINE double largest(const double *x) {
  double most[ROW];
  for (int j = 0; j < ROW; j++) most[j] = x[j];
  for (int k = ROW; k < TILE; k += ROW)
    for (int j = 0; j < ROW; j++) most[j] = most[j] < x[k + j] ? x[k + j] : most[j];
  for (int j = 1; j < ROW; j++) most[0] = most[0] < most[j] ? most[j] : most[0];
  return most[0];
}

/* A tile of a result, if it is asked for. */
INLINE void write_tile(double *result, int64_t start, int count, const double *x) {
  if (result == NULL) return;
  double *restrict out = result + start;
  if (count == TILE)
    for (int j = 0; j < TILE; j++) out[j] = x[j];
  else
    for (int j = 0; j < count; j++) out[j] = x[j];
}

/* All sums of a cluster of so many servers stay in the range of doubles where alpha * mean + beta <= most: the
   product of all alpha/i + beta is at most the power of their mean, and the mean of 1/i at most (1 + ln n)/n. */
typedef struct {
  int64_t servers;
  double mean, most;
} Levels;

INLINE Levels levels_of(int64_t servers) {
  const double n = (double)servers;
  const Levels levels = {servers, (1.0 + log(n)) / n, exp2((900.0 - log2(n + 1.0)) / n)};
  return levels;
}

INLINE int64_t solve_tile(Task *task, const Levels *levels, int64_t start, int count) {
  double rate[RATES][TILE], beta[TILE], alpha[TILE], normal[TILE], visits[TILE], exponent[TILE];
  double failed[TILE], planned[TILE], q[TILE], x[TILE];
  for (int k = 0; k < RATES; k++)
    if (count == TILE && task->step[k] == 1)
      read_full_tile(rate[k], task->rate[k] + start);
    else
      read_tile(rate[k], task->rate[k], task->step[k], start, count);
  for (int j = 0; j < TILE; j++) {
    beta[j] = rate[REPAIR][j] / rate[AGING][j];
    alpha[j] = beta[j] * (rate[REJUVENATION][j] / rate[FAILURE][j]);
    x[j] = alpha[j] * levels->mean + beta[j];
    normal[j] = 1.0;
    visits[j] = exponent[j] = 0.0;
  }
  const int scaled = !(largest(x) <= levels->most); /* a NaN shows below */
  if (scaled)
    sum_levels_scaled(levels->servers, alpha, beta, normal, visits, exponent);
  else
    sum_levels(levels->servers, alpha, beta, normal, visits);
  for (int j = 0; j < TILE; j++) {
    const double factor = scaled ? alpha[j] + beta[j] : 0.0;
    const double up = rate[REPAIR][j] * rate[RESTART][j];
    failed[j] = rate[FAILURE][j] * rate[RESTART][j];
    planned[j] = rate[REJUVENATION][j] * rate[REPAIR][j];
    q[j] = failed[j] * normal[j] + (up + planned[j]) * visits[j];
    const int sure = (q[j] < INFINITY) & (failed[j] > SMALLEST) & (up > SMALLEST) & (beta[j] > SMALLEST) &
                     ((planned[j] > SMALLEST) | (rate[REJUVENATION][j] == 0.0)) & (factor < LARGEST_FACTOR) &
                     (up * visits[j] > SMALLEST * q[j]); /* what underflows may be wanted times a rate */
    x[j] = sure ? 0.0 : 1.0;
  }
  if (scaled) {
    memcpy(task->exponent + start, exponent, (size_t)count * sizeof *exponent);
    task->scaled = 1;
  }
  int64_t hard = 0;
  if (largest(x) > 0.0)
    for (int j = 0; j < count; j++) hard += task->hard[start + j] = x[j] > 0.0;
  for (int k = 0; k < MASSES; k++) {
    if (task->result[k] == NULL) continue;
    for (int j = 0; j < TILE; j++) {
      const double times = visits[j] / q[j], unstable = rate[REPAIR][j] * rate[RESTART][j] * visits[j] / q[j];
      x[j] = k == UNPLANNED        ? failed[j] / q[j]
             : k == PLANNED        ? planned[j] / q[j]
             : k == UNAVAILABILITY ? (failed[j] + planned[j]) / q[j]
             : k == DEGRADED       ? unstable
             : k == REJUVENATING   ? times * planned[j] /* the quotient of r and restart may overflow */
                                   : unstable * rate[REJUVENATION][j];
    }
    write_tile(task->result[k], start, count, x);
  }
  return hard;
}

INLINE int64_t solve_all(Task *task, int64_t servers, int64_t points) {
  const Levels levels = levels_of(servers);
  int64_t hard = 0;
  for (int64_t start = 0; start < points; start += TILE) {
    const int64_t left = points - start;
    hard += solve_tile(task, &levels, start, left < TILE ? (int)left : TILE);
  }
  return hard;
}

static int64_t solve_plain(Task *task, int64_t servers, int64_t points) {
  return solve_all(task, servers, points);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static int64_t solve_avx2(Task *task, int64_t servers, int64_t points) {
  return solve_all(task, servers, points);
}

__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))) static int64_t solve_avx512(Task *task,
                                                                                         int64_t servers,
                                                                                         int64_t points) {
  return solve_all(task, servers, points);
}
#endif

/* Fill the results of all points; return how many are hard. The number in the name changes with `Task`. */
int64_t rejuvmodel_horner_1(Task *task, int64_t servers, int64_t points) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return solve_avx512(task, servers, points);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return solve_avx2(task, servers, points);
#endif
  return solve_plain(task, servers, points);
}
