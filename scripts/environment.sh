# The virtual environment of this checkout. Sourced by the other scripts, from the checkout's root.
# It is made on first use; later it is touched only when pyproject.toml, setup.py or a hot module
# changed, so that the scripts work without a network once they have run.

# Images for containers often set this: each of the many processes of the tests would then compile
# the same modules anew, and pytest rewrite the asserts of each file and plug-in.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }

# Print the first Python that is new enough, or say how to get one. TRADEWIND_PYTHON names another.
find_python() {
    for candidate in ${TRADEWIND_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is missing. This brings it: $(command_for_python)"
    return 1
}

command_for_python() {
    if grep -qs '^ID=ubuntu' /etc/os-release; then
        echo "sudo apt-get update && sudo apt-get install -y python3.11 python3.11-venv"
    else
        echo "sudo apt-get update && sudo apt-get install -y python3 python3-venv"
    fi
}

# make_environment EXTRAS: bring .venv up to date with the project and the given extras.
make_environment() {
    wanted="$1 $(cat pyproject.toml setup.py | sha256sum)"
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        python=$(find_python) || exit 1
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            say "Python's venv module is missing. This brings it:" \
                "sudo apt-get install -y python$version-venv"
            exit 1
        fi
        say "Making .venv with $python ..."
        "$python" -m venv --clear .venv
    fi
    if [ "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]; then
        say "Installing Tradewind ($1) into .venv ..."
        pip_quietly "pip>=24" "setuptools>=77" "Cython>=3.3,<3.4"
        pip_quietly --no-build-isolation -e ".[$1]"
        printf '%s' "$wanted" >.venv/installed
    fi
    compile_if_stale
}

pip_quietly() {
    .venv/bin/python -m pip --disable-pip-version-check install -qq "$@"
}

# True with a C compiler and Python's headers.
can_compile() {
    command -v "${CC:-cc}" >/dev/null 2>&1 && .venv/bin/python -c '
import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}

# Compile the hot modules again when their source is not what they were built from.
compile_if_stale() {
    can_compile || return 0
    if ! .venv/bin/python -c '
import sys
from tradewind import compiled
sys.exit(bool(compiled.stale_modules()) or not compiled.is_compiled())'; then
        say "Compiling the hot modules ..."
        .venv/bin/python setup.py --quiet build_ext --inplace
    fi
}
