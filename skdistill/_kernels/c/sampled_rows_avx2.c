#include "cpu.h"
#if SKD_CLONES
#include "clone_avx2.h"
#include "sampled_rows.inc"
#include "clone_end.h"
#endif
