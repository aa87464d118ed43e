# Which files of the repository changed. Sourced by scripts/lint.

# Prints the files that differ from the base, new files included. The base is the commit in CQ_BASE, else the point where
# this branch left origin/main, else the commit before the last. Fails if there is none of them, as in a checkout
# of a single commit.
changed_files() {
  local base
  base=$(base_commit) || return 1
  git diff --name-only --diff-filter=d "$base" -- || return 1
  git ls-files --others --exclude-standard
}

# changed_lines FILE...: prints the lines of the FILEs that changed, as clang-tidy's --line-filter takes them. All lines of
# a file that git does not know count as changed.
changed_lines() {
  local base file
  base=$(base_commit) || return 1
  {
    git diff -U0 --diff-filter=d "$base" -- "$@" |
      awk '/^\+\+\+ b\// { file = substr($0, 7) }
           /^@@/ { split(substr($3, 2), at, ","); count = at[2] == "" ? 1 : at[2]
                   if (count > 0) print file, at[1], at[1] + count - 1 }'
    git ls-files --others --exclude-standard -- "$@" | awk '{ print $0, 1, 1000000 }'
  } | awk '$1 != file { if (file != "") printf "]},"; file = $1; printf "{\"name\":\"%s\",\"lines\":[", file; first = 1 }
           { if (!first) printf ","; first = 0; printf "[%d,%d]", $2, $3 }
           BEGIN { printf "[" } END { if (file != "") printf "]}"; print "]" }'
}

base_commit() {
  [[ -n ${CQ_BASE:-} ]] && git rev-parse --verify --quiet "$CQ_BASE^{commit}" && return
  local fork
  if fork=$(git merge-base HEAD origin/main 2>/dev/null) && [[ $fork != "$(git rev-parse HEAD)" ]]; then
    echo "$fork"
  else
    git rev-parse --verify --quiet HEAD~1
  fi
}
