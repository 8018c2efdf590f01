#!/bin/sh
# Every file in ACCESS whose name is that of a secret setting becomes that setting; then the command of Rasid that was asked for.
set -eu
for file in "${ACCESS:-/access}"/*_password; do
  [ -r "$file" ] || continue
  name="RASID_$(basename "$file" | tr '[:lower:]' '[:upper:]')"
  value="$(cat "$file")"
  export "$name=$value"
done
exec rasid "$@"
