/* Compile what follows for AVX2 with FMA (Haswell, Zen and later). */
#define SKD_LEVEL SKD_AVX2
#define SKD_SUFFIX avx2
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,prfchw"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,prfchw")
#endif
