#include "cpu.h"
#if SKD_CLONES
#include "clone_avx2.h"
#include "linear_ce.inc"
#include "clone_end.h"
#endif
