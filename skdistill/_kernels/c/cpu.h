/* Which copy of a kernel this processor can run.
 *
 * Every kernel is one .inc file that three small C files compile: for any
 * processor, for AVX2 with FMA and for AVX-512. A plain switch on a level picks
 * one: no ifunc, so musl, macOS and Windows are served as well. Other processors
 * and other compilers get the first copy only.
 *
 * The features asked for at run time are exactly those the copies are compiled
 * with, save PREFETCHW, which a processor that lacks it skips.
 */
#ifndef SKD_CPU_H
#define SKD_CPU_H

/* Macros: the preprocessor takes every name of an enum for 0. */
#define SKD_BASELINE 0
#define SKD_AVX2 1
#define SKD_AVX512 2

/* gcc 12 has the shuffles that the vector code needs; clang always had them. Other
 * compilers get vectors of one number: -DSKD_VECTORS=0 tries that out. */
#ifdef SKD_VECTORS
#elif defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
#define SKD_VECTORS 1
#else
#define SKD_VECTORS 0
#endif

#if SKD_VECTORS && defined(__x86_64__)
#define SKD_CLONES 1
#else
#define SKD_CLONES 0
#endif

static inline int skd_cpu_best(void) {
#if SKD_CLONES
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    return SKD_BASELINE;
  }
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return SKD_AVX2;
  }
  return SKD_AVX512;
#else
  return SKD_BASELINE;
#endif
}

/* Defines the function `name` with the arguments `args` as the copy of `level`. */
#if SKD_CLONES
#define SKD_DISPATCH(name, parameters, arguments)                \
  void name##_baseline parameters;                               \
  void name##_avx2 parameters;                                   \
  void name##_avx512 parameters;                                 \
  static inline void name(int level, SKD_UNPACK parameters) {    \
    if (level == SKD_AVX512) {                                   \
      name##_avx512 arguments;                                   \
    } else if (level == SKD_AVX2) {                              \
      name##_avx2 arguments;                                     \
    } else {                                                     \
      name##_baseline arguments;                                 \
    }                                                            \
  }
#else
#define SKD_DISPATCH(name, parameters, arguments)                \
  void name##_baseline parameters;                               \
  static inline void name(int level, SKD_UNPACK parameters) {    \
    (void)level;                                                 \
    name##_baseline arguments;                                   \
  }
#endif
#define SKD_UNPACK(...) __VA_ARGS__

#endif
