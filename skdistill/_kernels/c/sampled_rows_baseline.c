#include "cpu.h"
#define SKD_LEVEL SKD_BASELINE
#define SKD_SUFFIX baseline
#include "sampled_rows.inc"
