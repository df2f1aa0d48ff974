/* Compile what follows for AVX-512 (Skylake-X, Zen 4 and later). */
#define SKD_LEVEL SKD_AVX512
#define SKD_SUFFIX avx512
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prfchw"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prfchw")
#endif
