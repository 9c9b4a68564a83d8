# SPDX-License-Identifier: Apache-2.0
# bash completion.bash DOCUMENTS
source "$1/bash-completion/completions/tlswhy" || exit 1
faults=0
# words typed, the last of them being completed; what must be offered
check() {
  local expected=$1
  shift
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _tlswhy 2>/dev/null
  [[ " ${COMPREPLY[*]} " == *" $expected "* ]] && return
  echo "after '$*' there is no '$expected' but '${COMPREPLY[*]}'"
  faults=1
}
cd "$(dirname "$0")" || exit 1
check explain tlswhy ex
check --color tlswhy --col
check always tlswhy --color a
check --library tlswhy explain --li
check micropython-esp32 tlswhy whatif --device micro
check clock-not-set tlswhy causes clo
check tlswhy-1 tlswhy schema ''
check fish tlswhy completion ''
check completion.bash tlswhy comple
check completion.bash tlswhy --json completion.b
[[ $(complete -p tlswhy) == *_tlswhy* ]] || faults=1
exit $faults
