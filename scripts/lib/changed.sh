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

base_commit() {
  [[ -n ${CQ_BASE:-} ]] && git rev-parse --verify --quiet "$CQ_BASE^{commit}" && return
  local fork
  if fork=$(git merge-base HEAD origin/main 2>/dev/null) && [[ $fork != "$(git rev-parse HEAD)" ]]; then
    echo "$fork"
  else
    git rev-parse --verify --quiet HEAD~1
  fi
}
