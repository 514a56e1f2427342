"""Compiles the hot modules where a C compiler is; elsewhere installs them as plain Python.

A hot module is any `src/tradewind/**/X.pxd` with an `X.py` beside it. Either all of them are
compiled or none is, since they hold each other's C types. `TRADEWIND_PURE=1` compiles nothing;
`TRADEWIND_REQUIRE_COMPILED=1` turns a failure into an error. A build in place leaves alone what was
built from the same source by the same recipe, judged by content and not by time stamps. What Cython
adds to every module is compiled once, as a module of its own: it takes two fifths off the time.
"""

import hashlib
import importlib.metadata
import json
import os
import runpy
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# After setuptools, which brings its own distutils.
from distutils.ccompiler import new_compiler  # isort: skip
from distutils.sysconfig import customize_compiler  # isort: skip

PACKAGE = Path("src/tradewind")
CYTHON_FOLDER = Path("build/cython")
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,
    "cdivision": False,
    "overflowcheck": True,
    "boundscheck": True,
}
LEAF_MARK = "@cython.no_gc\n"
LEAF_DIRECTIVES = {"no_gc": True, "freelist": 8}
"""For modules whose .pxd has the mark: objects of which one is made for each row or order.

They hold texts and numbers, so they are in no cycle, and the collector need not walk them; what is
freed is used again. Cython 3.3 forgets these two when a .pxd puts them on a class of a .py file.
"""
C_FLAGS = ["-O2", "-g0", "-ffp-contract=off"]
LINK_FLAGS = ["-Wl,-s"]
"""Without the symbols that only a debugger reads: a sixth of the size."""

compiled = runpy.run_path(str(PACKAGE / "compiled.py"))
SHARED = compiled["SHARED_MODULE"]


def is_asked(name):
    return os.environ.get(name) == "1"


class CompileAllOrNone(build_ext):
    """Build every hot module, or on a failure none, and write down what was built from what."""

    def run(self):
        self.target = Path("src" if self.inplace else self.build_lib)
        self.force = True
        self.parallel = os.cpu_count()
        self.hashes = {ext.name: source_hash(ext.name) for ext in self.extensions}
        unchanged = self.take_up_earlier_build()
        try:
            self.compile([ext for ext in self.extensions if ext.name not in unchanged])
        except Exception as error:  # compilers and Cython fail in many ways that mean the same here
            if is_asked("TRADEWIND_REQUIRE_COMPILED"):
                raise
            self.warn(f"not compiled ({error}); the hot modules run as plain Python")
            self.extensions = []
            self.remove_built(keep=set())
        else:
            self.write_hashes()

    def take_up_earlier_build(self):
        """Remove what is not of the present source and return the names of what is."""
        recorded = compiled["recorded_hashes"](self.target / "tradewind")
        if not self.inplace or recorded.get("recipe") != recipe():
            recorded = {}
        unchanged = {
            name
            for name, value in self.hashes.items()
            if recorded.get(name) == value and self.built_file(name).exists()
        }
        self.remove_built(keep=unchanged)
        return unchanged

    def compile(self, extensions):
        if extensions:
            try_compiler()
            translate(extensions)
        self.extensions[:] = extensions
        super().run()

    def remove_built(self, keep):
        kept = {self.built_file(name) for name in keep}
        for path in (self.target / "tradewind").rglob("*.so"):
            if path not in kept:
                path.unlink()
        (self.target / "tradewind" / compiled["HASHES_FILE"]).unlink(missing_ok=True)

    def built_file(self, name):
        return self.target / self.get_ext_filename(name)

    def write_hashes(self):
        text = json.dumps({"recipe": recipe(), **self.hashes}, indent=1, sort_keys=True) + "\n"
        (self.target / "tradewind" / compiled["HASHES_FILE"]).write_text(text)


def recipe():
    """Return what every built file depends on beside its own source."""
    cython = importlib.metadata.version("Cython")
    return hashlib.sha256(Path("setup.py").read_bytes() + cython.encode()).hexdigest()


def source_hash(name):
    """Return the hash of an extension's source; the shared one has only the recipe."""
    return "" if name == SHARED else compiled["source_hash"](name, PACKAGE)


def try_compiler():
    """Fail at once where nothing can be compiled, before the long translation."""
    compiler = new_compiler()
    customize_compiler(compiler)
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text("#include <Python.h>\n")
        headers = sysconfig.get_path("include")
        compiler.compile([str(probe)], output_dir=folder, include_dirs=[headers])


def translate(extensions):
    """Turn the sources of the extensions into C. The objects stay: setuptools has marked them."""
    from Cython.Build import cythonize
    from Cython.Compiler import Options

    # it knows no defaults of these two, and takes none without
    Options.get_directive_defaults().update(no_gc=False, freelist=0)
    hot = [extension for extension in extensions if extension.name != SHARED]
    if len(hot) < len(extensions):
        generate_shared()
    leaves = [extension for extension in hot if is_leaf(extension)]
    for group, more in (
        ([extension for extension in hot if extension not in leaves], {}),
        (leaves, LEAF_DIRECTIVES),
    ):
        translated = cythonize(
            [Extension(extension.name, extension.sources) for extension in group],
            build_dir=str(CYTHON_FOLDER),
            compiler_directives=DIRECTIVES | more,
            shared_utility_qualified_name=SHARED,
            nthreads=os.cpu_count(),
            force=True,
            quiet=True,
        )
        for extension, result in zip(group, translated, strict=True):
            extension.sources = result.sources


def is_leaf(extension):
    """Return whether all classes of a module are leaves, as its .pxd says."""
    return LEAF_MARK in Path(extension.sources[0]).with_suffix(".pxd").read_text()


def generate_shared():
    """Write the C of what all hot modules share."""
    CYTHON_FOLDER.mkdir(parents=True, exist_ok=True)
    option = f"--generate-shared={shared_source()}"
    subprocess.run([sys.executable, "-m", "cython", option], check=True)


def shared_source():
    return CYTHON_FOLDER / f"{SHARED.rpartition('.')[2]}.c"


def extensions():
    modules = [] if is_asked("TRADEWIND_PURE") else compiled["hot_modules"](PACKAGE)
    hot = [
        Extension(
            name,
            [f"src/{name.replace('.', '/')}.py"],
            extra_compile_args=C_FLAGS,
            extra_link_args=LINK_FLAGS,
        )
        for name in modules
    ]
    shared = [
        Extension(
            SHARED, [str(shared_source())], extra_compile_args=C_FLAGS, extra_link_args=LINK_FLAGS
        )
    ]
    return hot and shared + hot


# Translating in parallel imports this file again in its workers, under another name.
if __name__ == "__main__":
    setup(ext_modules=extensions(), cmdclass={"build_ext": CompileAllOrNone})
