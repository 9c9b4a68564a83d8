# SPDX-License-Identifier: Apache-2.0
# fish completion.fish DOCUMENTS
source $argv[1]/fish/vendor_completions.d/tlswhy.fish; or exit 1
set -g faults 0
function check
    complete -C "$argv[2]" | string match -q -r "^$argv[1](\t|\$)"; and return
    echo "after '$argv[2]' there is no '$argv[1]' but:" (complete -C "$argv[2]")
    set -g faults 1
end
check explain "tlswhy ex"
check --color "tlswhy --col"
check always "tlswhy --color a"
check --library "tlswhy explain --li"
check micropython-esp32 "tlswhy whatif --device micro"
check clock-not-set "tlswhy causes clo"
check tlswhy-1 "tlswhy schema "
exit $faults
