"""Compiled modules of skdistill: one per .pyx in skdistill/_kernels.

Switches, read from the environment:

* ``SKDISTILL_DEBUG=1``: bounds and initialisation checks in the kernels.

The wheels use Python's limited API (one ``abi3`` wheel serves 3.11 and newer);
free-threaded interpreters have no limited API yet and get an ordinary build.
"""

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")
# -g0: a quarter of the size. -fno-...: compares and square roots become vector
# instructions. No -ffast-math (it changes the whole process) and no -march=native (the
# wheel must run elsewhere).
FLAGS = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math"]
if os.name == "nt":
    FLAGS = ["/O2"]
KERNELS = Path("skdistill/_kernels")
C = KERNELS / "c"
HEADERS = [str(path) for path in sorted(C.iterdir()) if path.suffix != ".c"]
# Kernels in C that a compiled module is linked with, by the name of their .inc file.
NEEDS = {
    "_gamma": ["minimax"],
    "_linear_ce": ["linear_ce", "soft_ce"],
    "_math": ["soft_ce"],
    "_sampled_rows": ["sampled_rows"],
    "_soft_cross_entropy": ["soft_ce"],
}


class BuildExt(build_ext):
    def finalize_options(self):
        super().finalize_options()
        debug = os.environ.get("SKDISTILL_DEBUG") == "1"
        self.cython_directives = {
            "language_level": 3,
            "boundscheck": debug,
            "initializedcheck": debug,
            "wraparound": False,
            "cdivision": True,
            "freethreading_compatible": True,
        }

    def build_extensions(self):
        for ext in self.extensions:
            for kernel in NEEDS.get(ext.name.rpartition(".")[2], ()):
                ext.extra_objects = [*ext.extra_objects, *self.objects_of(kernel)]
        super().build_extensions()

    def objects_of(self, kernel):
        """Compile the copies of a kernel once, whatever the modules that link it.

        They take most of the build, and three modules need the same ones.
        """
        sources = copies(kernel)
        objects = self.compiler.object_filenames(sources, output_dir=self.build_temp)
        if self.force or any(newer_group(HEADERS + sources, one) for one in objects):
            self.compiler.compile(
                sources,
                output_dir=self.build_temp,
                include_dirs=[str(KERNELS)],
                extra_postargs=FLAGS,
            )
        return objects


def copies(name):
    """The C files that hold one kernel, one for every level of processor (cpu.h)."""
    return [str(C / f"{name}_{level}.c") for level in ("baseline", "avx2", "avx512")]


def extension(source):
    return Extension(
        f"skdistill._kernels.{source.stem}",
        [str(source)],
        depends=HEADERS + [str(path) for path in sorted(C.glob("*.c"))],
        include_dirs=[str(KERNELS)],
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if LIMITED else [],
        py_limited_api=LIMITED,
        extra_compile_args=FLAGS,
    )


SOURCES = sorted(KERNELS.glob("*.pyx"))

setup(
    ext_modules=[extension(source) for source in SOURCES],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
    cmdclass={"build_ext": BuildExt},
)
