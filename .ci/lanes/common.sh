# What both lanes use. Sourced in the root of a copy of the tree.
set -euo pipefail

say() { printf '\n== [%4d s] %s\n' "$SECONDS" "$*"; }

# The one line in the fence after "<!-- ci: NAME -->" in the README.
readme_command() {
    local found
    found=$(awk -v mark="<!-- ci: $1 -->" '
        $0 == mark { armed = 1; next }
        armed && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' README.md)
    if [ "$(printf '%s\n' "$found" | grep -c .)" -ne 1 ]; then
        echo "README.md must have one command of one line after <!-- ci: $1 -->, got: '$found'" >&2
        exit 1
    fi
    case $found in
        "python3 -m venv "*) printf '%s\n' "$found" ;;
        *) echo "README.md's command must start with 'python3 -m venv ', got: $found" >&2; exit 1 ;;
    esac
}
